# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks laid out as distributions do it: a table, what boots, and a root file system with the file that a guest looks for.

Each is made of a kernel and an initrd, in pieces that need neither a mount nor a loop device.
"""

import os
import struct
import subprocess
import tempfile
import uuid
import zlib

from tests.files import cpio, formats
from tests.lab import kernels, linux_fs, paths, proc, result

ESP = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
XBOOTLDR = uuid.UUID("bc13c2ff-59e6-4262-a352-b275fd6f7172")
ROOT = uuid.UUID("4f68bce3-e8cd-4db1-96e7-fbcaf984b709")
TITLE = "Linux of the lab"

GRUB = """set default="0"
set timeout=0
menuentry '{title}' --class gnu-linux $menuentry_id_option 'lab-simple' {{
	search --no-floppy --fs-uuid --set=root {uuid}
	echo	'Loading Linux ...'
	linux	{boot}/{kernel} root=UUID={uuid} ro quiet {options}
	initrd	{boot}/{initrd}
}}
submenu 'Advanced options' $menuentry_id_option 'lab-advanced' {{
	menuentry 'Another' $menuentry_id_option 'lab-another' {{
		search --no-floppy --fs-uuid --set=root {uuid}
		linux	{boot}/{kernel} root=UUID={uuid} ro another=1 {options}
		initrd	{boot}/{initrd}
	}}
}}
"""
BLS = "title {title}\nversion 1\nlinux /{kernel}\ninitrd /{initrd}\noptions quiet {options}\n"
EXTLINUX = "DEFAULT lab\nLABEL lab\n  MENU LABEL {title}\n  LINUX {kernel}\n  INITRD {initrd}\n  APPEND quiet {options}\n"
UUID = "11111111-2222-4333-8444-555555555555"
# Where a btrfs has its system, as on Ubuntu and openSUSE; its default subvolume is the top.
SUBVOLUME = "@"


def tree(place, files):
    """A folder with these files, each a path and its bytes, and about the size of a file system that holds them."""
    root = tempfile.mkdtemp(dir=place)
    size = 8 << 20
    for name, content in files.items():
        target = os.path.join(root, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        size += len(content) + 65536
        with open(target, "wb") as output:
            output.write(content)
    return root, size


def ext4(place, files, sector):
    """An ext4 with these files."""
    root, size = tree(place, files)
    image = root + ".img"
    with open(image, "wb") as output:
        output.truncate(-(-size // 4096) * 4096)
    run(paths.tool("mke2fs"), "-q", "-t", "ext4", "-b", str(max(4096, sector)), "-U", UUID, "-d", root, image)
    return read(image)


def fat(place, files, sector):
    """A FAT with these files."""
    image = os.path.join(tempfile.mkdtemp(dir=place), "fat")
    size = max(40 << 20, sum(map(len, files.values())) + (8 << 20))
    with open(image, "wb") as output:
        output.truncate(-(-size // (1 << 20)) << 20)
    run("mformat", "-i", image, "-F", "-c", "1", "-M", str(sector), "::")
    made = set()
    for name, content in files.items():
        for depth in range(1, name.count("/") + 1):
            directory = "/".join(name.split("/")[:depth])
            if directory not in made:
                made.add(directory)
                run("mmd", "-i", image, f"::{directory}")
        with tempfile.NamedTemporaryFile(dir=place) as source:
            source.write(content)
            source.flush()
            run("mcopy", "-i", image, source.name, f"::{name}")
    return read(image)


def xfs(place, files, sector):
    """An XFS with these files, of version 5."""
    root, size = tree(place, files)
    with open(root + ".prototype", "w", encoding="utf-8") as output:
        output.write("\n".join(["/dev/null", "0 0", "d--755 0 0", *prototype(root), ""]))
    run(paths.tool("mkfs.xfs"), "-q", "--unsupported", "-s", f"size={sector}", "-p", root + ".prototype",
        "-d", f"file,name={root}.img,size={(size >> 20) + 32}m")
    return read(root + ".img")


def prototype(folder):
    """The lines of a prototype for what is in a folder (mkfs.xfs(8), -p)."""
    lines = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_symlink():
            lines += [f"{entry.name} l--777 0 0 {os.readlink(entry.path)}"]
        elif entry.is_dir():
            lines += [f"{entry.name} d--755 0 0", *prototype(entry.path)]
        else:
            lines += [f"{entry.name} ---644 0 0 {entry.path}"]
    return lines + ["$"]


def btrfs(place, files):
    """A btrfs with these files in a subvolume, compressed, and another subvolume beside it; a Linux writes them."""
    root, size = tree(place, files)
    image = root + ".img"
    with open(image, "wb") as output:
        output.truncate(max(160 << 20, -(-size // (1 << 20)) << 20))
    run(paths.tool("mkfs.btrfs"), "-q", "-U", UUID, image)
    script = f"btrfs subvolume create @home && btrfs subvolume create {SUBVOLUME} && cp -a /trees/0/. {SUBVOLUME}/\n"
    linux_fs.fill([linux_fs.Filled(image, "btrfs", script, root, "rw,compress-force=zstd")])
    return read(image)


def iso(place, files):
    """An ISO 9660 with these files, with Rock Ridge."""
    root, _ = tree(place, files)
    run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", root + ".img", root)
    return read(root + ".img")


def gpt(pieces, sector):
    """A disk with a GPT, of pairs of a type and the bytes of a partition (UEFI specification 2.10, 5.3)."""
    first, entries, body = (1 << 20) // sector, b"", b""
    for number, (kind, content) in enumerate(pieces):
        begin = first + len(body) // sector
        body += content + bytes(-len(content) % (1 << 20))
        entries += struct.pack("<16s16sQQQ72s", kind.bytes_le, uuid.UUID(int=number + 1).bytes_le, begin,
                               begin + len(content) // sector - 1, 0, b"")
    entries = entries.ljust(128 * 128, b"\0")
    table = -(-len(entries) // sector)
    last = first + len(body) // sector + table

    def header(here, there, at):
        fields = [b"EFI PART", 0x10000, 92, 0, 0, here, there, 2 + table, last - table - 1, uuid.UUID(int=99).bytes_le, at, 128, 128,
                  zlib.crc32(entries)]
        form = "<8sIIIIQQQQ16sQIII"
        fields[3] = zlib.crc32(struct.pack(form, *fields))
        return struct.pack(form, *fields).ljust(sector, b"\0")
    protective = bytes(446) + bytes([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff]) + struct.pack("<II", 1, last)
    head = protective.ljust(510, b"\0") + b"\x55\xaa"
    head = head.ljust(sector, b"\0") + header(1, last, 2) + entries
    return head.ljust(1 << 20, b"\0") + body + entries.ljust(table * sector, b"\0") + header(last, 1, last - table)


def mbr(pieces, sector):
    """A disk with an MBR, of pairs of a type and the bytes of a partition."""
    at, entries, body = (1 << 20), b"", b""
    for kind, content in pieces:
        entries += bytes([0, 0, 0, 0, kind, 0, 0, 0]) + struct.pack("<II", at // sector, len(content) // sector)
        content += bytes(-len(content) % (1 << 20))
        body, at = body + content, at + len(content)
    return (bytes(446) + entries).ljust(510, b"\0") + b"\x55\xaa" + bytes((1 << 20) - 512) + body


def uki(place, kernel, initrd, options):
    """A UKI of them."""
    output = os.path.join(place, "uki")
    release = os.path.join(place, "os-release")
    with open(release, "w", encoding="utf-8") as file:
        file.write(f'ID=lab\nPRETTY_NAME="{TITLE}"\n')
    run(os.path.join(paths.BUILD, "lull"), "pack", "--keep", "--os-release", release, "-k", kernel, "-i", initrd, "-c", options, "-o",
        output)
    return read(output + ".efi")


def addon(cmdline, name, uname=b""):
    """An add-on with words, and an initrd that has a file."""
    sections = {".cmdline": cmdline, ".initrd": cpio.cpio_of([(name, b"of the add-on\n")]), ".uname": uname}
    return formats.uki([formats.Section(section, data) for section, data in sections.items() if data])


def content(layout, place, kernel, initrd, options, sector):
    """The bytes of a disk."""
    names = {"kernel": "vmlinuz-lab", "initrd": "initrd.img-lab", "title": TITLE, "options": options, "uuid": UUID, "boot": "/boot"}
    loaded = {names["kernel"]: read(kernel), names["initrd"]: read(initrd)}
    hello = {"hello": b"hello from the disk\n"}
    if layout == "uki":
        esp = fat(place, {"EFI/Linux/lab.efi": uki(place, kernel, initrd, options)}, sector)
        return gpt([(ESP, esp), (ROOT, ext4(place, hello, sector))], sector)
    if layout == "addons":
        # Those of all UKIs come first; one is for another kernel.
        own = "EFI/Linux/lab.efi.extra.d"
        esp = fat(place, {"EFI/Linux/lab+3-0.efi": uki(place, kernel, initrd, options), "loader/addons/all.addon.efi": addon(b"all=1", "added-all"),
                          f"{own}/Own.ADDON.EFI": addon(b"own=1", "added-own"), f"{own}/other.addon.efi": addon(b"other=1", "added-other", b"0.1")},
                  sector)
        return gpt([(ESP, esp), (ROOT, ext4(place, hello, sector))], sector)
    if layout in ("bls", "xfs"):
        make = xfs if layout == "xfs" else ext4
        boot = make(place, {**loaded, "loader/entries/lab.conf": BLS.format(**names).encode()}, sector)
        return gpt([(ESP, fat(place, {"EFI/nothing": b"nothing"}, sector)), (ROOT, ext4(place, hello, sector)), (XBOOTLDR, boot)], sector)
    if layout == "grub":
        files = {f"boot/{name}": data for name, data in loaded.items()}
        files["boot/grub/grub.cfg"] = GRUB.format(**names).encode()
        return mbr([(0x0c, fat(place, {"empty": b"x"}, sector)), (0x83, ext4(place, {**files, **hello}, sector))], sector)
    if layout == "btrfs":
        files = {f"boot/{name}": data for name, data in loaded.items()}
        names.update(boot=f"/{SUBVOLUME}/boot", options=f"rootflags=subvol={SUBVOLUME} {options}".rstrip())
        files["boot/grub/grub.cfg"] = GRUB.format(**names).encode()
        return gpt([(ESP, fat(place, {"EFI/nothing": b"nothing"}, sector)), (ROOT, btrfs(place, {**files, **hello}))], sector)
    if layout == "iso":
        disc = iso(place, {f"boot/{name}": data for name, data in loaded.items()})
        return mbr([(0x83, disc), (0x83, ext4(place, hello, sector))], sector)
    if layout == "bare":
        return ext4(place, {**{f"boot/{name}": data for name, data in loaded.items()}, **hello}, sector)
    if layout == "extlinux":
        files = {f"extlinux/{name}": data for name, data in loaded.items()}
        files["extlinux/extlinux.conf"] = EXTLINUX.format(**names).encode()
        return mbr([(0x0c, fat(place, files, sector)), (0x83, ext4(place, hello, sector))], sector)
    raise ValueError(layout)


# Which partition has the root file system, and what `lull: disk` says of each layout: its volume, its file system, its entry.
LAYOUTS = {
    "uki": (2, 1, "vfat", TITLE, "/EFI/Linux/lab.efi"),
    "addons": (2, 1, "vfat", TITLE, "/EFI/Linux/lab+3-0.efi"),
    "bls": (2, 3, "ext4", TITLE, "/vmlinuz-lab"),
    "xfs": (2, 3, "xfs", TITLE, "/vmlinuz-lab"),
    "iso": (2, 1, "iso9660", "vmlinuz-lab", "/boot/vmlinuz-lab"),
    "grub": (2, 2, "ext4", TITLE, "/boot/vmlinuz-lab"),
    "btrfs": (2, 2, "btrfs", TITLE, f"/{SUBVOLUME}/boot/vmlinuz-lab"),
    "bare": (None, None, "ext4", "vmlinuz-lab", "/boot/vmlinuz-lab"),
    "extlinux": (2, 1, "vfat", TITLE, "/extlinux/vmlinuz-lab"),
}


def image(layout, kernel, initrd, options="", sector=512, name=None):
    """Make a disk, unless there is one that is newer than what it is made of, and return its name."""
    target = os.path.join(paths.make_directory(os.path.join(paths.BUILD, "disk")), f"{name or layout}-{sector}.img")
    made_of = (kernel, initrd, __file__, os.path.join(paths.BUILD, "lull"))
    if not os.path.exists(target) or any(os.path.getmtime(target) <= os.path.getmtime(name) for name in made_of):
        with tempfile.TemporaryDirectory(prefix="layout-") as place:
            kernels.publish(content(layout, place, kernel, initrd, options, sector), target)
    return target


def empty():
    """A disk with nothing on it."""
    target = os.path.join(paths.make_directory(os.path.join(paths.BUILD, "disk")), "empty.img")
    kernels.publish(bytes(1 << 20), target)
    return target


def read(name):
    with open(name, "rb") as file:
        return file.read()


def run(*command):
    done = proc.run(command)
    if done.returncode != 0:
        raise result.LabFault(f"{command[0]}: {done.stdout.strip()}")
