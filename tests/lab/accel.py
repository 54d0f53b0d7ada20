# SPDX-License-Identifier: GPL-2.0-or-later
"""Emulation or hardware: which accelerator the lab's machines use, and the flags that go with it.

Emulation, unless LULL_ACCEL=kvm asks for the hardware's: no test was ever run with that.
"""

import os
import sys


def use_kvm():
    choice = os.environ.get("LULL_ACCEL", "")
    if choice not in ("", "tcg", "kvm"):
        sys.exit(f"lull: LULL_ACCEL={choice}: the choices are tcg and kvm")
    return choice == "kvm"


# Emulated SVM works for Xen and KVM, minus what QEMU 7.2 gets wrong. Without -smap, IRET frames at CPL 3 are read as
# the supervisor and a PV kernel dies; without -monitor, Xen idles with MWAIT and panics; without -rdtscp, an
# intercepted RDTSCP is reported as RDTSC. Two emulated CPUs on two threads triple-fault one boot in ten.
EMULATED_HOST = ["-accel", "tcg,thread=single", "-smp", "1", "-cpu", "EPYC,+svm,+npt,-smap,-monitor,-rdtscp"]


def hypervisor_host():
    """Flags of a machine that a hypervisor can run on."""
    return ["-accel", "kvm", "-smp", "2", "-cpu", "host"] if use_kvm() else list(EMULATED_HOST)


def xen_words():
    """Words for the Xen in it. QEMU, also newer ones, lets XSAVE and XRSTOR pass where CR0.TS is set, instead of raising #NM
    (SDM volume 1, section 13.5.4). By that exception Xen hands the vector registers from one guest to the next on an AMD CPU,
    unless it is told to do so at each switch. Linux's first access is often an XSAVE: it stored another guest's registers as its
    own, and any program in dom0 could fail at any time. Nobody speculates here; what Xen does against that only costs time.
    """
    return "" if use_kvm() else "spec-ctrl=no,eager-fpu"


def native(cpus):
    """Flags of a machine with no sign of a hypervisor. Always emulated, so that the verdict is the same everywhere."""
    # This CPU model has no SMAP trouble: no PV guest runs on it.
    return ["-accel", "tcg,thread=single", "-smp", str(cpus), "-cpu", "EPYC,-hypervisor"]


def stranger(cpus):
    """Flags of the same machine where CPUID shows a hypervisor that nobody has a backend for: TCG itself."""
    return [*native(cpus)[:-1], "EPYC"]


def patience():
    """How much longer than on hardware things may take."""
    return 1 if use_kvm() else 3
