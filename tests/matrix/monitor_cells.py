# SPDX-License-Identifier: GPL-2.0-or-later
"""Cells of the default matrix behind the tests' own monitor (tests/vmm), as Firecracker and as Cloud Hypervisor."""

from tests.matrix.linux_cells import linux
from tests.matrix.ways import MONITORS, RECEIPT, WAYS, guest_file, release, section, uki

# What each monitor's users say on the command line; Firecracker itself adds a word for each device. Its machine has no power-off.
LINES = {"firecracker": "reboot=k panic=1 pci=off ending=reboot virtio_mmio.device=4K@0xc0001000:5", "cloud-hypervisor": None}
ENDS = {"firecracker": "reboot", "cloud-hypervisor": "poweroff"}

# Words of start_info that are wrong, and how lull says it: its magic, its version (0 has no map), the number of modules, where
# the list of modules is, that of the map, and how many entries it has. Where there is no memory a guest reads something all the same.
BROKEN = {"magic": ("0=0x336ec579", "1: start-info-magic"), "version-0": ("4=0", "3: memory-map-empty"),
          "modules": ("12=9", "12: module-count"), "list-far": ("20=1", "2: start-info-reach"),
          "map-far": ("44=1", r"\d+: memory-map-\w+"), "entries": ("48=0xffffffff", "4: memory-map-entries")}


def packed_linux(way, version, cpus=1):
    """A packed kernel, which takes the monitor's words and its own."""
    image = uki(version, words="quiet lull.append")[:-len(".efi")] + ".elf"
    words = r"reboot=k .*\bvirtio_mmio\.device=\S+" if way == "firecracker" else ""
    # Only where one CPU is all there will ever be, are all of the shim's own sites patched.
    own = r"(\d+)/\1" if cpus == 1 else r"(?!(\d+)/\1 )\d+/\d+"
    return linux(way, version, cpus, 512, f"{way}-packed-{version}-{cpus}cpu", ramdisk=None, kernel=image, cmdline=LINES[way],
                 outcome=ENDS[way], expect=[
                     rf"^lull \S+ door=pvh backend=kvm cpus={cpus}$", rf'^lull: payload .* cmdline="console=ttyS0 .*\bown_cmdline ?{words}"$', RECEIPT,
                     rf"^lull: receipt self={own} ", rf"^USERSPACE UP {release(version)} cpus={cpus}$"])


def module_linux(way, version):
    """lull.elf with a UKI as the monitor's initrd, a module that has no command line."""
    return linux(way, version, 1, 512, cmdline=f"console=ttyS0 quiet {LINES[way] or ''}", outcome=ENDS[way])


def broken(way, name):
    """A start_info that is wrong in one word."""
    word, error = BROKEN[name]
    return section(f"{way}-start-info-{name}", **WAYS[way][0], ramdisk=guest_file("look64"), memory=64, timeout=60, outcome="crash",
                   start_info=word, expect=f"lull error {error} ", reject="GUEST")


def full():
    """All kernels, CPUs and faults by each of them."""
    found = [packed_linux(way, version, cpus) for way in MONITORS for version in ("6.1-cloud", "6.12") for cpus in (1, 2)]
    return found + [module_linux(way, "6.1-cloud") for way in MONITORS] + [broken(way, name) for way in MONITORS for name in BROKEN]


def quick():
    """One boot of a Linux by each, and a fault."""
    return [packed_linux(way, "6.1-cloud") for way in MONITORS] + [broken("firecracker", "entries")]
