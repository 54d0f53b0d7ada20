# SPDX-License-Identifier: GPL-2.0-or-later
"""Write the initrd whose bytes the test guests check (initrd.c); no two pages of it are the same.

    test_initrd.py FILE
"""

import functools
import struct
import sys


def sum_of(body):
    """As the guest has it: bytes in another order have another sum."""
    return functools.reduce(lambda sum_, byte: (sum_ * 31 + byte) & 0xffffffff, body, 0)


def main():
    body = b"".join(struct.pack("<I", i * 2654435761 & 0xffffffff) for i in range(100001))
    with open(sys.argv[1], "wb") as out:
        out.write(b"LULL-TEST-INITRD" + struct.pack("<QI", 28 + len(body), sum_of(body)) + body)


if __name__ == "__main__":
    main()
