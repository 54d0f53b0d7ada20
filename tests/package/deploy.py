#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""From the packages to a running guest: lull and then a kernel are installed in a bare system by apt, and in the lab xl and
libvirt start the installed examples, as they are, with the image that the hooks have made. So do systemd-boot and GRUB, each on
a machine of its own.

    deploy.py [EXAMPLE...]      all, or some

The packages are those in build/, after `make deb`. Needs root, for chroot; without it nothing is tested. Its last line is
"deploy: N passed, N failed".
"""

import os
import shutil
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import packages, paths, proc, result, scratch, session
from tests.package import case, libvirt, machines

# The guest's name in it, and the door by which it comes.
EXAMPLES = {"xl-pvh.cfg": ("lull-pvh", "pvh"), "xl-pv.cfg": ("lull-pv", "pv"), "xl-uki.cfg": ("lull-uki", "pvh"),
            "xl-disk.cfg": ("lull-disk", "pvh"),
            "qubes.sh": ("lull-qubes", "pvh"), "libvirt-pvh.xml": ("lull-pvh", "pvh"), "libvirt-pv.xml": ("lull-pv", "pv")}
# Without a hypervisor: how each is started.
MACHINES = {"systemd-boot.conf": lambda made: machines.systemd_boot(made, entry=True),
            "systemd-boot": lambda made: machines.systemd_boot(made, entry=False), "grub-15_lull": machines.grub}

# In the lab's dom0, as a user there types it. What was installed in $1 is seen there under its own names.
INSTALL = """
for name in usr/lib/lull var/lib/lull usr/share/doc/lull; do
	mkdir -p "/${name%/*}"
	ln -sfn "$1/$name" "/$name"
done
mkdir -p /dev/vg
ln -sfn "$1/guest.img" /dev/vg/guest
"""
# $1 is the example, $2 the guest's name. An intercepted RDTSC doubles the time of an emulated boot, so the line of the command
# has one setting more.
CREATE = """
xl create -F "$1" 'tsc_mode="native"'
cat "/run/lull-consoles/guest-$2.log"
"""
# What Qubes' toolstack makes of the directory, told to xl.
QUBES = """
QUBES_KERNELS=/run/vm-kernels sh "$1" lull && cd /run/vm-kernels/lull || exit
printf '%s\\n' "name = '$2'" 'type = "pvh"' 'memory = 512' "kernel = '$PWD/vmlinuz'" "ramdisk = '$PWD/initramfs'" >/run/qubes.cfg
set -- /run/qubes.cfg "$2"
""" + CREATE


def disk(made):
    """Make the disk of the guest that has one: /boot is that of the bare system."""
    image = made.path("guest.img")
    with open(image, "wb") as file:
        file.truncate(128 << 20)
    root = paths.make_directory(made.path("disk"))
    shutil.copytree(made.path("boot"), os.path.join(root, "boot"), symlinks=True)
    done = proc.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-d", root, image])
    if done.returncode != 0:
        raise result.LabFault(f"mke2fs failed: {done.stdout}")


class Host:
    """The lab's dom0 with what was installed."""

    def __init__(self, lab, made):
        self.lab, self.has_libvirt = lab, False
        disk(made)
        self.run(INSTALL, made.root)

    def run(self, script, *words):
        return self.lab.execute(["sh", "-c", script, "deploy", *words], timeout=240)

    def start(self, name, guest):
        """Start an example, and follow the guest to its end."""
        scripts = {".xml": libvirt.CREATE, ".sh": QUBES, ".cfg": CREATE}
        if name.endswith(".xml") and not self.has_libvirt:
            self.has_libvirt = True
            said = self.run(libvirt.START, libvirt.tree()).console
            if "Running hypervisor: Xen" not in said:
                raise result.LabFault(f"libvirt does not start: {said}")
        return self.run(scripts[os.path.splitext(name)[1]], f"/usr/share/doc/lull/examples/{name}", guest)


def judge(name, said, door, version):
    """What of it is missing."""
    # libvirt's examples have a line of their own, which counts before the packed one; on the disk there is no packed one.
    lines = {"xl-disk.cfg": "ro console=hvc0", "libvirt-pvh.xml": "console=hvc0", "libvirt-pv.xml": "console=hvc0"}
    cmdline = lines.get(name, case.CMDLINE)
    wanted = [f"lull 0.1 door={door} backend=xen", f'cmdline="{cmdline}"', "lull: handover ", f"USERSPACE UP {version}",
              "has shut down, reason code 0"]
    return [line for line in wanted if line not in said]


def judge_machine(name, ended, version):
    """The same for a machine of its own. What systemd-boot finds by itself has the packed line, which names no serial port."""
    door, protocol = ("multiboot2", "linux64") if name == "grub-15_lull" else ("uefi", "efi")
    wanted = [f"lull 0.1 door={door} backend=native", f"proto={protocol}"]
    if name == "systemd-boot":
        wanted.append(f'cmdline="{case.CMDLINE}"')
    else:
        wanted += [f'cmdline="{machines.CMDLINE}"' if door == "uefi" else machines.CMDLINE, f"USERSPACE UP {version}"]
    return [line for line in wanted if line not in ended.console] + ["power-off"] * (ended.outcome != "poweroff")


def started(made, names):
    """Start each example; yields its name, how it ended, and what is missing."""
    for name in filter(MACHINES.get, names):
        ended = MACHINES[name](made)
        yield name, ended, judge_machine(name, ended, made.version)
    guests = [name for name in names if name in EXAMPLES]
    if not guests:
        return
    with session.Session("xl") as lab:
        lab.start()
        host = Host(lab, made)
        for name in guests:
            guest, door = EXAMPLES[name]
            ended = host.start(name, guest)
            yield name, ended, judge(name, ended.console, door, made.version)


def main(names):
    if os.geteuid() != 0:
        print("deploy: only root can make a bare system\ndeploy: 0 passed, 0 failed, 1 skipped")
        return 0
    packages.require("lab", "package")
    proc.leave_on_signals()
    scratch.use()
    made = case.with_kernel()
    if made.said.returncode != 0:
        print(made.said.stdout + made.said.stderr)
    failed = 0
    names = names or [*EXAMPLES, *MACHINES]
    try:
        for name, ended, missing in started(made, names):
            failed += bool(missing)
            print(f"{'FAIL' if missing else 'ok'} {name} ({ended.seconds:.0f} s)", flush=True)
            if missing:
                print(f"{ended.console}\nmissing: {missing}")
    except result.LabFault as fault:
        print(f"lab fault: {fault}")
        failed += 1
    finally:
        proc.stop_all()
    print(f"deploy: {len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
