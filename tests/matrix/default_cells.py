#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The default matrix: every door that is built, with Debian's kernels and our test guest, by CPUs and memory.

    default_cells.py [--quick]      write build/matrix/default.cells (or quick.cells) and print its name

The kernels are downloaded, and packed into UKIs, when they are not there yet. The quick matrix is one that `make check`
has the time for.
"""

import functools
import json
import os
import re
import subprocess
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import grub_xen, initrd, kernels, paths
from tests.lab.result import LabFault
from tests.matrix import disk_cells, repack

DIRECTORY = os.path.join(paths.BUILD, "matrix")
SHIM = os.path.join(paths.BUILD, "lull.elf")
# The same in other forms: for multiboot1 loaders, and for those of Linux.
MULTIBOOT1 = os.path.join(paths.BUILD, "lull-mb1.elf")
BZIMAGE = os.path.join(paths.BUILD, "lull.bzimage")
STUB = os.path.join(paths.BUILD, "lull.efi")
KERNELS = ("6.1", "6.1-cloud", "6.12")
# Debian 11's calls Xen through the page that its HYPERCALL_PAGE note names, as kernels did until 6.12.
OLD_KERNEL = "5.10"
# Those built to be a control domain, and the formats that none of Debian's kernels is packed by.
DOM0_KERNELS = ("6.1", "6.12")
PACKERS = ("gzip", "bzip2", "lzma", "lzo")
LOOKS = ("look32", "look64")
# Linked at 1 MiB with everything mapped, and like Linux.
PV_LOOKS = ("pv_look_low", "pv_look_high")
CPUS = (1, 2)

# MiB. "small" is in the two tables below.
SIZES = ("small", 256, 5120)

# The least memory in which each kernel boots directly with the default initrd, with 1 and with 2 CPUs. Found by
# `least_memory.py --doors xl,pv,qemu,grub`: the least, in steps of 4 MiB, at which twenty direct boots in a row went well.
# xl is type="pvh" without lull, qemu is -kernel with the bzImage, grub is GRUB's own linux and initrd commands.
LEAST = {
    ("xl", "6.1"): (92, 92), ("xl", "6.1-cloud"): (80, 80), ("xl", "6.12"): (76, 76),
    ("qemu", "6.1"): (88, 88), ("qemu", "6.1-cloud"): (76, 76), ("qemu", "6.12"): (76, 76),
    ("pv", "6.1"): (84, 84), ("pv", "6.1-cloud"): (72, 76), ("pv", "6.12"): (72, 72),
    ("grub", "6.1"): (92, 92), ("grub", "6.1-cloud"): (88, 88), ("grub", "6.12"): (88, 88),
}
# What "small" has more in PV, where lull holds the packed and the unpacked kernel at once. Nothing elsewhere.
MORE = {"pv": 48}
# The test guest boots in less than Xen or GRUB can be asked for; this is what it looks through.
LEAST_LOOK = {"xl": 16, "qemu": 16, "grub": 32, "dom0": 32, "pv": 48, "dom0-pv": 64}

HEADER = """; Made by tests/matrix/default_cells.py; changes are lost.
[DEFAULT]
kernel = {shim}
reject = lull error|GUEST FAIL|WRONG|Kernel panic
"""
# lull.linux_sites=, and what a kernel must not say when its tables were not what it takes them for. One warning is the
# lab's: under xl, 6.1 now and then finds the emulated CPU's XSAVE sizes inconsistent, when it is started directly too.
LINUX_SITES = ("off", "auto", "safe")
TROUBLE = ("lull error", "Kernel panic", r"\bWARNING: CPU(?!.* fpu__init_system_xstate)", r"\bBUG\b", r"\bOops\b")
# Linux before and after those: since 7.3 it has no lock prefixes to take out. And the words that they want in this lab, started
# directly too: Xen's PV guests have no register that 6.16 and later read at boot, and the emulated CPU's XSAVE is odd under xl.
SITES_KERNELS = ("5.10-cloud", "7.2-cloud", "7.3-cloud")
WORDS = {**{("pv", kernel): " initcall_blacklist=print_s5_reset_status_mmio" for kernel in SITES_KERNELS[1:]},
         **{("xl", kernel): " noxsave" for kernel in SITES_KERNELS}}
# One window for the shim's own sites, and more where the payload has sites too.
RECEIPT = r"^lull: receipt .*\bheld=([1-9]\d*) delivered=\1\b"


def section(name, **keys):
    """Write one cell; an `expect` of several patterns becomes several lines."""
    lines = [f"[{name}]"]
    for key, value in keys.items():
        if isinstance(value, (list, tuple)):
            value = "\n    ".join(value)
        if value is not None:
            lines.append(f"{key} = {value}")
    return "\n".join(lines) + "\n"


# How a cells file says each way in, the console there, and the door and the backend that lull then reports.
WAYS = {
    "xl": ({"door": "pvh"}, "hvc0", "pvh", "xen-hvm"),
    "hvm": ({"door": "hvm"}, "hvc0", "multiboot2", "xen-hvm"),
    "qemu": ({"door": "tcg"}, "ttyS0", "pvh", "native"),
    "grub": ({"door": "tcg", "loader": "grub"}, "ttyS0", "multiboot2", "native"),
    "qemu-mb1": ({"door": "tcg", "kernel": MULTIBOOT1}, "ttyS0", "multiboot1", "native"),
    "grub-mb1": ({"door": "tcg", "kernel": MULTIBOOT1, "loader": "grub-multiboot1"}, "ttyS0", "multiboot1", "native"),
    "qemu-bzimage": ({"door": "tcg", "kernel": BZIMAGE}, "ttyS0", "linux", "native"),
    "grub-bzimage": ({"door": "tcg", "kernel": BZIMAGE, "loader": "grub-linux"}, "ttyS0", "linux", "native"),
    "kexec": ({"door": "tcg", "kernel": BZIMAGE, "loader": "kexec"}, "ttyS0", "linux", "native"),
    "dom0": ({"door": "dom0-pvh"}, None, "pvh", "xen-hvm"),
    "pv": ({"door": "pv"}, "hvc0", "pv", "xen-pv"),
    "dom0-pv": ({"door": "dom0-pv"}, None, "pv", "xen-pv"),
    "pvshim": ({"door": "pvshim"}, "hvc0", "pv", "xen-pv"),
    "kvm": ({"door": "kvm"}, "ttyS0", "pvh", "kvm"),
    "hyperv": ({"door": "kvm-hyperv"}, "ttyS0", "pvh", "hyperv"),
    "vmware": ({"door": "kvm-vmware"}, "ttyS0", "pvh", "vmware"),
    "stranger": ({"door": "tcg-hypervisor"}, "ttyS0", "pvh", "native"),
    "bochs": ({"door": "bochs"}, "ttyS0", "multiboot2", "native"),
}
# Those that every kernel and every size is tried on: by PVH, and all. And the faces of KVM, which has no doors of its own.
PVH_DOORS = ("xl", "qemu", "grub")
DOORS = (*PVH_DOORS, "pv")
FACES = ("kvm", "hyperv", "vmware")
# By these other files.
OTHER_FILES = ("qemu-mb1", "grub-mb1", "qemu-bzimage", "grub-bzimage", "kexec")


def linux(way, version, cpus, size, name=None, **other):
    """A cell with one of Debian's kernels in a UKI."""
    keys, console, door, backend = WAYS[way]
    memory = LEAST[way, version][cpus - 1] + MORE.get(way, 0) if size == "small" else size
    cell = dict(keys, ramdisk=uki(version), cmdline=f"console={console} quiet panic=-1", vcpus=cpus, memory=memory,
                timeout=120, expect=[rf"^lull \S+ door={door} backend={backend} .*\bcpus={cpus}\b", RECEIPT,
                                     rf"^USERSPACE UP {release(version)} cpus={cpus}$"])
    cell.update(other)
    return section(name or f"{way}-linux-{version}-{cpus}cpu-{size}", **cell)


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


