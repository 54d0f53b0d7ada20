#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A bare Debian, as debootstrap leaves one, in a directory; packages are installed in it by its own apt, offline.

    bare.py     make it, and download what else tests/package needs; only root can

It is made once (half a minute, and 150 MB to download) from the archive that this machine uses, and kept as an archive in
build/package. In it are already, not installed, the packages that the tests install beside ours.
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import archive, paths, proc, result

CACHE = os.path.join(paths.BUILD, "package")
# What a kernel's package needs, so that installing the kernel installs nothing else; and what a shell's completion needs.
INCLUDED = ["initramfs-tools", "linux-base", "kmod", "busybox", "zstd"]
# Beside ours.
DOWNLOADED = ["linux-image-cloud-amd64", "libdeflate0", "libelf1", "liblzo2-2"]
SECURITY = re.compile(r"^(\S+) (\S+-security)$", re.M)


def sources():
    """The lines of this machine's sources that name this release of Debian, its security updates with them."""
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    form = ["--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"]
    said = subprocess.run(["apt-get", "indextargets", *form], stdout=subprocess.PIPE, text=True).stdout
    signed = f"[signed-by={archive.KEYRING}]"
    security = sorted({f"deb {signed} {where} {suite} main" for where, suite in SECURITY.findall(said)})
    return release, [f"deb {signed} {archive.archive()} {release} main", *security]


def cached():
    """Return the archive's name, making it when it is not there."""
    release, lines = sources()
    words = " ".join([release, *lines, *INCLUDED, *DOWNLOADED])
    name = os.path.join(paths.make_directory(CACHE), f"bare-{hashlib.sha256(words.encode()).hexdigest()[:12]}.tar")
    with open(os.path.join(CACHE, ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(name):
            make(name)
    return name


def bootstrap(target, *options):
    """Make a Debian of this release with mmdebstrap, whose apt is this machine's; TARGET is a directory, or an archive by its
    name. What is mounted in it meanwhile goes with the process, whatever ends it: nothing of this machine's is below a directory
    that is removed later."""
    release, lines = sources()
    done = proc.run(["unshare", "--mount", "mmdebstrap", "--mode=root", *options, release, target, *lines], polite=True)
    if done.returncode != 0:
        raise result.LabFault(f"mmdebstrap: {' / '.join(done.stdout.splitlines()[-3:])}")


def make(name):
    """Make the archive."""
    print("package: making a bare Debian, which is kept", flush=True)
    download = f'chroot "$1" apt-get clean && chroot "$1" apt-get -q -y --no-install-recommends --download-only install {" ".join(DOWNLOADED)}'
    # Not synchronised: what a machine that loses its power would lose here is made again.
    quick = 'echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/unsafe-io"'
    bootstrap(name + ".partial.tar", "--variant=minbase", f"--include={','.join(INCLUDED)}", f"--customize-hook={download}",
              f"--customize-hook={quick}", "--skip=cleanup/apt")
    os.rename(name + ".partial.tar", name)


def enter(root):
    """The command that another one is appended to, with variables before it, which then runs in a system. /proc is there for
    what lull writes by, /dev for the scripts of packages and for emulators; all of it is gone with the process, whatever ends it. A
    root that is a mount is one in which this works again."""
    script = ('mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" /usr/bin/env -i '
              'PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"')
    return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, root]


class System:
    """The bare system, unpacked. It goes with close()."""

    def __init__(self, directory):
        self.root = directory
        os.makedirs(directory)
        subprocess.run(["tar", "-C", directory, "--numeric-owner", "-xf", cached()], check=True)

    def path(self, name):
        return os.path.join(self.root, name.lstrip("/"))

    def run(self, *command, **variables):
        """Run a program in it; return the finished process, which has what it said in stdout and in stderr."""
        words = [f"{name}={value}" for name, value in variables.items()]
        return subprocess.run([*enter(self.root), *words, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=300)

    def apt(self, *words):
        """Run its apt-get. All that it needs is there already. Without a terminal of its own, which mixes what is said on standard
        error with the rest."""
        return self.run("apt-get", "-q", "-y", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends", *words)

    def install(self, *packages):
        """Install packages that lie on this machine."""
        for package in packages:
            shutil.copy(package, self.path("/root"))
        return self.apt("install", *(f"/root/{os.path.basename(package)}" for package in packages))

    def write(self, name, content, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(path, mode)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def files(self):
        """Every name in it but those of the caches, logs and databases of its package manager."""
        found = set()
        for directory, folders, names in os.walk(self.root):
            inside = os.path.relpath(directory, self.root)
            if inside in ("proc", "dev", "root", "var/cache", "var/log", "var/lib/dpkg", "var/lib/apt", "tmp", "run"):
                folders.clear()
                continue
            found.update(os.path.join(inside, name) for name in names + folders)
        return found

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)


def main(arguments):
    if arguments:
        print(__doc__.strip(), file=sys.stderr if arguments[0] not in ("-h", "--help") else sys.stdout)
        return 0 if arguments[0] in ("-h", "--help") else 2
    from tests.package import libvirt  # Here, because it takes the names above from us.
    if os.geteuid() == 0:
        print(cached(), libvirt.tree())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
