# SPDX-License-Identifier: GPL-2.0-or-later
"""One CPU of this machine, for an emulator with a hypervisor in it to stay on.

QEMU loses an interrupt of such a machine now and then, where its threads run at the same time. What is asked of the
emulated CPU is bits of one word. VMRUN sets one of them for a virtual interrupt, on the CPU's thread and without QEMU's
lock (helper_vmrun() in QEMU 7.2); the main thread sets others, with the lock, for timers and devices. Neither does it
atomically, so that of two at the same time one may be undone. When that is the main thread's, the emulated APIC has an
interrupt that its CPU is not told of until the next one comes. If it was the hypervisor's own timer, all timers stop,
its guests' too. When it is VMRUN's, a guest's interrupt comes late. QEMU's patch "cpu-common: use atomic access for
interrupt_request", of September 2025, mends it.

On x86 either thread does it by one instruction, and on one CPU nothing comes in the middle of an instruction. Little is
lost by it, for QEMU's main thread waits nearly always.
"""

import os
import random
import socket

from tests.lab import accel, qemu


def machine(flags, **options):
    """Start a qemu.Machine that has a hypervisor in it; an emulated one stays on one CPU."""
    return qemu.Machine(flags, place=None if accel.use_kvm() else Place(), **options)


class Place:
    """A CPU, and the claim to it that keeps others like us off while there are more. `cpu` is its number."""

    def __init__(self):
        cpus = list(os.sched_getaffinity(0))
        # At random, because those in other containers do not see our claim.
        random.shuffle(cpus)
        self._claim = None
        self.cpu = next(filter(self._claimed, cpus), cpus[0])

    def _claimed(self, cpu):
        """Claim a CPU by a name that only one on the machine can have, and that is free again when we end."""
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0lull-lab-cpu-{cpu}")
        except OSError:
            claim.close()
            return False
        self._claim = claim
        return True

    @property
    def claimed(self):
        """False when all CPUs were taken, and this is just one of them."""
        return self._claim is not None

    def command(self, arguments):
        """The command that runs a program there, with all its threads."""
        return ["taskset", "--cpu-list", str(self.cpu), *arguments]

    def close(self):
        if self._claim:
            self._claim.close()