def linux_pvh(way, version, cpus=1, size=256, **other):
    """A cell with one of Debian's kernels, unpacked and entered by the PVH note of its vmlinux."""
    _, console, door, _ = WAYS[way]
    return linux(way, version, cpus, size, other.pop("name", f"{way}-linux-pvh-{version}-{cpus}cpu-{size}"),
                 timeout=other.pop("timeout", 240),
                 cmdline=f"console={console} quiet panic=-1 lull.proto=pvh",
                 expect=[rf"^lull \S+ door={door} .*\bcpus={cpus}\b", RECEIPT, r"^lull: handover .*proto=pvh\b",
                         rf"^USERSPACE UP {release(version)} cpus={cpus}$"], **other)


@functools.cache
def predicted(version):
    """The lock prefixes that `lull check` finds in a kernel, and how many of them would go."""
    said = subprocess.run([os.path.join(paths.BUILD, "lull"), "check", "--cpus", "1", "--json", kernels.fetch(version)],
                          stdout=subprocess.PIPE, text=True)
    if said.returncode != 0:
        raise LabFault(f"lull check does not take the kernel {version}: {said.stdout.strip()}")
    found = json.loads(said.stdout)["prediction"]
    return found["locks"], found["locks_patched"]


def sites_line(version, setting, cpus):
    """The receipt of a stock Linux. How many of the safe alternatives are decided is up to the CPU."""
    if setting == "off":
        return r"^lull: receipt .*\bpayload=0/0 windows=1 .*\bleft=off$"
    locks, patched = predicted(version)
    left = "none" if cpus == 1 else "cpus"
    patched = patched if cpus == 1 else 0
    if setting == "safe":
        return rf"^lull: receipt .*\bpayload=(?!{patched}/)\d+/(?!{locks} )\d+ windows=2 .*\bleft={left}$"
    return rf"^lull: receipt .*\bpayload={patched}/{locks} windows={2 if patched else 1} .*\bleft={left}$"


