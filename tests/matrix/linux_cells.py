# SPDX-License-Identifier: GPL-2.0-or-later
"""Cells of the default matrix with one of Debian's kernels in them."""

import functools
import json
import os
import subprocess

from tests.lab import initrd, kernels, paths
from tests.lab.result import LabFault
from tests.matrix import repack
from tests.matrix.ways import CPUS, LEAST, MORE, RECEIPT, TROUBLE, WAYS, packed, packed_as, release, section, uki

# Debian 11's calls Xen through the page that its HYPERCALL_PAGE note names, as kernels did until 6.12.
OLD_KERNEL = "5.10"
# Linux before and after those that the matrix has everywhere: since 7.3 it has no lock prefixes to take out. And the words that they
# want in this lab, started directly too: Xen's PV guests have no register that 6.16 and later read at boot, and the emulated CPU's
# XSAVE is odd under xl.
SITES_KERNELS = ("5.10-cloud", "7.2-cloud", "7.3-cloud")
WORDS = {**{("pv", kernel): " initcall_blacklist=print_s5_reset_status_mmio" for kernel in SITES_KERNELS[1:]},
         **{("xl", kernel): " noxsave" for kernel in SITES_KERNELS}}


def linux(way, version, cpus, size, name=None, **other):
    """A cell with one of Debian's kernels in a UKI."""
    keys, console, door, backend = WAYS[way]
    memory = LEAST[way, version][cpus - 1] + MORE.get(way, 0) if size == "small" else size
    cell = dict(keys, ramdisk=uki(version), cmdline=f"console={console} {kernels.QUIET}", vcpus=cpus, memory=memory,
                timeout=120, expect=[rf"^lull \S+ door={door} backend={backend} .*\bcpus={cpus}\b", RECEIPT,
                                     rf"^USERSPACE UP {release(version)} cpus={cpus}$"])
    cell.update(other)
    return section(name or f"{way}-linux-{version}-{cpus}cpu-{size}", **cell)


def linux_pvh(way, version, cpus=1, size=256, **other):
    """A cell with one of Debian's kernels, unpacked and entered by the PVH note of its vmlinux."""
    _, console, door, _ = WAYS[way]
    return linux(way, version, cpus, size, other.pop("name", f"{way}-linux-pvh-{version}-{cpus}cpu-{size}"),
                 timeout=other.pop("timeout", 240),
                 cmdline=f"console={console} {kernels.QUIET} lull.proto=pvh",
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
    line = f"console={console} {kernels.QUIET} addresses=1"
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
    """The same, entered in another way: boot services are left by lull.efi, and lull.elf goes on behind the door linux. The firmware
    of Secure Boot keeps the memory where a Linux is linked, and by PVH's protocol nobody tells it of firmware: it is moved, and told to
    lock itself down."""
    patched = r"payload=0/0 windows=1" if proto == "linux64" else r"payload=[1-9]\d*/\d+ windows=2"
    told = "enabled" if secure else "disabled"
    moved = proto == "pvh" and secure
    kaslr_is = {"linux64": "own", "vmlinux": "on", "pvh": "on" if moved else "off"}[proto]
    of_firmware = [r"efi: .*\bSMBIOS=", rf"secureboot: Secure boot {told}", "^TOLD setup_data=0x9$"]
    locked = [f"Kernel is locked down from {'command line' if moved else 'EFI Secure Boot'}"] if secure else []
    words = f"loglevel=7 told=1 lull.proto={proto}{' lull.kaslr=on lockdown=integrity' if moved else ''}"
    return section(f"uefi-{proto}{'-secure' if secure else ''}-linux-{version}-{cpus}cpu", door="uefi",
                   kernel=uki(version, words=words), vcpus=cpus, memory=512, timeout=240, secure="on" if secure else None,
                   expect=[rf"^lull \S+ door=linux backend=native cpus={cpus}$", RECEIPT, rf"^lull: receipt .*\b{patched} ",
                           rf"^lull: handover .* proto={proto} kaslr={kaslr_is}$",
                           rf"^USERSPACE UP {release(version)} cpus={cpus}$"] +
                   ([] if proto == "pvh" else of_firmware) + locked, reject=TROUBLE)


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


# How long a loader may take to read a kernel: SeaBIOS, from a device model in the lab's dom0, minutes.
PATIENCE = {"hvm-kernel": 600}


def one_file(way, kernel, form):
    """A packed kernel as the one file that a loader starts, in a form of the shim that it takes."""
    return linux(way, kernel, 1, 512, name=f"{way}-packed-{kernel}", timeout=PATIENCE.get(way, 300), ramdisk=None,
                 kernel=packed_as(kernel, form))


def one_files(kernel):
    """By all of those loaders."""
    return ([one_file(way, kernel, "bzimage") for way in ("grub-bzimage", "kexec", "kexec-load", "hvm-kernel", "grub-efi-bzimage")] +
            [one_file("grub-mb1", kernel, "mb1")])


def chained(kernel):
    """GRUB on UEFI firmware, which has firmware start the packed file."""
    return section(f"grub-efi-chain-{kernel}", door="grub-efi", loader="grub-chain", kernel=uki(kernel), memory=512, timeout=240,
                   expect=[r"^lull \S+ door=uefi backend=native cpus=1$", RECEIPT, "^lull: handover .* proto=efi ",
                           rf"^USERSPACE UP {release(kernel)} cpus=1$"])


def told_of_firmware(kernel):
    """What GRUB's multiboot2 says of UEFI firmware reaches Linux: its tables, its map, ACPI."""
    return linux("grub-efi", kernel, 1, 512, name=f"grub-efi-told-{kernel}", timeout=300, cmdline="console=ttyS0 loglevel=7 panic=-1",
                 expect=[r"^lull \S+ door=multiboot2 backend=native cpus=1$", RECEIPT, r"efi: EFI v2\.\d+ by EDK II",
                         r"efi: .*\bACPI 2\.0=", r"efi: Freeing EFI boot services memory: ", r"ACPI: RSDP 0x", rf"^USERSPACE UP {release(kernel)} cpus=1$"])


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
