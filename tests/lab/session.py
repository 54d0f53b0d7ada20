# SPDX-License-Identifier: GPL-2.0-or-later
"""A lab session: one QEMU with a hypervisor host in it, in which guests are run one after another.

Role "xl": Xen, with Debian's kernel as dom0 and xl. Role "kvm": Debian's kernel with KVM. Either takes this machine's
root file system, read-only and with a layer of its own on top, so every build product is there under its own name.
A session that stalls raises LabFault; whoever holds it closes it and starts another.
"""

import json
import os
import re
import urllib.parse

from tests.lab import accel, initrd, kernels, one_cpu, paths, plain, proc, result, scratch, xen_image, xens
from tests.lab.result import LabFault, Result

# Bounds on silence and on the whole start. The agent beats every five seconds.
SILENCE = 60
START = 240
BEAT = 45

# What the lab's host says when it cannot start: host-init.sh, Xen, Linux.
HOPELESS = re.compile(rb"lab: (?:no |cannot |the agent ended).*|Panic on CPU \d+:\s+.*|Kernel panic.*|Dom0 crashed.*")

AGENT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "agent.py")

DOM0_MEMORY = 1024
# What the lab's own Linux need not do either: look through its page tables for what is writable and executable.
QUICKLY = "mitigations=off rodata=off"
# What Xen keeps for itself and for each guest's page tables, with room to spare.
OVERHEAD = 256


def uki(root):
    """Pack the lab's kernel, as its package has it, with its initramfs."""
    output = os.path.join(scratch.use(), "host-xl")
    command = [os.path.join(paths.BUILD, "lull"), "pack", "-k", kernels.fetch(kernels.DOM0), "-i", root, "-o", output]
    packed = proc.run(command)
    if packed.returncode != 0:
        raise LabFault(packed.stdout.strip())
    return output + ".efi"


class Session:
    """A running lab. `run` takes one cell after another."""

    def __init__(self, role="xl", guest_memory=512, flags=None, shim=None):
        """SHIM: Xen starts that as its PV dom0, with a UKI of the lab's kernel and initramfs as its module."""
        self.role = role
        self.shim = shim
        self._pending = []
        emulator = xens.default_emulator() if role == "kvm" else None
        self.machine = one_cpu.machine(flags or self.flags(guest_memory), channel=True, emulator=emulator)

    def flags(self, guest_memory):
        root = initrd.lab_host(self.role)
        memory = DOM0_MEMORY + OVERHEAD + guest_memory + guest_memory // 32
        common = accel.hypervisor_host() + ["-m", str(memory)]
        for name, directory in xens.shares().items():
            common += ["-virtfs", f"local,path={plain.escape(directory)},mount_tag={name},security_model=none,readonly=on,"
                                  "multidevs=remap"]
        # Words that Linux does not know are in the environment of its init, host-init.sh. They are not in the initramfs, which is
        # kept and may be a copy of another tree's.
        words = (f"{kernels.QUIET} {QUICKLY} XEN={paths.XEN_VERSION} SHARES={','.join(xens.shares())} ROLE={self.role} "
                 f"AGENT={urllib.parse.quote(AGENT)}")
        if self.role == "kvm":
            return common + ["-kernel", kernels.fetch(kernels.DOM0), "-initrd", plain.module(root),
                             "-append", f"console=ttyS0 {words}"]
        # loglvl=all shows the registers of a triple fault, guest_loglvl=all what a guest writes to port 0xe9.
        options = (f"console=com1 com1=115200 dom0_mem={DOM0_MEMORY}M,max:{DOM0_MEMORY}M loglvl=all guest_loglvl=all "
                   f"noreboot bootscrub=0 console_timestamps=boot {accel.xen_words()}")
        kernel, module = (self.shim, uki(root)) if self.shim else (kernels.unpacked_dom0(), root)
        modules = f"{plain.module(kernel)} " + plain.escape(f"console=hvc0 {words}") + "," + plain.module(module)
        return common + ["-kernel", xen_image.file_name(), "-initrd", modules, "-append", options]

    def start(self):
        """Wait until the agent is ready."""
        return self._explained(self._start)

    def _explained(self, function, *arguments):
        """Call something whose faults get what the machine has said."""
        try:
            return function(*arguments)
        except LabFault as fault:
            self.machine.explain(fault)
            raise

    def _start(self):
        clock = self.machine.clock
        while True:
            message = self._next(min(clock() + SILENCE, START), "no sign of the lab's agent")
            if message and message["say"] == "ready":
                return self
            hopeless = HOPELESS.search(self.machine.com1.data)
            if hopeless:
                why = " ".join(hopeless.group().decode("utf-8", "replace").split())
                raise LabFault(f"the lab's host did not start: {why}")
            if clock() > START:
                raise LabFault(f"the lab's host was not ready after {START} s: " + self.last_words())

    def run(self, cell, on_console=None):
        """Run one cell and return its Result. The lab's host knows no other clock than the wall's, so it gets more time as
        far as our machine was busy until now."""
        timeout = float(cell.get("timeout", 90))
        longer = dict(cell, timeout=timeout * self.machine.clock.slowness)
        if self.role == "xl" and not accel.use_kvm():
            longer["emulated"] = True
        return self._explained(self._job, {"do": "cell", "cell": longer}, longer["timeout"] + 2 * BEAT, on_console)

    def execute(self, argv, timeout=600, cwd="/", on_console=None):
        """Run a program on the lab's host; the outcome is "exit N"."""
        job = {"do": "exec", "argv": argv, "timeout": timeout, "cwd": cwd}
        return self._explained(self._job, job, timeout + BEAT, on_console)

    def _job(self, job, bound, on_console):
        self.machine.com1.forget()
        self.machine.send(job)
        console, clock = bytearray(), self.machine.clock
        deadline = clock() + bound
        while True:
            message = self._next(min(clock() + BEAT, deadline), "the lab's agent fell silent", True)
            said = message["say"] if message else None
            if said == "fault":
                raise LabFault(message["reason"])
            if said == "result":
                log = message["log"] + result.plain_text(bytes(self.machine.com1.data))
                return Result(message["outcome"], result.plain_text(bytes(console)), message["seconds"],
                              message["detail"], log, message["moments"], message["arrivals"])
            if said == "console":
                data = message["data"].encode("latin-1")
                console += data
                if on_console:
                    on_console(data)
            if clock() > deadline:
                raise LabFault(f"no result after {bound:.0f} s")

    def _next(self, deadline, complaint, only_channel=False):
        """Return the agent's next message, or None when something else was heard. LabFault at the deadline."""
        if not self._pending:
            heard = self.machine.wait(deadline)
            self._pending += [json.loads(line) for line in self.machine.channel.lines()]
            if self.machine.ended:
                raise LabFault("the lab's machine ended: " + self.last_words())
            if (not heard or only_channel) and not self._pending and self.machine.clock() >= deadline:
                raise LabFault(f"{complaint}; its last words: {self.last_words()}")
        return self._pending.pop(0) if self._pending else None

    def last_words(self):
        lines = [line.strip() for line in result.plain_text(bytes(self.machine.com1.data)).splitlines()]
        return next((line for line in reversed(lines) if line), plain.short(self.machine.error_text()) or "none")

    def close(self):
        self.machine.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