def linux_sites(way, version, setting, vcpus, maxvcpus=None):
    """A stock Linux whose tables lull has in its hands, to user space without a word of complaint; where a CPU may come
    later, it comes there. Warnings show on its console."""
    _, console, door, backend = WAYS[way]
    line = f"console={console} loglevel=5 panic=-1 lull.linux_sites={setting}"
    line += "" if way == "pv" else " lull.proto=pvh"
    line += " hotplug=1" if maxvcpus else ""
    line += WORDS.get((way, version), "")
    cpus = maxvcpus or vcpus
    expect = [rf"^lull \S+ door={door} backend={backend} cpus={cpus}$", RECEIPT, sites_line(version, setting, cpus),
              rf"^USERSPACE UP {release(version)} cpus={vcpus}$"] + ([f"^PLUGGED cpus={maxvcpus}$"] if maxvcpus else [])
    of = f"-of-{maxvcpus}" if maxvcpus else ""
    return linux(way, version, vcpus, 256, f"{way}-linux-sites-{version}-{setting}-{vcpus}{of}cpu", timeout=240,
                 maxvcpus=maxvcpus, cmdline=line, expect=expect, reject=TROUBLE)


# Where the kernel runs, as it says itself: anywhere, where it is linked, and as many bytes above that in virtual as in
# physical memory.
ADDRESSES = {
    "any": r"^ADDRESSES virtual=ffffffff[89ab]\w[02468ace]00000 physical=\w+[02468ace]00000$",
    "linked": "^ADDRESSES virtual=ffffffff81000000 physical=01000000$",
    "one": "^ADDRESSES virtual=ffffffff(?:" + "|".join(
        rf"{high}(?P<of_{low}>\w[02468ace])00000 physical={low}(?P=of_{low})00000" for low, high in enumerate("89ab")) + ")$",
}


def kaslr(way, version, cpus, proto="vmlinux", words="", where=None, memory=512, **other):
    """A stock Linux that lull has put somewhere. By its PVH note and as a PV guest it has one offset, which is asked for."""
    _, console, door, _ = WAYS[way]
    line = f"console={console} quiet panic=-1 addresses=1"
    if proto != "vmlinux":
        line += " lull.kaslr=on"
    line += f" lull.proto={proto}" if proto != "xen-pv" else ""
    line += WORDS.get((way, version), "") + words
    where = where or ("any" if proto == "vmlinux" else "one")
    taken = "off" if where == "linked" else "on"
    name = f"{way}-linux-kaslr-{taken}-{proto}-{version}-{cpus}cpu"
    return linux(way, version, cpus, memory, name, timeout=other.pop("timeout", 240), cmdline=line, reject=TROUBLE, expect=[
        rf"^lull \S+ door={door} .*\bcpus={cpus}\b", RECEIPT, rf"^lull: handover .*proto={proto} kaslr={taken}$",
        rf"^USERSPACE UP {release(version)} cpus={cpus}$", ADDRESSES[where]], **other)


