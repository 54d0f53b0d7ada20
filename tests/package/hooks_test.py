# SPDX-License-Identifier: GPL-2.0-or-later
"""Images of installed kernels: what the hooks make of a kernel that apt installs, and what is left when something goes wrong."""

import hashlib
import json
import os
import re

from tests.lab import scratch
from tests.package.case import CMDLINE, DIRECTORY, HELPER, Case, system, with_kernel
from tests.tools import images

ONLY_HELPER = "/root/images"
CONF = "/root/lull.conf"
VERSION = "5.0-small"


class ByApt(Case):
    """One real kernel, its real initrd, and dpkg."""

    def images(self):
        made = with_kernel()
        self.succeeds(made.said)
        return [f"{DIRECTORY}/{made.version}.{kind}" for kind in ("elf", "efi")]

    def states(self):
        return [os.stat(with_kernel().path(name)) for name in self.images()]

    def test_installation(self):
        """An image with the kernel, the initrd that apt's run has made, and the line; the links name it."""
        made = with_kernel()
        for name in self.images():
            found = json.loads(self.succeeds(made.run("lull", "inspect", "--json", name)))
            inner = found if found["kind"] == "uki" else found["embedded"]
            self.assertEqual(inner["uki"]["cmdline"], CMDLINE)
            sizes = {row["name"]: row["size"] for row in inner["uki"]["sections"]}
            self.assertEqual(sizes[".initrd"], os.path.getsize(made.path(f"/boot/initrd.img-{made.version}")))
            link = made.path(f"{DIRECTORY}/guest.{name.rsplit('.', 1)[1]}")
            self.assertEqual(os.readlink(link), os.path.basename(name))
        # Both hooks were called, and one has packed.
        self.assertEqual(made.said.stderr.count("lull: packing"), 1, made.said.stderr)
        self.assertNotIn("lull", made.said.stdout.replace("linux-image", ""))
        self.assertEqual([name for name in os.listdir(made.path(DIRECTORY)) if name.startswith(".new")], [])

    def test_nothing_to_do(self):
        before = self.states()
        self.assertEqual(self.succeeds(with_kernel().run(HELPER, "update"), r"\A\Z"), "")
        self.assertEqual([state.st_ino for state in self.states()], [state.st_ino for state in before])

    def test_a_new_initrd(self):
        made, before = with_kernel(), self.states()
        self.succeeds(made.run("update-initramfs", "-u"), "lull: packing")
        for old, new in zip(before, self.states()):
            self.assertNotEqual(old.st_ino, new.st_ino)

    def test_words_of_other_scripts(self):
        """What dpkg says when nothing is installed or gone."""
        made, before = with_kernel(), self.states()
        for hook, words in (("postinst.d", "abort-upgrade 1"), ("postrm.d", "upgrade 1")):
            done = made.run(f"/etc/kernel/{hook}/zz-lull", made.version, f"/boot/vmlinuz-{made.version}", DEB_MAINT_PARAMS=words)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual([state.st_ino for state in self.states()], [state.st_ino for state in before])


class Small(Case):
    """A kernel of some bytes, in directories of its own."""

    def setUp(self):
        self.system = system()
        with open(images.link(scratch.use(), "small.elf", "kernel", 64, ("PVH",)), "rb") as file:
            self.system.write(f"/root/boot/vmlinuz-{VERSION}", file.read())
        self.configure("old")
        self.system.run("rm", "-rf", ONLY_HELPER)

    def configure(self, cmdline, **more):
        lines = {"IMAGES": "yes", "DIRECTORY": ONLY_HELPER, "CMDLINE": cmdline, "BOOT": "/root/boot", **more}
        self.system.write(CONF, "".join(f'{name}="{value}"\n' for name, value in lines.items()))

    def helper(self, *words, **variables):
        return self.system.run(HELPER, *words, LULL_CONF=CONF, **variables)

    def sums(self):
        """What is in the directory, by name; links with what they say."""
        found = {}
        top = self.system.path(ONLY_HELPER)
        for name in os.listdir(top) if os.path.isdir(top) else ():
            path = os.path.join(top, name)
            if os.path.islink(path):
                found[name] = os.readlink(path)
            elif not name.startswith("."):
                with open(path, "rb") as file:
                    found[name] = hashlib.sha256(file.read()).hexdigest()
        return found


