#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The default matrix: every door that is built, with Debian's kernels and our test guest, by CPUs and memory.

    default_cells.py [--quick]      write build/matrix/default.cells (or quick.cells) and print its name

The kernels are downloaded, and packed into UKIs, when they are not there yet. The quick matrix is one that `make check`
has the time for.
"""

import os
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import grub_xen, initrd, kernels, paths
from tests.lab.result import LabFault
from tests.matrix import disk_cells, monitor_cells, repack
from tests.matrix.linux_cells import (OLD_KERNEL, PATIENCE, SITES_KERNELS, chained, containers, kaslr, kaslrs, linux, linux_dom0,
                                      linux_pvh, linux_sites, one_file, one_files, pv_large, repacked, stored, told_of_firmware, uefi,
                                      uefi_shim)
from tests.matrix.ways import (CPUS, DIRECTORY, DOORS, FACES, MONITORS, OTHER_FILES, PVH_DOORS, PV_LOOKS, RECEIPT, SHIM, SLOW_FILES, STUB, WAYS,
                               guest_file, pack, packed, release, section, uki)

KERNELS = ("6.1", "6.1-cloud", "6.12")
# Those built to be a control domain, and the formats that none of Debian's kernels is packed by.
DOM0_KERNELS = ("6.1", "6.12")
PACKERS = ("gzip", "bzip2", "lzma", "lzo")
LOOKS = ("look32", "look64")
# The same guest by a multiboot header: an ELF file of 32 bits and one of 64, and files whose headers have the addresses.
MULTIBOOT_LOOKS = ("multiboot1_look.elf", "multiboot2_look.elf", "multiboot1_flat.bin", "multiboot2_flat.bin")

# MiB. "small" is in LEAST_LOOK, and for a Linux in LEAST of ways.py.
SIZES = ("small", 256, 5120)

# The test guest boots in less than Xen or GRUB can be asked for; this is what it looks through.
LEAST_LOOK = {"xl": 16, "qemu": 16, "grub": 32, "dom0": 32, "pv": 48, "dom0-pv": 64}

HEADER = """; Made by tests/matrix/default_cells.py; changes are lost.
[DEFAULT]
kernel = {shim}
reject = lull error|GUEST FAIL|WRONG|Kernel panic
"""
# Where a Linux can be given another CPU. The DSDT that 4.20's xl makes for a PVH guest has no processors, so none does there, lull
# or not ("smpboot: native_cpu_up: bad cpu 1").
PLUGGABLE = ("pv", "xl") if paths.XEN_VERSION == "4.17" else ("pv",)

# lull.linux_sites=.
LINUX_SITES = ("off", "auto", "safe")


def pv_words(way):
    """What the PV guest is to look for."""
    return "patched xen-shim" if way == "pvshim" else "patched"


def look(way, guest, cpus, size):
    """A cell with our test guest, which looks at what the shim left behind."""
    keys, _, door, backend = WAYS[way]
    expect = [rf"^lull \S+ door={door} backend={backend} ", RECEIPT, "^GUEST OK"]
    if way == "stranger":
        expect.append('^lull: warning hypervisor="TCGTCGTCGTCG" ')
    memory = LEAST_LOOK[way] if size == "small" else size
    return section(f"{way}-{guest}-{cpus}cpu-{size}", **keys, ramdisk=guest_file(guest), vcpus=cpus, memory=memory,
                   timeout=60, cmdline=pv_words(way) if guest in PV_LOOKS else None, expect=expect)


def multiboot(way, guest, cpus=1):
    """A cell with our test guest as a multiboot kernel, which also looks at what it is told."""
    keys, _, door, backend = WAYS[way]
    version = guest[len("multiboot")]
    return section(f"{way}-{guest}-{cpus}cpu", **keys, ramdisk=os.path.join(paths.BUILD, "guests", guest), vcpus=cpus, memory=64,
                   timeout=60, expect=[rf"^lull \S+ door={door} backend={backend} ", rf"^lull: payload multiboot{version} ",
                                       RECEIPT, rf"^lull: handover .*proto=multiboot{version}\b", "^GUEST OK"])


def xen_with_guest(kernel="6.1-cloud"):
    """Debian's Xen that is built to run as a guest, by its own PVH entry, with a Linux as its PV guest: three files in one."""
    xen = os.path.join(os.path.dirname(kernels.fetch("xen-utils")), "xen-shim")
    stem = os.path.join(paths.make_directory(os.path.join(DIRECTORY, "uki")), "xen-shim")
    pack(stem, xen, ["-i", kernels.fetch(kernel), "--line", f"console=hvc0 {kernels.QUIET}", "-i", initrd.guest(),
                     "-c", "pv-shim console=xen,pv"])
    return section(f"xl-xen-shim-linux-{kernel}", door="pvh", kernel=stem + ".elf", memory=512, timeout=120,
                   expect=[r"^lull: payload pvh-elf32 \S+ modules=\d+ ", RECEIPT, r"^\(XEN\) Command line: pv-shim console=xen,pv$",
                           rf"^USERSPACE UP {release(kernel)} cpus=1$"])


