# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs in the lab's host, and tries loaders that are there: Linux's own kexec, and xl up to a guest that is paused.

    in_lab.py FILE    a JSON list of [loader, path]; prints one JSON object a line
"""

import ctypes
import errno
import json
import os
import subprocess
import sys
import time

KEXEC_FILE_LOAD = 320
UNLOAD, NO_INITRAMFS = 1, 4
CONFIG = '/run/lull-loaders.cfg'
NAME = "tried"
ATTEMPTS = 5


def kexec_file(path):
    """kexec_file_load() and, where it took the file, give it up again."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        status = libc.syscall(KEXEC_FILE_LOAD, descriptor, -1, ctypes.c_ulong(1), b"", ctypes.c_ulong(NO_INITRAMFS))
        number = ctypes.get_errno()
    finally:
        os.close(descriptor)
    if status == 0:
        libc.syscall(KEXEC_FILE_LOAD, -1, -1, ctypes.c_ulong(0), None, ctypes.c_ulong(UNLOAD))
    if status == 0:
        return "takes", None
    # Anything but ENOEXEC: it was read, and finds no place.
    return ("refuses" if number == errno.ENOEXEC else "memory"), os.strerror(number)


def destroy():
    """Destroy the guest. xl looks its name up in the store, and was once told that a guest is not there which was; one that is left
    has the next one refused for its name, and that must not count as the loader's word."""
    for _ in range(ATTEMPTS):
        if subprocess.run(["xl", "destroy", NAME], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0:
            return
        time.sleep(1)
    raise SystemExit(f"xl destroy {NAME} fails")


def xl(kind, path):
    """Create a guest, paused, and destroy it."""
    with open(CONFIG, "w", encoding="utf-8") as output:
        output.write(f'name = "{NAME}"\ntype = "{kind}"\nmemory = 64\nvcpus = 1\nkernel = "{path}"\n')
    made = subprocess.run(["xl", "create", "-p", CONFIG], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if made.returncode == 0:
        destroy()
        return "takes", None
    return "refuses", " ".join(line for line in made.stdout.splitlines() if "xc: error" in line or "libxl: error" in line)[:300]


TRY = {"kexec-file": kexec_file, "xl-pv": lambda path: xl("pv", path), "xl-pvh": lambda path: xl("pvh", path)}


def main(questions):
    with open(questions, encoding="utf-8") as source:
        for loader, path in json.load(source):
            verdict, words = TRY[loader](path)
            print(json.dumps({"loader": loader, "path": path, "verdict": verdict, "words": words}), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    main(sys.argv[1])
