# SPDX-License-Identifier: GPL-2.0-or-later
"""Let a paused guest go, with a mark in Xen's log directly before it.

`xl debug-keys t` and `xl unpause` make the same two hypercalls, but the start of the second program would lie between
them: a good part of a second, emulated. So libxenctrl is called here, which both of them use.
"""

import ctypes

from tests.lab import paths

# Of the debug keys, 't' is the one that changes nothing and prints two short lines; this is in the second.
MARK_KEY, MARK = b"t", "Synced cycles skew"


def unpause(domid):
    """Raises OSError when Xen says no."""
    library = ctypes.CDLL(f"libxenctrl.so.{paths.XEN_VERSION}", use_errno=True)
    library.xc_interface_open.restype = ctypes.c_void_p
    library.xc_interface_close.argtypes = [ctypes.c_void_p]
    library.xc_send_debug_keys.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.xc_domain_unpause.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    handle = library.xc_interface_open(None, None, 0)
    if not handle:
        raise OSError(ctypes.get_errno(), "libxenctrl cannot be opened")
    try:
        if library.xc_send_debug_keys(handle, MARK_KEY) or library.xc_domain_unpause(handle, domid):
            raise OSError(ctypes.get_errno(), f"domain {domid} cannot be unpaused")
    finally:
        library.xc_interface_close(handle)