def xen_with_dom0(kernel):
    """Debian's Xen, by its multiboot2 header, with the kernel and initrd of its dom0: three files in one. What QEMU 7.2 gets wrong of
    this CPU (lab/accel.py), Xen is told to leave alone."""
    stem = os.path.join(paths.make_directory(os.path.join(DIRECTORY, "uki")), f"xen-dom0-{kernel}")
    pack(stem, kernels.fetch("xen"), ["-i", kernels.fetch(kernel), "--line", f"console=hvc0 {kernels.QUIET}", "-i", initrd.guest(), "-c",
                                      "console=com1 com1=115200 smap=0 cpuidle=0 dom0_mem=512M lull.proto=multiboot2"])
    return section(f"qemu-xen-dom0-linux-{kernel}", door="tcg", kernel=stem + ".elf", memory=1024, timeout=180,
                   expect=["^lull: payload multiboot2 ", RECEIPT, "^lull: handover .* proto=multiboot2 ",
                           r"^\(XEN\) Bootloader: lull", rf"^USERSPACE UP {release(kernel)} cpus=1$"])


def example(way, cpus):
    """A cell with the example of lull-sites(7), which checks its own sites. Where its lock prefix must stay, one site less
    is patched; elsewhere than at these doors the CPU decides too. An xl guest cannot use Xen's own console, so that only
    its end tells what it found."""
    keys, _, door, backend = WAYS[way]
    patched = (6 if cpus == 1 else 5) if way in (*DOORS, "hvm") else r"[4-7]"
    expect = [rf"^lull \S+ door={door} backend={backend} ",
              rf"^lull: receipt .*\bpayload={patched}/9 windows=2 .*\bheld=2 delivered=2\b"]
    return section(f"{way}-example-{cpus}cpu", **keys, ramdisk=os.path.join(paths.BUILD, "guests", "example.elf"),
                   vcpus=cpus, memory=64, timeout=60, expect=expect + (["^GUEST OK"] if way not in ("xl", "hvm") else []))


def packed_look(packer, way, guest):
    """A test guest inside a bzImage: every format, and the state it is entered in, in the time of a small boot."""
    keys, _, door, backend = WAYS[way]
    entry = "xen-pv" if door == "pv" else "pvh"
    return section(f"{way}-{guest}-{packer}", **keys, ramdisk=repack.pack_guest(guest_file(guest), packer),
                   cmdline="lull.proto=pvh", memory=64 if way == "qemu" else 128, timeout=60,
                   expect=[rf"^lull \S+ door={door} backend={backend} ", "^lull: payload linux-bzimage ", RECEIPT,
                           rf"^lull: handover .*proto={entry}\b", "^GUEST OK"])


def packed_looks():
    """Behind a door of each kind."""
    return [packed_look(packer, way, guest) for packer in (*repack.images.COMPRESSORS, "xz-crc64")
            for way, guest in (("qemu", "look64"), ("dom0-pv", "pv_look_high"))]


def uefi_look(guest):
    """An ELF kernel, which has no EFI stub, and looks at what it is given."""
    return section(f"uefi-{guest}-1cpu", door="uefi", kernel=uki(guest, guest_file(guest), "look"), memory=256, timeout=90,
                   expect=["^lull .* door=linux backend=native ", RECEIPT, "^lull: handover .* proto=pvh kaslr=off$", "^GUEST OK"])


def host_pv():
    """The lab's own dom0 through lull, up to a list of domains."""
    return section("host-pv-xl-list", door="host-pv", timeout=120,
                   expect=["^lull .* door=pv backend=xen-pv ", RECEIPT, r"^Domain-0 +0 "])


def crash_report():
    """Hyper-V takes a report of a crash; a status of QEMU's own would look the same but for the reason."""
    return section("hyperv-crash-report", door="kvm-hyperv", memory=64, timeout=60, outcome="crash", reject="GUEST",
                   expect=["lull error 8: module-none", "^the guest reported its crash to the hypervisor$"])


def compressed(way, kernel="6.1"):
    """The vmlinux of a bzImage as a compressed file of its own, module 0 with its initrd behind it."""
    return linux(way, kernel, 1, 512, name=f"{way}-linux-compressed-{kernel}", timeout=240, ramdisk=repack.compressed(kernel),
                 initrd=initrd.guest(), expect=[f"^lull: payload pvh-elf64 {release(kernel)} ", RECEIPT,
                                                rf"^USERSPACE UP {release(kernel)} cpus=1$"])


