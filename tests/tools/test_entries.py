# SPDX-License-Identifier: GPL-2.0-or-later
"""lull entries: what it says of disks that mke2fs made, and of what is no disk."""

import json
import os
import pathlib
import subprocess
import time

from tests.files import formats
from tests.lab import packages
from tests.tools.case import Case


def pe(**sections):
    """A PE file with these sections."""
    return formats.uki([formats.Section(f".{name}", data) for name, data in sections.items()])


CONFIG = """set default="1"
menuentry 'Newer' --id newer {
	search --no-floppy --fs-uuid --set=root 12345678-9abc-def0-1234-56789abcdef0
	linux /boot/vmlinuz-2 root=/dev/xvda1 ro quiet
	initrd /boot/initrd.img-2
}
menuentry 'Older' --id older {
	linux /boot/vmlinuz-1 root=/dev/xvda1
}
menuentry 'Gone' {
	linux /boot/vmlinuz-0
}
frobnicate
"""


class Entries(Case):
    def image(self, files, *options):
        """An ext4 file system with these files."""
        packages.ensure("disk")
        tree, image = pathlib.Path(self.path("tree")), self.path("guest.img")
        for name, text in files.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-U", "12345678-9abc-def0-1234-56789abcdef0", "-L", "root", *options, "-d", str(tree),
                        image, "8M"], check=True, env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))
        return image

    def listed(self, *images, status=0):
        self.assertIn("volumes", self.lull("entries", *images, status=status))
        return json.loads(self.lull("entries", "--json", *images, status=status))

    def test_a_system(self):
        found = self.listed(self.image({"boot/vmlinuz-1": "x", "boot/vmlinuz-2": "x", "boot/initrd.img-2": "x", "etc/fstab": "x",
                                        "boot/grub/grub.cfg": CONFIG}))
        self.assertEqual([(entry["id"], entry["chosen"]) for entry in found["entries"]],
                         [("newer", False), ("older", True), ("vmlinuz-2", False), ("vmlinuz-1", False)])
        newer = found["entries"][0]
        self.assertEqual((newer["kernel"], newer["initrds"], newer["options"]),
                         ("/boot/vmlinuz-2", ["/boot/initrd.img-2"], "root=/dev/xvda1 ro quiet"))
        self.assertEqual(found["entries"][2]["options"], "root=UUID=12345678-9abc-def0-1234-56789abcdef0 ro")
        self.assertEqual([note["error"]["name"] for note in found["passed_over"]], ["fs-no-file", "grub-command"])
        self.assertEqual((found["volumes"][0]["file_system"], found["volumes"][0]["label"]), ("ext4", "root"))

    def test_addons(self):
        """Those of a UKI that are used, and why others are not; each UKI has its own."""
        own = "EFI/Linux/a.efi.extra.d"
        image = self.image({"EFI/Linux/a+2.efi": pe(linux=b"k", uname=b"6.1"), "EFI/Linux/b.efi": pe(linux=b"k", uname=b"6.2"),
                            "loader/addons/x.addon.efi": pe(cmdline=b"x=1", ucode=b"micro"),
                            "loader/addons/y.addon.efi": pe(cmdline=b"y=1", uname=b"6.2"),
                            f"{own}/c.addon.efi": pe(initrd=b"cpio"), f"{own}/d.addon.efi": pe(linux=b"k"), f"{own}/e.efi": pe(cmdline=b"e=1"),
                            f"{own}/f.addon.efi": b"no PE file"})
        found = {entry["id"]: entry for entry in self.listed(image)["entries"]}
        said = {name: [(addon["file"], addon.get("sections", addon.get("error", {}).get("name"))) for addon in entry["addons"]]
                for name, entry in found.items()}
        self.assertEqual(said, {
            "a+2.efi": [("/loader/addons/x.addon.efi", [".cmdline", ".ucode"]), (f"/{own}/c.addon.efi", [".initrd"]),
                        ("/loader/addons/y.addon.efi", "addon-uname"), (f"/{own}/d.addon.efi", "addon-uki"),
                        (f"/{own}/f.addon.efi", "pe-truncated")],
            "b.efi": [("/loader/addons/x.addon.efi", [".cmdline", ".ucode"]), ("/loader/addons/y.addon.efi", [".cmdline"])]})
        self.assertEqual([entry.get("added_options") for entry in found.values()], ["x=1 y=1", "x=1"])
        self.assertEqual(self.listed(image)["passed_over"], [])
        self.assertIn("added options    x=1 y=1", self.lull("entries", image))

    def test_left_out(self):
        """More entries, and more that is passed over, than the lists have."""
        entries = [f"menuentry e{i} {{ linux /boot/vmlinuz-{i % 2} x\n}}\n" for i in range(300)]
        image = self.image({"boot/vmlinuz-1": "x", "boot/grub/grub.cfg": "".join(entries)})
        found = self.listed(image)
        # Half of them have no kernel; and the kernel by itself is one more.
        self.assertEqual((len(found["entries"]), found["entries_left_out"]), (128, 300 - 2 * 128 + 1))
        self.assertEqual((len(found["passed_over"]), found["passed_over_left_out"]), (64, 128 - 64))
        self.assertNotIn("volumes_left_out", found)
        text = self.lull("entries", image)
        self.assertRegex(text, r"(?m)^entries left out +45$")
        self.assertRegex(text, r"(?m)^passed over left out +64$")

    def test_read_once(self):
        """A partition for /boot with a link to itself has its configuration at two places."""
        os.makedirs(self.path("tree"))
        os.symlink(".", self.path("tree/boot"))
        found = self.listed(self.image({"vmlinuz-1": "x", "grub/grub.cfg": "menuentry a { linux /vmlinuz-1\n}\n"}))
        self.assertEqual([entry["id"] for entry in found["entries"] if entry["source"] == "grub"], ["a"])

    def test_endless(self):
        """A configuration that reads itself in many lines, and looks for what is not there, is read in no time."""
        image = self.image({"boot/vmlinuz-1": "x", "boot/grub/grub.cfg": "menuentry a { linux /boot/vmlinuz-1\n}\n"
                            + 40 * "source /boot/grub/grub.cfg\n" + 2500 * "search --file /nonexistent\n"})
        begun = time.monotonic()
        found = self.listed(image)
        self.assertLess(time.monotonic() - begun, 10)
        self.assertEqual({note["error"]["name"] for note in found["passed_over"]}, {"grub-nested"})

    def test_nothing(self):
        """A disk with nothing to boot, one that is broken, and one whose journal was not replayed."""
        found = self.listed(self.image({"readme": "x"}), self.file("zeroes", bytes(4096)), status=1)
        self.assertEqual(found["error"]["name"], "no-boot-entry")
        self.assertEqual([volume["file_system"] for volume in found["volumes"]], ["ext4", "unknown"])
        image = self.path("guest.img")
        subprocess.run(["debugfs", "-w", "-R", "feature needs_recovery", image], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))
        self.assertIn("warning", self.listed(image, status=1)["problems"][0])
        with open(image, "r+b") as file:
            file.seek(1024 + 0x10)
            file.write(b"xxxx")
        self.assertEqual(self.listed(image, status=1)["problems"][0]["error"]["name"], "fs-checksum")
        table = self.file("table", bytes(446) + b"\0\0\0\0\xee" + bytes(3) + b"\1\0\0\0\1\0\0\0" + bytes(48) + b"\x55\xaa" + bytes(4096))
        self.assertEqual(self.listed(table, status=1)["problems"][0]["error"]["name"], "gpt-field")

    def test_unread(self):
        """What lull does not read has lsblk's name: here of what mkswap writes."""
        swap = self.file("swap", bytes(1 << 20))
        subprocess.run(["/usr/sbin/mkswap", swap], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertEqual(self.listed(swap, status=1)["volumes"][0]["file_system"], "swap")

    def test_a_pipe(self):
        """It is refused, and nobody waits for who may write into it."""
        os.mkfifo(self.path("pipe"))
        self.lull("entries", self.path("pipe"), status=1, said=r"pipe: Block device required")

    def test_sectors(self):
        """An MBR that counts in sectors of 4096 bytes."""
        with open(self.image({"boot/vmlinuz-1": "x"}), "rb") as file:
            system = file.read()
        table = bytes(446) + b"\0\0\0\0\x83" + bytes(3) + (256).to_bytes(4, "little") + (len(system) // 4096).to_bytes(4, "little")
        disk = self.file("disk", table.ljust(510, b"\0") + b"\x55\xaa" + bytes((1 << 20) - 512) + system)
        self.assertEqual(self.listed(disk, status=1)["volumes"][0]["file_system"], "unknown")
        found = self.listed("--sector-size", "4096", disk)
        self.assertEqual([(volume["name"], volume["size"], volume["file_system"]) for volume in found["volumes"]],
                         [("disk1", len(system), "ext4")])
        self.lull("entries", "--sector-size", "512", disk, status=1)
        for size in ("", "5", "1024", "40960"):
            self.lull("entries", "--sector-size", size, disk, status=2, said="the choices are 512 and 4096")

    def test_no_disk(self):
        self.lull("entries", status=2, said="takes one disk")
        self.lull("entries", self.path("none"), status=1, said="No such file")
        self.lull("entries", self.scratch.name, status=1, said="Is a directory")
        self.lull("entries", "/dev/null", status=1, said="Block device required")
        self.lull("entries", "--frob", "x", status=2, said="unrecognized")