def kaslrs():
    """By each entry behind each door that has it, with one CPU and two; and the oldest and the newest kernel."""
    found = [kaslr(way, kernel, cpus) for way in ("xl", "qemu", "grub", "kvm") for kernel, cpus in (("6.1", 1), ("6.12", 2))]
    found += [kaslr(way, kernel, cpus, "pvh") for way in ("xl", "qemu", "kvm") for kernel, cpus in (("6.12", 1), ("6.1", 2))]
    found += [kaslr("pv", kernel, cpus, "xen-pv") for kernel in ("6.1", "6.12") for cpus in CPUS]
    found += [kaslr("qemu", kernel, 2, proto, memory=1280) for kernel in ("5.10", "7.3-cloud") for proto in ("vmlinux", "pvh")]
    found += [kaslr("pv", kernel, 1, "xen-pv") for kernel in ("5.10", "7.3-cloud")]
    found += [kaslr("qemu", "6.1", 1, words=" nokaslr kaslr", where="linked"),
              kaslr("pv", "6.1-cloud", 1, "xen-pv", words=" nokaslr", where="linked")]
    return found


def linux_dom0(kernel):
    """Debian's kernels stop there as PVH dom0 in this lab when Xen starts them directly, too (see CAVEATS.md)."""
    return section(f"dom0-linux-{kernel}", door="dom0-pvh", ramdisk=uki(kernel), memory=512, timeout=90,
                   cmdline="console=hvc0 earlyprintk=xen", outcome="timeout",
                   expect=[r"^lull: handover .*proto=pvh\b", "Command line: console=hvc0 earlyprintk=xen$",
                           "hvc0. enabled", "ACPI: Core revision"])


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


def repacked(way, packer, kernel="6.1"):
    """Debian's 6.1 as a kernel's build could have packed it, unpacked by lull."""
    cell = linux if way == "pv" else linux_pvh
    image = uki(kernel, repack.repack(kernel, packer))
    return cell(way, kernel, 1, 512, name=f"{way}-linux-unpacked-{kernel}-{packer}", ramdisk=image, timeout=240)


def pv_large(kernel="6.12"):
    """The most that the PV door is promised for: 8 CPUs, 6 GiB, and memory to come."""
    return linux("pv", kernel, 8, 6144, maxmem=6400, timeout=240)


def uefi(version, cpus, secure):
    """A packed kernel that firmware starts; with Secure Boot it is signed as a whole, and the kernel locks itself down."""
    state, line = ("enabled", "Kernel is locked down from EFI Secure Boot") if secure else ("disabled", "Linux version ")
    return section(f"uefi{'-secure' if secure else ''}-linux-{version}-{cpus}cpu", door="uefi",
                   kernel=uki(version, words="loglevel=7"), vcpus=cpus, memory=512, timeout=150, secure="on" if secure else None,
                   expect=[rf"^lull \S+ door=uefi backend=native cpus={cpus}$", RECEIPT,
                           rf"^lull: receipt self={2 if cpus == 1 else 1}/2 .* left=efi-stub$", "^lull: handover .* proto=efi kaslr=own$",
                           rf"secureboot: Secure boot {state}", line, r"efi: .*\bINITRD=", r"Command line: .*\bown_cmdline",
                           rf"^USERSPACE UP {release(version)} cpus={cpus}$"],
                   reject=["lull error", "Kernel panic"] + ([] if secure else ["locked down"]))