def in_xens_shim():
    """lull as the PV kernel in Xen's own shim: its Xen is a guest, and starts lull as a control domain that looks like none."""
    found = [look("pvshim", guest, cpus, 256) for guest in PV_LOOKS for cpus in CPUS]
    found += [linux("pvshim", kernel, cpus, 512, timeout=240) for kernel in KERNELS for cpus in CPUS]
    return found + [linux("pvshim", "6.1-cloud", cpus, 512, f"pvshim-embedded-{cpus}cpu", timeout=240, kernel=packed("6.1-cloud"),
                          ramdisk=None) for cpus in CPUS]


def backends(kernel="6.1-cloud"):
    """Backends without a door of their own: each with our guest, and Linux on the faces of KVM."""
    found = [look(way, guest, cpus, 64) for way in (*FACES, "stranger", "bochs") for guest in LOOKS for cpus in CPUS]
    return found + [linux(way, kernel, cpus, 256) for way in FACES for cpus in CPUS] + [crash_report()]


def grub_pv(version):
    """GRUB in the place of lull: as a PV guest it starts the xz kernel, and of the two others it says this."""
    image = os.path.join(paths.make_directory(os.path.join(DIRECTORY, "grub")), version)
    grub_xen.build(image, "pv", kernels.fetch(version), initrd.guest(), f"console=hvc0 {kernels.QUIET}")
    starts, told = rf"^USERSPACE UP {release(version)} cpus=1$", r"^error: not xen image\."
    keys = {"expect": starts} if version == "6.1" else {"expect": told, "reject": "^USERSPACE UP"}
    return section(f"pv-grub-linux-{version}", door="pv", kernel=image, memory=256, timeout=240, **keys)


def grub_chained(version):
    """GRUB's own image, which covers page 0, as lull's kernel; GRUB then starts what it has in its memory disk."""
    image = os.path.join(paths.make_directory(os.path.join(DIRECTORY, "grub")), f"chained-{version}")
    grub_xen.build(image, "pv", kernels.fetch(version), initrd.guest(), f"console=hvc0 {kernels.QUIET}")
    return section(f"pv-lull-grub-linux-{version}", door="pv", ramdisk=image, memory=256, timeout=240,
                   expect=["^lull .* door=pv backend=xen-pv ", RECEIPT, "^Welcome to GRUB!$",
                           rf"^USERSPACE UP {release(version)} cpus=1$"])


def full():
    """Every way in x every kernel and guest x CPUs x memory."""
    found = [linux(way, kernel, cpus, size) for way in DOORS for kernel in KERNELS for cpus in CPUS for size in SIZES]
    found += [look(way, guest, cpus, size) for way in (*PVH_DOORS, "dom0") for guest in LOOKS for cpus in CPUS
              for size in SIZES]
    found += [look(way, guest, cpus, size) for way in ("pv", "dom0-pv") for guest in PV_LOOKS for cpus in CPUS
              for size in SIZES]
    found += [linux_pvh(way, kernel) for way in PVH_DOORS for kernel in KERNELS]
    found += [linux_pvh("xl", kernel, 2, 5120) for kernel in KERNELS]
    found += [repacked(way, packer) for way in ("qemu", "pv") for packer in PACKERS]
    found += packed_looks() + [uefi(kernel, cpus, secure) for kernel in ("6.1", "6.12") for cpus in CPUS for secure in (False, True)]
    found += kaslrs() + disk_cells.sections() + monitor_cells.full()
    found += [look(way, guest, cpus, size) for way in MONITORS for guest in LOOKS for cpus, size in ((1, 64), (2, 5120))]
    found += [stored(way, "6.1") for way in (*DOORS, "kvm")] + [compressed("grub")]
    found += [stored("qemu", "6.1-cloud", how) for how in ("raw", "zstd", "keep")]
    found += [uefi_shim(proto, secure) for proto in ("linux64", "vmlinux", "pvh") for secure in (False, True)]
    found += [uefi_look(guest) for guest in LOOKS]
    found += [example(way, cpus) for way in (*PVH_DOORS, "hvm", *FACES) for cpus in CPUS]
    found += [linux("pv", OLD_KERNEL, cpus, 512) for cpus in CPUS]
    # A BIOS reads a kernel from an emulated CD for a minute.
    found += [linux("hvm", kernel, cpus, 256, timeout=300) for kernel, cpus in (("6.1-cloud", 1), ("6.1", 2))]
    found += [linux_sites(way, kernel, setting, *cpus) for way in ("pv", "xl") for kernel in ("6.1", "6.12")
              for setting in LINUX_SITES for cpus in ((1,), (2,), *([(1, 2)] if way in PLUGGABLE else []))]
    found += [linux_sites(way, kernel, "safe", 1) for way in ("pv", "xl", "qemu") for kernel in SITES_KERNELS]
    found += [grub_pv(kernel) for kernel in KERNELS] + [grub_chained("6.1"), pv_large(), host_pv()]
    found += in_xens_shim()
    found += [linux(way, kernel, cpus, size) for way in OTHER_FILES for kernel in ("6.1", "6.12") for cpus, size in
              ((1, 512), (2, 5120))]
    found += [linux(way, kernel, 1, 512, timeout=PATIENCE.get(way, 300)) for way in SLOW_FILES for kernel in ("6.1", "6.12")]
    found += [cell for kernel in ("6.1", "6.12") for cell in (*one_files(kernel), chained(kernel), told_of_firmware(kernel))]
    found += [look(way, guest, 1, 256) for way in OTHER_FILES[:-1] for guest in LOOKS]
    found += [multiboot(way, guest, cpus) for way in (*PVH_DOORS, *OTHER_FILES[:-1], *FACES, "bochs")
              for guest in MULTIBOOT_LOOKS for cpus in CPUS] + [xen_with_guest()]
    found += [xen_with_dom0(kernel) for kernel in DOM0_KERNELS]
    return found + backends() + [linux_dom0(kernel) for kernel in DOM0_KERNELS] + containers()


