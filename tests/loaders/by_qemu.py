# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU -kernel: whether it loads a file, and whether the first instruction that the kernel runs is where the doctor says."""

import os
import select
import socket
import subprocess
import time

from tests.lab import proc, xens

# Kernels are loaded at 16 MiB at most.
MACHINE = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-accel", "tcg", "-m", "256", "-S",
           "-boot", "menu=off"]
START_SECONDS, RUN_SECONDS = 8, 5


class Stub:
    """QEMU's gdbstub on a socket: the few packets that set a breakpoint and run to it."""

    def __init__(self, ours, child):
        self.socket, self.child = ours, child
        self.data = b""

    def ask(self, packet, patience):
        """Send a packet and return the answer's text; None when QEMU is gone, or says nothing in time."""
        text = packet.encode()
        try:
            self.socket.sendall(b"$" + text + b"#%02x" % (sum(text) & 0xff))
        except OSError:
            return None
        deadline = time.monotonic() + patience
        while (left := deadline - time.monotonic()) > 0:
            start, end = self.data.find(b"$"), self.data.find(b"#")
            if 0 <= start < end and len(self.data) >= end + 3:
                answer, self.data = self.data[start + 1:end], self.data[end + 3:]
                self.socket.sendall(b"+")
                return answer.decode("latin-1")
            if not select.select([self.socket], [], [], left)[0]:
                continue
            try:
                more = self.socket.recv(4096)
            except OSError:
                more = b""
            if not more:
                return None
            self.data += more
        return None


def refusal(child):
    """QEMU's words, or how it died; ("hangs", "") when it has not."""
    try:
        status = child.wait(1)
    except subprocess.TimeoutExpired:
        return "hangs", ""
    words = child.stderr.read().decode(errors="replace").strip()
    return "refuses", words or f"status {status}"


def start(path, entry=None):
    """("refuses", its words); ("takes", None), when no entry is to be looked at; ("enters", None); or ("elsewhere", None)."""
    ours, theirs = socket.socketpair()
    os.set_inheritable(theirs.fileno(), True)
    command = [*xens.emulator(), *MACHINE, "-chardev", f"socket,id=gdb,fd={theirs.fileno()}", "-gdb", "chardev:gdb",
               "-kernel", path]
    child = proc.spawn(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, pass_fds=[theirs.fileno()])
    theirs.close()
    stub = Stub(ours, child)
    try:
        if stub.ask("?", START_SECONDS) is None:
            return refusal(child)
        if entry is None:
            return "takes", None
        stub.ask(f"Z1,{entry:x},1", 5)
        stopped = stub.ask("c", RUN_SECONDS)
        return ("enters" if stopped and stopped.startswith("T05") else "elsewhere"), None
    finally:
        ours.close()
        proc.end(child)
        child.stderr.close()
