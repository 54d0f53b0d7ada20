# SPDX-License-Identifier: GPL-2.0-or-later
"""The packages as files, and the command as they install it."""

import glob
import os
import re
import subprocess

from tests.lab import paths, scratch
from tests.package.case import Case, debs, system


def said(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


class Files(Case):
    def field(self, package, name):
        return said("dpkg-deb", "-f", debs()[package], name).strip()

    def test_lintian(self):
        """It prints nothing; what it would say is argued for in debian/*.lintian-overrides."""
        # A spelling check of machine code finds "wTH" in it, or another word after the next change.
        done = subprocess.run(["lintian", "--allow-root", "-I", "--tag-display-limit", "0", "--suppress-tags", "spelling-error-in-binary",
                               *debs().values()],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual((done.stdout, done.returncode), ("", 0))

    def test_sizes(self):
        self.assertLess(int(self.field("lull", "Installed-Size")), 1500)
        self.assertLess(int(self.field("liblull-dev", "Installed-Size")), 300)

    def test_built_using(self):
        """The sources of each library that the shim's link takes objects from, and no other."""
        with open(os.path.join(paths.ROOT, "sources.mk")) as file:
            libraries = re.search(r"^SHIM_LIBRARIES := (.*)$", file.read(), re.M)[1].split()
        wanted = set()
        for library in libraries:
            archive = said("gcc", f"-print-file-name=lib{library}.a").strip()
            package = said("dpkg", "-S", os.path.realpath(archive)).split(":")[0]
            wanted.add(said("dpkg-query", "-W", "-f", "${source:Package} (= ${source:Version})", package))
        for package in ("lull", "lull-loaders"):
            self.assertEqual(set(self.field(package, "Built-Using").split(", ")), wanted)

    def test_the_library(self):
        """A kernel that patches itself again, compiled as lull.pc says, with nothing of this tree but its own source."""
        directory = os.path.join(scratch.use(), "library")
        said("dpkg-deb", "-x", debs()["liblull-dev"], directory)
        found, = glob.glob(f"{directory}/usr/lib/*/pkgconfig")
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "liblull"], check=True, stdout=subprocess.PIPE, text=True,
                               env=dict(os.environ, PKG_CONFIG_PATH=found, PKG_CONFIG_SYSROOT_DIR=directory)).stdout.split()
        example = os.path.join(paths.ROOT, "tests", "guests", "example", "again.c")
        linked = os.path.join(directory, "again.o")
        said("gcc", "-std=gnu11", "-O2", "-ffreestanding", "-nostdlib", "-mgeneral-regs-only", "-fno-pic", "-mcmodel=kernel", "-Wall", "-Werror",
             "-r", "-o", linked, example, *flags)
        missing = {line.split()[1] for line in said("nm", "-u", linked).splitlines()}
        self.assertFalse({name for name in missing if name.startswith(("plan_", "journal_", "mask_", "repatch_", "sites_lull"))})

    def test_programs(self):
        """The hooks and examples are sound POSIX shell."""
        programs = [path for folder in ("hooks", "examples") for path in glob.glob(os.path.join(paths.ROOT, "deploy", folder, "*"))
                    if os.access(path, os.X_OK)]
        self.assertGreater(len(programs), 7)
        # GRUB's names are set by what 15_lull reads.
        done = subprocess.run(["shellcheck", "-s", "sh", "-e", "SC1090,SC1091,SC2034,SC2012,SC2154", *programs], stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.stdout, "")


class Installed(Case):
    def test_command(self):
        with open(os.path.join(paths.ROOT, "include", "core", "version.h")) as file:
            version = re.search(r'LULL_VERSION "(.+)"', file.read())[1]
        self.assertEqual(self.succeeds(system().run("lull", "--version")), f"lull {version}\n")
        self.assertIn("Usage", self.succeeds(system().run("lull", "pack", "--help")))

    def test_manuals(self):
        for name in ("man1/lull.1", "man7/lull-boot.7", "man7/lull-deploy.7", "man7/lull-sites.7"):
            page = self.succeeds(system().run("gzip", "-dc", f"/usr/share/man/{name}.gz"))
            self.assertRegex(page, r'(?m)^\.TH [A-Z-]+ \d "" "lull \d[\d.]*" "lull"$')

    def test_pack_finds_the_shim(self):
        """The one that is installed, and the stub beside it: of a kernel that was made here."""
        from tests.tools import images
        kernel = images.link(scratch.use(), "packaged.elf", "kernel", 64, ("PVH",))
        with open(kernel, "rb") as file:
            system().write("/root/kernel.elf", file.read())
        self.succeeds(system().run("lull", "pack", "-k", "/root/kernel.elf", "-o", "/root/out"))
        shim, packed = system().read("/usr/lib/lull/lull.elf"), system().read("/root/out.elf")
        self.assertEqual(packed[0x400:0x10000], shim[0x400:0x10000])
        done = system().run("lull", "pack", "-k", "/root/kernel.elf", "-o", "/root/out", "--shim", "/none")
        self.assertEqual(done.returncode, 1)