def uefi_shim(proto, secure=False, version="6.12", cpus=1):
    """The same, entered in another way: boot services are left by lull.efi, and lull.elf goes on behind the door linux."""
    patched = r"payload=0/0 windows=1" if proto == "linux64" else r"payload=[1-9]\d*/\d+ windows=2"
    told = "enabled" if secure else "disabled"
    kaslr_is = {"linux64": "own", "vmlinux": "on", "pvh": "off"}[proto]
    return section(f"uefi-{proto}{'-secure' if secure else ''}-linux-{version}-{cpus}cpu", door="uefi",
                   kernel=uki(version, words=f"loglevel=7 told=1 lull.proto={proto}"), vcpus=cpus, memory=512, timeout=240,
                   secure="on" if secure else None,
                   expect=[rf"^lull \S+ door=linux backend=native cpus={cpus}$", RECEIPT, rf"^lull: receipt .*\b{patched} ",
                           rf"^lull: handover .* proto={proto} kaslr={kaslr_is}$",
                           rf"^USERSPACE UP {release(version)} cpus={cpus}$"] +
                   ([] if proto == "pvh" else [r"efi: .*\bSMBIOS=", rf"secureboot: Secure boot {told}", "^TOLD setup_data=0x9$"]) +
                   (["Kernel is locked down from EFI Secure Boot"] if secure else []), reject=TROUBLE)


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


def containers(kernel="6.1-cloud"):
    """The other two containers: kernel and initrd as two modules, and the UKI inside the shim."""
    two = {"ramdisk": kernels.fetch(kernel), "initrd": initrd.guest()}
    embedded = {"kernel": packed(kernel), "ramdisk": None}
    return [
        linux("xl", kernel, 1, 256, "xl-two-modules", **two),
        linux("grub", kernel, 1, 256, "grub-two-modules", **two),
        linux("xl", kernel, 1, 256, "xl-embedded", **embedded),
        linux("qemu", kernel, 1, 256, "qemu-embedded", **embedded),
        linux("grub", kernel, 1, 256, "grub-embedded", **embedded),
        linux("pv", kernel, 1, 256, "pv-embedded", **embedded),
        # The door gives no command line, so the UKI's own counts.
        linux("qemu", kernel, 1, 256, "qemu-own-cmdline", cmdline=None,
              expect=[r'^lull: payload .*cmdline=".*\bown_cmdline"', "^USERSPACE UP"]),
    ]


def stored(way, kernel, how=None, **other):
    """A kernel as lull pack puts it into lull.elf: unpacked and stored (by HOW where that is asked for), or kept."""
    keep = how == "keep"
    options = ("--keep",) if keep else ("--store", how) if how else ()
    kind = "linux-bzimage" if keep else "linux-vmlinux"
    proto = "xen-pv" if WAYS[way][2] == "pv" else "linux64" if keep else "vmlinux"
    return linux(way, kernel, 1, 512, name=f"{way}-linux-stored-{kernel}-{how or 'lz4'}", timeout=240, ramdisk=None,
                 kernel=packed(kernel, *options), **other,
                 expect=[f"^lull: payload {kind} {release(kernel)} ", RECEIPT, rf"^lull: handover .*proto={proto} kaslr=(on|off|own)$",
                         rf"^USERSPACE UP {release(kernel)} cpus=1$"])


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
    grub_xen.build(image, "pv", kernels.fetch(version), initrd.guest(), "console=hvc0 quiet panic=-1")
    starts, told = rf"^USERSPACE UP {release(version)} cpus=1$", r"^error: not xen image\."
    keys = {"expect": starts} if version == "6.1" else {"expect": told, "reject": "^USERSPACE UP"}
    return section(f"pv-grub-linux-{version}", door="pv", kernel=image, memory=256, timeout=240, **keys)


