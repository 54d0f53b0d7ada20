# SPDX-License-Identifier: GPL-2.0-or-later
"""The backends that the storm runs on, each in the cheapest way there is: a machine without a hypervisor, and dom0
itself, PVH and PV, of a real Xen."""

import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))

import start  # noqa: E402  (puts the lab on the path)
import accel  # noqa: E402
import dom0  # noqa: E402
import plain  # noqa: E402
from result import LabFault, Result  # noqa: E402

BACKENDS = ("native", "xen-hvm", "xen-pv")
# Under PV Xen sends none to a guest that has not asked for them.
WITH_NMI = ("native", "xen-hvm")
IMAGE = os.path.join(start.BUILD, "guests", "storm.elf")
MEMORY = 64
TIMEOUT = 300


def native(cpus):
    """The lab's flags, but for CPUs that run at the same time: it is Xen that QEMU's threads do not agree with."""
    return [flag.replace("thread=single", "thread=multi") for flag in accel.native(cpus)]


def once(backend, image, cmdline, cpus):
    if backend == "native":
        return plain.run(image, None, cmdline, vcpus=cpus, memory=MEMORY, timeout=TIMEOUT, flags=native(cpus))
    return dom0.run_dom0(image, None, cmdline, pvh=backend == "xen-hvm", vcpus=cpus, memory=MEMORY, timeout=TIMEOUT)


def run(backend, image, words, cpus=1):
    """Start an image on a backend. A lab fault is tried once more, then becomes the outcome."""
    for _ in range(start.ATTEMPTS):
        try:
            return once(backend, image, f"cpus={cpus} {words}", cpus)
        except LabFault as problem:
            fault = problem
    return Result("lab-fault", "", 0.0, str(fault), "")


def lines(ended, *beginnings):
    """The lines of the guest's that begin so."""
    return [line for line in ended.console.splitlines() if line.startswith(beginnings)]
