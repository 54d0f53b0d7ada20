# SPDX-License-Identifier: GPL-2.0-or-later
"""Write the initrd whose bytes the test guests check (initrd.c); no two pages of it are the same.

    test_initrd.py FILE
"""

import struct
import sys


def main():
    body = b"".join(struct.pack("<I", i * 2654435761 & 0xffffffff) for i in range(100001))
    with open(sys.argv[1], "wb") as out:
        out.write(b"LULL-TEST-INITRD" + struct.pack("<QI", 28 + len(body), sum(body) & 0xffffffff) + body)


if __name__ == "__main__":
    main()
