# SPDX-License-Identifier: GPL-2.0-or-later
"""A look at a guest's console ring: has xenconsoled fetched everything?

The ring is one page of the guest (Xen's public io/console.h): 1 KiB in, 2 KiB out, then the four counters. It is
mapped with Xen's stable library, libxenforeignmemory, and only read.
"""

import ctypes
import mmap
import subprocess

OUT_CONSUMED, OUT_PRODUCED = 3080, 3084


class Ring:
    """The ring of one domain. Where it cannot be mapped, `mapped` is False and it counts as empty."""

    def __init__(self, domid):
        self.mapped = False
        self.page = None
        if domid is None:
            return
        try:
            self.library = ctypes.CDLL("libxenforeignmemory.so.1")
        except OSError:
            return
        number = subprocess.run(["xenstore-read", f"/local/domain/{domid}/console/ring-ref"], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True).stdout.strip()
        if number.isdigit():
            self._map(domid, int(number))

    def _map(self, domid, frame):
        self.library.xenforeignmemory_open.restype = ctypes.c_void_p
        self.library.xenforeignmemory_map.restype = ctypes.c_void_p
        self.library.xenforeignmemory_map.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_size_t,
                                                      ctypes.POINTER(ctypes.c_ulong), ctypes.POINTER(ctypes.c_int)]
        self.library.xenforeignmemory_unmap.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
        self.library.xenforeignmemory_close.argtypes = [ctypes.c_void_p]
        self.handle = self.library.xenforeignmemory_open(None, 0)
        if not self.handle:
            return
        frames, errors = (ctypes.c_ulong * 1)(frame), (ctypes.c_int * 1)()
        self.page = self.library.xenforeignmemory_map(self.handle, domid, mmap.PROT_READ, 1, frames, errors)
        self.mapped = bool(self.page)

    def empty(self):
        if not self.mapped:
            return True
        counter = lambda offset: ctypes.c_uint32.from_address(self.page + offset).value
        return counter(OUT_CONSUMED) == counter(OUT_PRODUCED)

    def close(self):
        if self.mapped:
            self.library.xenforeignmemory_unmap(self.handle, self.page, 1)
            self.library.xenforeignmemory_close(self.handle)
            self.mapped = False