def grub_chained(version):
    """GRUB's own image, which covers page 0, as lull's kernel; GRUB then starts what it has in its memory disk."""
    image = os.path.join(paths.make_directory(os.path.join(DIRECTORY, "grub")), f"chained-{version}")
    grub_xen.build(image, "pv", kernels.fetch(version), initrd.guest(), "console=hvc0 quiet panic=-1")
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
    found += kaslrs() + disk_cells.sections()
    found += [stored(way, "6.1") for way in (*DOORS, "kvm")] + [compressed("grub")]
    found += [stored("qemu", "6.1-cloud", how) for how in ("raw", "zstd", "keep")]
    found += [uefi_shim(proto, secure) for proto in ("linux64", "vmlinux", "pvh") for secure in (False, True)]
    found += [uefi_look(guest) for guest in LOOKS]
    found += [example(way, cpus) for way in (*PVH_DOORS, "hvm", *FACES) for cpus in CPUS]
    found += [linux("pv", OLD_KERNEL, cpus, 512) for cpus in CPUS]
    # A BIOS reads a kernel from an emulated CD for a minute.
    found += [linux("hvm", kernel, cpus, 256, timeout=300) for kernel, cpus in (("6.1-cloud", 1), ("6.1", 2))]
    found += [linux_sites(way, kernel, setting, *cpus) for way in ("pv", "xl") for kernel in ("6.1", "6.12")
              for setting in LINUX_SITES for cpus in ((1,), (2,), (1, 2))]
    found += [linux_sites(way, kernel, "safe", 1) for way in ("pv", "xl", "qemu") for kernel in SITES_KERNELS]
    found += [grub_pv(kernel) for kernel in KERNELS] + [grub_chained("6.1"), pv_large(), host_pv()]
    found += in_xens_shim()
    found += [linux(way, kernel, cpus, size) for way in OTHER_FILES for kernel in ("6.1", "6.12") for cpus, size in
              ((1, 512), (2, 5120))]
    found += [look(way, guest, 1, 256) for way in OTHER_FILES[:-1] for guest in LOOKS]
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
    found += [look(way, "look64", 1, 64) for way in (*FACES, "stranger", "bochs")]
    found += [linux_sites("pv", "6.1", "auto", 1, 2), linux_sites("pv", "6.12", "safe", 1),
              linux_sites("xl", "6.12", "auto", 1)]
    found += [example("xl", 1), example("xl", 2), example("grub", 1), example("hvm", 1), example("kvm", 2)]
    found += [linux_pvh("xl", "6.1-cloud"), linux_pvh("qemu", "6.12", 2)]
    found += [linux(way, "6.1-cloud", 2, 5120) for way in OTHER_FILES] + [look("qemu-bzimage", "look32", 1, 256)]
    found += packed_looks() + [uefi("6.12", 2, False), uefi("6.1", 1, True)]
    found += [kaslr("qemu", "6.1", 1), kaslr("qemu", "6.12", 2, "pvh"), kaslr("pv", "6.12", 2, "xen-pv"), kaslr("xl", "6.1-cloud", 1)]
    found += [uefi_shim("vmlinux", True), uefi_look("look32")]
    return found + [crash_report()] + containers()


def guest_file(guest):
    return os.path.join(paths.BUILD, "guests", f"{guest if guest in PV_LOOKS else 'pvh_' + guest}.elf")


def release(kernel):
    """The release that a kernel's file name ends in, for a regular expression."""
    return os.path.basename(kernels.fetch(kernel)).split("-", 1)[1].replace(".", r"\.").replace("+", r"\+")


def uki(kernel, image=None, words="quiet", options=()):
    """Return the UKI of a kernel, or of another file, with the default initrd; its command line is for a serial line."""
    name = os.path.basename(image) if image else kernel
    name += "" if words == "quiet" else "-" + re.sub(r"\W+", "-", words)
    image = image or kernels.fetch(kernel)
    name += "".join(option.replace("--", "-") for option in options)
    stem = os.path.join(paths.make_directory(os.path.join(DIRECTORY, "uki")), name)
    tool = os.path.join(paths.BUILD, "lull")
    if initrd.fresh(stem + ".efi", [tool, SHIM, STUB, image, initrd.guest()]):
        return stem + ".efi"
    packed = subprocess.run([tool, "pack", *options, "-k", image, "-i", initrd.guest(), "-c",
                             f"console=ttyS0 {words} panic=-1 own_cmdline", "-o", stem],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if packed.returncode != 0:
        raise LabFault(f"lull pack failed: {packed.stdout.strip()}")
    return stem + ".efi"


def packed(kernel, *options):
    """The same as one image with lull in it."""
    return uki(kernel, options=options)[:-len(".efi")] + ".elf"


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
