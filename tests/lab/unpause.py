# SPDX-License-Identifier: GPL-2.0-or-later
"""What is done to a paused guest before it is let go, and letting it go.

`xl debug-keys t` and `xl unpause` make the same two hypercalls as unpause(), but the start of the second program would lie
between them: a good part of a second, emulated. So libxenctrl is called here, which both of them use.
"""

import contextlib
import ctypes

from tests.lab import paths

# Of the debug keys, 't' is the one that changes nothing and prints two short lines; this is in the second.
MARK_KEY, MARK = b"t", "Synced cycles skew"

# Channel 2 of the timer chip, and the keyboard controller's state, which nothing changes by being read.
TIMER_CHANNEL, KEYBOARD_STATE = 0x42, 0x64


@contextlib.contextmanager
def hypervisor():
    """libxenctrl, and a handle of it. OSError when there is none."""
    library = ctypes.CDLL(f"libxenctrl.so.{paths.XEN_VERSION}", use_errno=True)
    library.xc_interface_open.restype = ctypes.c_void_p
    library.xc_interface_close.argtypes = [ctypes.c_void_p]
    library.xc_send_debug_keys.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.xc_domain_unpause.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    library.xc_domain_ioport_mapping.argtypes = [ctypes.c_void_p] + 5 * [ctypes.c_uint32]
    handle = library.xc_interface_open(None, None, 0)
    if not handle:
        raise OSError(ctypes.get_errno(), "libxenctrl cannot be opened")
    try:
        yield library, handle
    finally:
        library.xc_interface_close(handle)


def unpause(domid, marked):
    """Let the guest go, where it is MARKED with a mark in Xen's log directly before. OSError when Xen says no."""
    with hypervisor() as (library, handle):
        if marked and library.xc_send_debug_keys(handle, MARK_KEY) or library.xc_domain_unpause(handle, domid):
            raise OSError(ctypes.get_errno(), f"domain {domid} cannot be unpaused")


def answer_timer(domid):
    """Let a PVH guest find out soon that it has no timer chip.

    Linux looks at the chip to learn the CPU's speed, before it asks Xen for that (quick_pit_calibrate() in its
    arch/x86/kernel/tsc.c). Where nobody answers it reads ones, takes them for a counter that has just begun to count down, and
    reads on for a hundred thousand times. Each is an exit, which emulated takes long: four of the ten seconds of its boot. Here
    it reads something else, and gives up at once. What it then knows is the same. OSError when Xen says no.
    """
    with hypervisor() as (library, handle):
        if library.xc_domain_ioport_mapping(handle, domid, TIMER_CHANNEL, KEYBOARD_STATE, 1, 1):
            raise OSError(ctypes.get_errno(), f"domain {domid} cannot have a port")
