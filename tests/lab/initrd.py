#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The initial file systems: the default guest's, that of a guest with a disk, and the one of the lab's own host.

    initrd.py guest         build build/lab/guest.cpio.gz and print its name
    initrd.py disk          build build/lab/disk.cpio.gz, for the lab's kernel, and print its name
    initrd.py xl|kvm        the same for the lab's host: build/lab/host-xl.cpio or host-kvm.cpio

Each is made again only when something it is made of is newer.
"""

import gzip
import os
import shutil
import subprocess
import sys
import tempfile

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import kernels, paths

HERE = os.path.dirname(os.path.realpath(__file__))
# What two inits have in common.
BEGIN = os.path.join(HERE, "begin.sh")


def guest():
    """Return the initrd that says USERSPACE UP and powers off: busybox, one script, no module."""
    script = os.path.join(HERE, "guest-init.sh")
    target = os.path.join(paths.make_directory(paths.LAB), "guest.cpio.gz")
    if fresh(target, [script, __file__]):
        return target
    with scratch() as directory:
        with_busybox(directory)
        install(script, os.path.join(directory, "init"))
        # Compressed, because the guest with the least memory has to hold it twice.
        kernels.publish(gzip.compress(archive(directory), mtime=0), target)
    return target


def disk(system="ext4"):
    """Return the initrd that looks at its disk, and mounts this file system of it, before it powers off. It is for the lab's
    kernel."""
    script = os.path.join(HERE, "disk-init.sh")
    kernel = kernels.fetch(kernels.DOM0)
    stem = "disk" if system == "ext4" else f"disk-{system}"
    target = os.path.join(paths.make_directory(paths.LAB), f"{stem}.cpio.gz")
    if fresh(target, [script, BEGIN, __file__, kernels.__file__, kernel]):
        return target
    with scratch() as directory:
        with_busybox(directory)
        install(BEGIN, os.path.join(directory, "begin"))
        names = disk_modules() + (kernels.ROLE_MODULES[system] if system != "ext4" else [])
        copy_modules(os.path.dirname(os.path.dirname(kernel)), names, os.path.join(directory, "modules"))
        install(script, os.path.join(directory, "init"))
        kernels.publish(gzip.compress(archive(directory), mtime=0), target)
    return target


def disk_modules():
    """The modules for disks and for ext4."""
    return [name for name in kernels.COMMON_MODULES if name.startswith("virtio")] + kernels.ROLE_MODULES["disk"]


def lab_host(role):
    """Return the initramfs of the lab's host; ROLE is xl (under Xen) or kvm. It is the same wherever the tree lies."""
    script = os.path.join(HERE, "host-init.sh")
    kernel = kernels.fetch(kernels.DOM0)
    target = os.path.join(paths.make_directory(paths.LAB), f"host-{role}.cpio")
    if fresh(target, [script, __file__, kernels.__file__, kernel]):
        return target
    with scratch() as directory:
        with_busybox(directory)
        copy_modules(os.path.dirname(os.path.dirname(kernel)), kernels.COMMON_MODULES + kernels.ROLE_MODULES[role],
                     os.path.join(directory, "modules"))
        install(script, os.path.join(directory, "init"))
        # Not compressed: emulated, unpacking it would take longer than reading it.
        kernels.publish(archive(directory), target)
    return target


def copy_modules(package, names, directory):
    """Copy modules of the lab's kernel, and the order in which they load."""
    os.makedirs(directory)
    for module in names:
        found = kernels.module_file(package, module)
        if not found:
            raise kernels.Unavailable(f"{package} has no module {module}; remove that directory and start again")
        shutil.copy(found, os.path.join(directory, module + ".ko"))
    with open(os.path.join(directory, "order"), "w") as order:
        order.write("".join(module + "\n" for module in names))


def with_busybox(directory):
    """Put the static busybox of the host in DIRECTORY/bin."""
    busybox = paths.tool("busybox")
    if not busybox:
        raise kernels.Unavailable("no busybox; install busybox-static")
    os.makedirs(os.path.join(directory, "bin"))
    install(busybox, os.path.join(directory, "bin/busybox"))


def install(source, target):
    shutil.copyfile(source, target)
    os.chmod(target, 0o755)


def archive(directory):
    """Pack a directory the way a kernel unpacks it, the same bytes for the same files."""
    names = ["."]
    for folder, folders, files in os.walk(directory):
        folders.sort()
        names += [os.path.relpath(os.path.join(folder, name), directory) for name in folders + sorted(files)]
    for name in names:
        os.utime(os.path.join(directory, name), (0, 0), follow_symlinks=False)
    packed = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "--reproducible", "-R", "+0:+0"], cwd=directory,
                            input="\n".join(names).encode(), stdout=subprocess.PIPE, check=True)
    return packed.stdout


def fresh(target, sources):
    """Say whether TARGET is newer than all that it is made of."""
    if not os.path.exists(target):
        return False
    return all(os.path.getmtime(source) <= os.path.getmtime(target) for source in sources)


def scratch():
    """A temporary directory."""
    return tempfile.TemporaryDirectory(prefix="initrd-")


def main(arguments):
    if arguments not in (["guest"], ["disk"], ["xl"], ["kvm"]):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    makers = {"guest": guest, "disk": disk}
    print(makers[arguments[0]]() if arguments[0] in makers else lab_host(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
