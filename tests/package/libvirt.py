# SPDX-License-Identifier: GPL-2.0-or-later
"""libvirt's daemon with its xen driver, downloaded once and unpacked under build/package; nothing is installed."""

import fcntl
import glob
import os
import re
import shutil
import subprocess

from tests.lab import archive, paths, result
from tests.package import bare

PACKAGES = ["libvirt0", "libvirt-daemon", "libvirt-daemon-driver-xen", "libvirt-clients"]
# What apt would install with them; of it, the libraries that this machine, and so the lab's dom0, does not have.
LIBRARY = re.compile(r"^Inst (lib(?!virt)\S+) ", re.M)


def tree():
    """The directory that it is unpacked in."""
    target = os.path.join(paths.make_directory(bare.CACHE), "libvirt")
    with open(os.path.join(bare.CACHE, ".lock-libvirt"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(target):
            unpack(target)
    return target


def apt_get(*words, directory):
    """Run it with this machine's lists, in a directory; return what it said."""
    done = subprocess.run(["apt-get", "-q", *archive.options(None), *words], cwd=directory, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise result.LabFault(f"apt-get {' '.join(words[:2])}: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout


def unpack(target):
    partial = target + ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    os.makedirs(partial)
    libraries = LIBRARY.findall(apt_get("install", "-s", "--no-install-recommends", *PACKAGES, directory=partial))
    apt_get("download", *PACKAGES, *libraries, directory=partial)
    for package in glob.glob(os.path.join(partial, "*.deb")):
        subprocess.run(["dpkg", "-x", package, partial], check=True)
        os.unlink(package)
    os.rename(partial, target)


# In the lab's dom0: $1 is the tree. The emulator's CPU has no VME, which all models of libvirt's map want; without a model the
# driver does not start. dbus and dnsmasq are missing, of which it warns. In a session of its own it outlives the script.
START = """
tar -C "$1" -cf - . | tar -C / -xf - --keep-directory-symlink && ldconfig
sed -i "/'vme'/d" /usr/share/libvirt/cpu_map/x86_486.xml
mkdir -p /run/libvirt
printf 'unix_sock_group = "root"\\nauth_unix_rw = "none"\\n' >/run/libvirtd.conf
setsid libvirtd -f /run/libvirtd.conf >/run/libvirtd.log 2>&1 &
for i in $(seq 90); do
	virsh -c xen:///system version 2>&1 && break
	sleep 1
done
grep -v -i -e dbus -e dnsmasq /run/libvirtd.log
"""

# $1 is the example, $2 the guest's name. An intercepted RDTSC doubles the time of an emulated boot. The guest is waited for by its
# number, which the hypervisor answers for; by its name, which is in the store, a guest that runs was once not found.
CREATE = """
sed 's|<devices>|<clock offset="utc"><timer name="tsc" mode="native"/></clock><devices>|' "$1" >/run/guest.xml
virsh -c xen:///system create /run/guest.xml
guest=$(virsh -c xen:///system domid "$2")
for i in $(seq 150); do
	ended=$(xl list "$guest" 2>&1 >/dev/null) || break
	sleep 1
done
case "$ended" in
	*"'$guest' does not exist"*) echo "has shut down, reason code 0" ;;
	*) echo "guest '$guest' after $i looks: $ended" ;;
esac
xl list
cat "/run/lull-consoles/guest-$2.log"
"""
