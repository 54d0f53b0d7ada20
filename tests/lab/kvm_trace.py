# SPDX-License-Identifier: GPL-2.0-or-later
"""Did a guest under KVM triple-fault? QEMU calls it a reset; only KVM's own tracepoint knows better.

Used on the lab's Linux host, which is ours alone.
"""

import os
import subprocess

from tests.lab import result

TRACING = "/sys/kernel/tracing"

# The exit that a triple fault makes: SHUTDOWN of SVM (isa 2), TRIPLE_FAULT of VMX (isa 1).
FILTER = "(isa == 2 && exit_reason == 127) || (isa == 1 && exit_reason == 2)"


def put(name, text):
    with open(os.path.join(TRACING, name), "w") as setting:
        setting.write(text)


def start():
    """Watch for triple faults from now on."""
    try:
        if not os.path.exists(os.path.join(TRACING, "events")):
            subprocess.run(["mount", "-t", "tracefs", "tracefs", TRACING], check=True)
        put("events/kvm/kvm_exit/filter", FILTER)
        put("events/kvm/kvm_exit/enable", "1")
        put("trace", "")
    except (OSError, subprocess.SubprocessError) as problem:
        raise result.LabFault(f"no tracepoint of KVM's, so a triple fault could not be told: {problem}") from problem


def triple_faulted():
    """Say whether there was one since the start."""
    with open(os.path.join(TRACING, "trace")) as trace:
        return any("kvm_exit:" in line for line in trace if not line.startswith("#"))
