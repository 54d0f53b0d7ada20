# SPDX-License-Identifier: GPL-2.0-or-later
"""One QEMU process: its serial line in an inherited file, its monitor and, if asked for, a second channel on inherited
sockets. Nothing is created in the file system.

None of the three can lose a byte, however late we are. COM1 writes to a file without a name, which takes all at once: on a
socket or a pipe a UART of QEMU's gives a byte up after four tries (serial_xmit() in hw/char/serial.c), and many guests do not
wait for ever for its transmitter either. QEMU's monitor keeps what its socket does not take, and the channel's virtio port
makes its guest wait (monitor_flush_locked() in monitor/monitor.c, flush_buf() in hw/char/virtio-console.c).

The monitor is used for the reason why the machine stopped, and to look at its memory.
"""

import json
import os
import socket
import subprocess
import time

from tests.lab import arrivals, proc, result, xens
from tests.lab.result import LabFault

BASE = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]


class Machine:
    """A running QEMU. `com1` and `channel` are readers; `stop_reason` is set once the guest has stopped it. Deadlines are by
    `clock`, the time that it has had a CPU for."""

    def __init__(self, flags, channel=False, log_resets=False, place=None, typed=False, emulator=None):
        """PLACE is a one_cpu.Place to run at; it is left when the machine is closed. EMULATOR is the beginning of a command, that of
        the chosen Xen's emulator by default."""
        emulator = emulator or xens.emulator()
        if not emulator:
            raise LabFault("no qemu-system-x86_64; install qemu-system-x86")
        self._ours, self._inherited = [], []
        self.stop_reason = None
        self.replies = 0
        self._place = place
        command = [*emulator, *BASE]
        self.com1, flag = self._file("com1")
        streams = {"stdout": subprocess.DEVNULL}
        if typed:
            flag, streams = self._terminal()
        command += [*flag, "-serial", "chardev:com1"]
        self._monitor, flag = self._socket("qmp")
        command += [*flag, "-mon", "chardev=qmp,mode=control"]
        if channel:
            self._channel, flag = self._socket("agent")
            command += ["-device", "virtio-serial-pci,max_ports=2", *flag,
                        "-device", "virtserialport,chardev=agent,nr=1,name=lab"]
        if log_resets:
            # The only place where QEMU tells a triple fault from a reset that the guest asked for.
            command += ["-d", "cpu_reset"]
        command += flags
        self.child = proc.spawn(place.command(command) if place else command,
                                **streams, stderr=subprocess.PIPE,
                                pass_fds=[end.fileno() for end in self._inherited])
        self.clock = proc.Clock(self.child, xens.pace())
        for end in self._inherited[1:]:
            end.close()
        self.monitor = proc.Reader(self._monitor.fileno())
        self.channel = proc.Reader(self._channel.fileno()) if channel else None
        self.errors = proc.Reader(self.child.stderr.fileno())
        self._monitor.sendall(b'{"execute":"qmp_capabilities"}\n')

    def _file(self, name):
        """Make a file that QEMU writes to by a descriptor of its own, which it opens under the name that ours has."""
        ours = open(os.memfd_create(name), "rb", buffering=0)
        self._ours.append(ours)
        self._inherited.append(ours)
        return proc.Follower(ours.fileno(), arrivals.Arrivals()), ["-chardev", f"file,id={name},path=/proc/self/fd/{ours.fileno()}"]

    def _terminal(self):
        """Flags and streams of a QEMU that writes to the same file and reads what is typed. It has the file open by itself, because
        where two read and write in one open file is one place."""
        typed, self._keys = (open(end, mode, buffering=0) for end, mode in zip(os.pipe(), ("rb", "wb")))
        written = open(f"/proc/self/fd/{self.com1.fileno()}", "ab", buffering=0)
        self._ours += [typed, self._keys, written]
        return ["-chardev", "stdio,id=com1,signal=off"], {"stdin": typed, "stdout": written}

    def type(self, keys):
        """Type at COM1 of a machine that has `typed`."""
        self._keys.write(keys)

    def _socket(self, name):
        ours, theirs = socket.socketpair()
        os.set_inheritable(theirs.fileno(), True)
        self._ours.append(ours)
        self._inherited.append(theirs)
        return ours, ["-chardev", f"socket,id={name},fd={theirs.fileno()}"]

    def wait(self, deadline):
        """Wait for anything new on any stream. Return False when the deadline, by our `clock`, passed first, or at once when
        every stream has ended."""
        readers = [self.com1, self.monitor, self.errors] + ([self.channel] if self.channel else [])
        readers = [reader for reader in readers if not reader.at_end]
        received = []
        while readers and not received and (left := deadline - self.clock()) > 0:
            received = proc.wait(readers, time.monotonic() + left)
        received = received or proc.wait(readers, 0)
        # QEMU has closed its monitor: it is gone, and what it wrote to the file is all there is.
        self.com1.at_end = self.monitor.at_end
        for line in self.monitor.lines():
            self._note(line)
        return bool(received)

    def _note(self, line):
        try:
            message = json.loads(line)
        except ValueError:
            return
        if "return" in message or "error" in message:
            self.replies += 1
            if "error" in message:
                raise LabFault(f"QEMU's monitor: {message['error']['desc']}")
        elif message.get("event") == "SHUTDOWN":
            self.stop_reason = message["data"]["reason"]
        elif message.get("event") == "GUEST_PANICKED":
            self.stop_reason = "guest-panic"

    def ask(self, command, **arguments):
        """Ask the monitor for something; `replies` counts its answers."""
        self._monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")

    def save_memory(self, address, size, path):
        """Write guest-physical memory to a file, while the guest runs on."""
        self._ask_and_wait("pmemsave", val=address, size=size, filename=path)

    def save_screen(self, path):
        """Write what is on the screen to a PPM file."""
        self._ask_and_wait("screendump", filename=path)

    def _ask_and_wait(self, command, patience=30, **arguments):
        # The first reply is the one to qmp_capabilities, which may still be on its way.
        replies, deadline = max(self.replies, 1) + 1, self.clock() + patience
        self.ask(command, **arguments)
        while self.replies < replies:
            if self.clock() > deadline or self.ended:
                raise LabFault("QEMU's monitor does not answer")
            self.wait(deadline)

    def send(self, message):
        """Write one line of JSON to the second channel."""
        data = json.dumps(message).encode() + b"\n"
        self._channel.setblocking(True)
        self._channel.settimeout(10)
        try:
            self._channel.sendall(data)
        except OSError as problem:
            raise LabFault(f"the lab's agent does not listen: {problem}") from problem
        finally:
            self._channel.setblocking(False)

    @property
    def ended(self):
        """True once QEMU has closed its monitor, which it does by ending."""
        return self.monitor.at_end

    def exit_status(self, patience=10):
        """Wait for the process to end. None when it does not."""
        try:
            return self.child.wait(patience)
        except subprocess.TimeoutExpired:
            return None

    def drain(self):
        """Take what the streams still hold after the end."""
        deadline = self.clock() + 5
        while self.wait(deadline):
            pass

    def error_text(self):
        """What QEMU complained about, without the features that emulation does not have."""
        lines = self.errors.data.decode("utf-8", "replace").splitlines()
        return "\n".join(line for line in lines if "TCG doesn't support requested feature" not in line)

    def explain(self, fault):
        """Give a fault all that the machine has said, unless it has that."""
        if not fault.log:
            waited = f"{self.clock.elapsed:.0f} s, in {self.clock.waited:.0f} of which it had no CPU"
            fault.log = "\n".join([result.plain_text(bytes(self.com1.data)), "-- QEMU:", self.error_text(), f"-- {waited}"])

    def close(self):
        proc.end(self.child)
        for ours in self._ours:
            ours.close()
        self.child.stderr.close()
        if self._place:
            self._place.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, fault, trace):
        if isinstance(fault, LabFault):
            self.explain(fault)
        self.close()