def quick():
    """Each way in, each kernel, each CPU count and each size at least once; under xl the most."""
    found = [linux("xl", "6.1", 1, 256), linux("xl", "6.1-cloud", 2, "small"), linux("xl", "6.12", 1, 5120),
             linux("qemu", "6.1", 2, 5120), linux("qemu", "6.1-cloud", 1, "small"), linux("qemu", "6.12", 1, 256),
             linux("grub", "6.1", 1, "small"), linux("grub", "6.1-cloud", 2, 256), linux("grub", "6.12", 1, 5120)]
    found += [linux("pv", OLD_KERNEL, 1, 512), linux("pv", "6.1", 1, 256), linux("pv", "6.1-cloud", 2, 5120),
              linux("pv", "6.12", 1, "small"),
              look("pv", "pv_look_high", 2, 5120), look("pv", "pv_look_low", 1, "small"),
              look("dom0-pv", "pv_look_high", 1, 256), look("pvshim", "pv_look_high", 1, 256), host_pv()]
    found += [look(way, guest, cpus, size) for way in (*PVH_DOORS, "dom0")
              for guest, cpus, size in (("look32", 1, "small"), ("look64", 2, 256), ("look64", 1, 5120))]
    found += [look(way, "look64", 1, 64) for way in (*FACES, *MONITORS, "stranger", "bochs")] + monitor_cells.quick()
    found += [linux_sites("pv", "6.1", "auto", 1, 2), linux_sites("pv", "6.12", "safe", 1),
              linux_sites("xl", "6.12", "auto", 1)]
    found += [example("xl", 1), example("xl", 2), example("grub", 1), example("hvm", 1), example("kvm", 2)]
    found += [linux_pvh("xl", "6.1-cloud"), linux_pvh("qemu", "6.12", 2)]
    found += [linux(way, "6.1-cloud", 2, 5120) for way in OTHER_FILES] + [look("qemu-bzimage", "look32", 1, 256)]
    found += packed_looks() + [uefi("6.12", 2, False), uefi("6.1", 1, True)]
    found += [kaslr("qemu", "6.1", 1), kaslr("qemu", "6.12", 2, "pvh"), kaslr("pv", "6.12", 2, "xen-pv"), kaslr("xl", "6.1-cloud", 1)]
    found += [uefi_shim("vmlinux", True), uefi_look("look32"), told_of_firmware("6.1-cloud"), one_file("kexec-load", "6.12", "bzimage")]
    found += [multiboot(way, guest) for way, guest in zip(("xl", "kvm", "grub", "qemu-mb1"), MULTIBOOT_LOOKS)]
    found += [xen_with_guest(), xen_with_dom0("6.1")]
    return found + [crash_report()] + containers()


def write(only_quick=False):
    """Write the cells file and return its name."""
    missing = next((name for name in (SHIM, STUB, os.path.join(paths.BUILD, "lull")) if not os.path.exists(name)), None)
    if missing:
        raise LabFault(f"{missing} is not there; run make first")
    target = os.path.join(paths.make_directory(DIRECTORY), "quick.cells" if only_quick else "default.cells")
    text = "\n".join([HEADER.format(shim=SHIM), *(quick() if only_quick else full())])
    kernels.publish(text.encode(), target)
    return target


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    print(write("--quick" in sys.argv[1:]))