class Wrong(Small):
    """Nothing fails the installation of a kernel, all of it is said on standard error, and what was there stays."""

    def fails(self, said, *words):
        """By itself it fails; for a hook it does not."""
        words = words or ("add", VERSION, f"/root/boot/vmlinuz-{VERSION}")
        before = self.sums()
        done = self.helper(*words)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertRegex(done.stderr, said)
        done = self.helper("--hook", *words)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertRegex(done.stderr, f"(?s){said}.*lull: no new image for guests")
        self.assertEqual(self.sums(), before)

    def old(self):
        self.succeeds(self.helper("update"))
        self.assertEqual(set(self.sums()), {f"{VERSION}.elf", f"{VERSION}.efi", "guest.elf", "guest.efi"})
        self.configure("new")

    def test_no_kernel(self):
        self.old()
        self.system.write("/root/boot/vmlinuz-6.0-text", "no kernel")
        self.addCleanup(os.unlink, self.system.path("/root/boot/vmlinuz-6.0-text"))
        self.fails(r"file: +/root/boot/vmlinuz-6\.0-text", "add", "6.0-text", "/root/boot/vmlinuz-6.0-text")
        self.fails(r"cannot read /root/none", "add", "6.0-none", "/root/none")
        # The other kernel gets its image all the same.
        self.assertEqual(self.helper("update").returncode, 1)
        self.assertEqual(self.sums()["guest.elf"], f"{VERSION}.elf")

    def test_versions_that_are_paths(self):
        for version in ("", "../x", ".hidden", "a/b"):
            self.fails("is no version", "add", version, f"/root/boot/vmlinuz-{VERSION}")

    def test_nowhere_to_write(self):
        self.system.write("/root/file", "")
        self.configure("new", DIRECTORY="/root/file")
        self.fails("cannot write to /root/file")
        self.configure("new", DIRECTORY="/proc/none")
        self.fails("cannot write to /proc/none")

    def test_a_full_disk(self):
        """The images are larger than the file system."""
        script = (f"mkdir -p {ONLY_HELPER} && mount -t tmpfs -o size=300k none {ONLY_HELPER} && echo old >{ONLY_HELPER}/{VERSION}.elf && "
                  f"{HELPER} $0 add {VERSION} /root/boot/vmlinuz-{VERSION}; echo $?; cd {ONLY_HELPER}; ls -A; cat *.elf")
        for hook, status in (("", "1"), ("--hook", "0")):
            done = self.system.run("sh", "-c", script.replace("$0", hook), LULL_CONF=CONF)
            self.assertEqual(done.stdout.split(), [status, ".lock", f"{VERSION}.elf", "old"])
            self.assertRegex(done.stderr, r"cannot write \S+: No space left")

    def test_a_configuration_that_is_no_shell(self):
        self.system.write(CONF, "IMAGES=yes\nif\n")
        done = self.helper("--hook", "add", VERSION)
        self.assertEqual(done.returncode, 0)
        self.assertIn("no new image for guests", done.stderr)

    def test_off(self):
        self.configure("old", IMAGES="no")
        self.assertEqual(self.succeeds(self.helper("--hook", "update"), r"\A\Z"), "")
        self.succeeds(self.helper("update"), "does not say IMAGES=yes")
        self.assertEqual(self.sums(), {})


