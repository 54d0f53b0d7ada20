# SPDX-License-Identifier: GPL-2.0-or-later
"""The backends that the storm runs on, each in the cheapest way there is: a machine without a hypervisor, dom0 itself,
PVH and PV, of a real Xen, and, when asked for, KVM in a lab that the whole run shares."""

import os

from tests.guests import start
from tests.lab import accel, dom0, faults, plain, proc, session
from tests.lab.result import LabFault, Result

BACKENDS = ("native", "xen-hvm", "xen-pv")
# What KVM shows itself as, and the lab's door to it.
KVM_DOORS = {"kvm": "kvm", "hyperv": "kvm-hyperv", "vmware": "kvm-vmware"}
# Under PV Xen sends none to a guest that has not asked for them.
WITH_NMI = ("native", "xen-hvm", "kvm")
IMAGE = os.path.join(start.BUILD, "guests", "storm.elf")
MEMORY = 64
TIMEOUT = 300


def native(cpus):
    """The lab's flags, but for CPUs that run at the same time: it is Xen that QEMU's threads do not agree with."""
    return [flag.replace("thread=single", "thread=multi") for flag in accel.native(cpus)]


class KvmLab:
    """The lab in which guests run under KVM, one at a time. It starts with the first, and ends with us (proc.spawn)."""

    def __init__(self):
        # A thread of its own: the kernel ends the lab with the thread that started it.
        self.worker, self.session = start.concurrent.futures.ThreadPoolExecutor(1), None

    def run(self, **cell):
        return self.worker.submit(self._run, cell).result()

    def _run(self, cell):
        try:
            if not self.session:
                self.session = session.Session("kvm", MEMORY)
                self.session.start()
            return self.session.run(cell)
        except LabFault:
            if self.session:
                self.session.close()
            self.session = None
            raise


KVM = KvmLab()


def add_options(parser):
    parser.add_argument("--kvm", action="store_true", help="under KVM too, in a lab that takes a minute to start")
    parser.add_argument("--parallel", type=int, default=proc.jobs())


def chosen(some, options):
    """Those of some backends that this run is to use."""
    return [backend for backend in some if options.kvm or backend not in KVM_DOORS]


def once(backend, image, cmdline, cpus):
    if backend == "native":
        return plain.run(image, None, cmdline, vcpus=cpus, memory=MEMORY, timeout=TIMEOUT, flags=native(cpus))
    if backend in KVM_DOORS:
        return KVM.run(door=KVM_DOORS[backend], kernel=image, cmdline=cmdline, vcpus=cpus, memory=MEMORY,
                       timeout=TIMEOUT)
    return dom0.run_dom0(image, None, cmdline, pvh=backend == "xen-hvm", vcpus=cpus, memory=MEMORY, timeout=TIMEOUT)


def run(backend, image, words, cpus=1):
    """Start an image on a backend. A lab fault is tried once more, then becomes the outcome."""
    for _ in range(start.ATTEMPTS):
        try:
            return once(backend, image, f"cpus={cpus} {words}", cpus)
        except LabFault as problem:
            fault = problem
            faults.note(f"{backend} {words}", fault)
    return Result("lab-fault", "", 0.0, str(fault), "")


def lines(ended, *beginnings):
    """The lines of the guest's that begin so."""
    return [line for line in ended.console.splitlines() if line.startswith(beginnings)]