class Killed(Small):
    """SIGKILL before each program that the helper runs."""

    PROGRAMS = ("sync", "mv", "ln", "rm", "mktemp", "stat", "cmp", "mkdir", "flock", "sort", "readlink")
    WRAPPER = """#!/bin/sh
read -r count </root/count; count=$((count + 1)); echo $count >/root/count
read -r fatal </root/fatal
if [ $count = $fatal ]; then
	[ NAME != lull ] || echo half >"$(ls -d {0}/.new.*)/image.elf"
	kill -9 -1
	exit 1
fi
exec /usr/bin/NAME "$@"
""".format(ONLY_HELPER)

    def killed_at(self, fatal):
        """Run until the program with that number; say how many were started."""
        self.system.write("/root/count", "0\n")
        self.system.write("/root/fatal", f"{fatal}\n")
        self.system.run("sh", "-c", f"{HELPER} update; exit 0", LULL_CONF=CONF, LULL="/root/bin/lull", PATH="/root/bin:/usr/bin:/bin")
        return int(self.system.read("/root/count"))

    def test_everywhere(self):
        """Each of the files is the old one or the new one, and the next run makes all of them new."""
        for name in self.PROGRAMS + ("lull",):
            self.system.write(f"/root/bin/{name}", self.WRAPPER.replace("NAME", name), 0o755)
        sums = {}
        for cmdline in ("new", "old"):
            self.configure(cmdline)
            self.succeeds(self.helper("update"))
            sums[cmdline] = self.sums()
        self.assertEqual(len(set(sums["old"].items()) ^ set(sums["new"].items())), 4)
        seen, fatal = set(), 1
        while True:
            self.configure("new")
            started = self.killed_at(fatal)
            found = self.sums()
            if started < fatal:
                break
            self.assertEqual(set(found), set(sums["old"]))
            for name, content in found.items():
                self.assertIn(content, (sums["old"][name], sums["new"][name]), name)
            seen.add(tuple(sorted(found.items())))
            self.succeeds(self.helper("update"))
            self.assertEqual(self.sums(), sums["new"])
            self.configure("old")
            self.succeeds(self.helper("update"))
            fatal += 1
        self.assertGreater(fatal, 12)
        # Neither, one of the two, both.
        self.assertEqual(len(seen), 3)


class KernelInstall(Small):
    """The plugin, called as kernel-install calls it."""

    PLUGIN = "/usr/lib/kernel/install.d/99-lull.install"

    def plugin(self, *words, **variables):
        return self.succeeds(self.system.run(self.PLUGIN, *words, LULL_CONF=CONF, **variables))

    def cmdline(self):
        found = json.loads(self.succeeds(self.system.run("lull", "inspect", "--json", f"{ONLY_HELPER}/{VERSION}.efi")))
        return {row["name"] for row in found["uki"]["sections"]}

    def test_plugin(self):
        kernel, staging = f"/root/boot/vmlinuz-{VERSION}", "/root/staging"
        self.plugin("add", VERSION, "/root/entry", kernel)
        self.assertNotIn(".initrd", self.cmdline())
        self.system.write(f"{staging}/initrd-1", images.cpio())
        self.plugin("add", VERSION, "/root/entry", kernel, KERNEL_INSTALL_STAGING_AREA=staging)
        self.assertIn(".initrd", self.cmdline())
        # A Linux would have the two joined; this kernel of ours is no Linux, and gets them one by one.
        self.plugin("add", VERSION, "/root/entry", kernel, f"{staging}/initrd-1", f"{staging}/initrd-1")
        self.assertIn(".modules", self.cmdline())
        self.plugin("inspect", VERSION)
        self.plugin("remove", VERSION, "/root/entry")
        self.assertEqual(self.sums(), {})

    def test_newest(self):
        """The links name the newest version, as people order versions."""
        for version in ("5.10", "5.9", "5.9-rc1"):
            self.plugin("add", version, "/root/entry", f"/root/boot/vmlinuz-{VERSION}")
            self.assertEqual(self.sums()["guest.elf"], {"5.10": "5.10.elf"}.get(version, "5.10.elf"))
        self.plugin("remove", "5.10")
        self.assertTrue(re.match(r"5\.9", self.sums()["guest.efi"]))
