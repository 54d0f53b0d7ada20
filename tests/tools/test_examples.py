# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples for toolstacks that the lab does not run (tests/package/deploy.py has the others): what they write and call."""

import glob
import gzip
import json
import os
import re
import shutil
import subprocess
import unittest
import xml.dom.minidom

from tests.lab import paths
from tests.tools.case import ROOT, Case, read

EXAMPLES = os.path.join(ROOT, "deploy", "examples")
# Answers for a machine with one disk.
GRUB_PROBE = """#!/bin/sh
case "$*" in
*target=device*) echo /dev/vda1 ;;
*target=fs_uuid*) echo 1234-ABCD ;;
*target=partmap*) echo gpt ;;
*target=fs\\ * | *target=fs) echo ext2 ;;
*target=compatibility_hint*) echo hd0,gpt1 ;;
esac
"""
XE = """#!/bin/sh
printf '%s\\n' "$@" >>"$LOG"
"""


class Examples(Case):
    def script(self, name, content):
        path = self.file(name, content.encode())
        os.chmod(path, 0o755)
        return path

    def run_example(self, name, *words, **variables):
        return subprocess.run([os.path.join(EXAMPLES, name), *words], check=True, stdout=subprocess.PIPE, text=True,
                              env=dict(os.environ, **variables)).stdout

    def images(self):
        directory = self.path("images")
        os.makedirs(directory)
        for version in ("6.1.0-9", "6.1.0-56"):
            for kind in ("elf", "efi"):
                with open(os.path.join(directory, f"{version}.{kind}"), "w") as file:
                    file.write(f"{version} {kind}")
        for kind in ("elf", "efi"):
            os.symlink(f"6.1.0-56.{kind}", os.path.join(directory, f"guest.{kind}"))
        return directory

    def test_qubes(self):
        kernels, images = self.path("vm-kernels"), self.images()
        for version, wanted in (([], b"6.1.0-56 elf"), (["6.1.0-9"], b"6.1.0-9 elf")):
            self.run_example("qubes.sh", "lull", *version, QUBES_KERNELS=kernels, LULL_IMAGES=images)
            self.assertEqual(read(f"{kernels}/lull/vmlinuz"), wanted)
            self.assertEqual(gzip.decompress(read(f"{kernels}/lull/initramfs")), b"")
            self.assertEqual(sorted(os.listdir(f"{kernels}/lull")), ["initramfs", "vmlinuz"])

    def test_xapi(self):
        """A file, not a link, where xapi looks after it has followed links."""
        guest, log = self.path("guest"), self.path("log")
        self.run_example("xapi.sh", "some-uuid", XAPI_GUEST=guest, LULL_IMAGES=self.images(), XE=self.script("xe", XE), LOG=log)
        self.assertFalse(os.path.islink(f"{guest}/lull.elf"))
        self.assertEqual(read(f"{guest}/lull.elf"), b"6.1.0-56 elf")
        words = read(log).decode().split("\n")
        self.assertEqual(words[:3], ["vm-param-set", "uuid=some-uuid", "domain-type=pvh"])
        self.assertIn(f"PV-kernel={guest}/lull.elf", words)

    def test_cloud_hypervisor(self):
        """The words, and what a user puts behind them."""
        self.script("cloud-hypervisor", XE)
        self.run_example("cloud-hypervisor.sh", "--disk", "x", LOG=self.path("log"), PATH=f"{self.scratch.name}:{os.environ['PATH']}")
        words = read(self.path("log")).decode().split("\n")
        self.assertEqual(words[words.index("--kernel") + 1], "/var/lib/lull/guest.elf")
        self.assertEqual(words[-3:], ["--disk", "x", ""])

    def test_firecracker(self):
        with open(os.path.join(EXAMPLES, "firecracker.json")) as file:
            config = json.load(file)
        self.assertEqual(config["boot-source"]["kernel_image_path"], "/var/lib/lull/guest.elf")
        self.assertEqual(set(config["machine-config"]), {"vcpu_count", "mem_size_mib"})

    def test_libvirt(self):
        """Well-formed, and without what libvirt does not know."""
        for path in glob.glob(os.path.join(EXAMPLES, "*.xml")):
            domain = xml.dom.minidom.parse(path).documentElement
            self.assertEqual(domain.getAttribute("type"), "xen")
            self.assertEqual(domain.getElementsByTagName("on_crash")[0].firstChild.data, "destroy")
            kernel = domain.getElementsByTagName("kernel")[0].firstChild.data
            self.assertRegex(kernel, r"^/(usr|var)/lib/lull/\w+\.elf$")

    def test_grub(self):
        """An entry for each UKI, the newest first, that GRUB reads."""
        library = "/usr/share/grub/grub-mkconfig_lib"
        if not os.path.exists(library) or not shutil.which("grub-script-check"):
            raise unittest.SkipTest("no GRUB here")
        # The example names files where no name has a space, and GRUB's library takes its tools' names for words.
        self.file("lull.elf", b"shim")
        images, shim = paths.one_word(self.images()), paths.one_word(self.scratch.name) + "/lull.elf"
        with open(os.path.join(EXAMPLES, "grub-15_lull")) as file:
            text = file.read().replace("/usr/lib/lull/lull.elf", shim).replace("/var/lib/lull", images)
        self.script("grub-probe", GRUB_PROBE)
        probe = paths.one_word(self.scratch.name) + "/grub-probe"
        done = subprocess.run([self.script("15_lull", text)], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=dict(os.environ, grub_probe=probe, grub_mkrelpath="/usr/bin/echo", GRUB_CMDLINE_LINUX="quiet"))
        self.assertEqual(done.stderr.count("Found image"), 2)
        entries = re.findall(r"menuentry 'Linux (\S+), by lull'.*?\n\}", done.stdout, re.S)
        self.assertEqual(entries, ["6.1.0-56", "6.1.0-9"])
        lines = [line.strip() for line in done.stdout.splitlines()]
        self.assertIn(f"multiboot2 {shim} root=/dev/vda1 ro quiet", lines)
        self.assertIn(f"module2 {images}/6.1.0-56.efi", lines)
        self.assertEqual(lines.count("search --no-floppy --fs-uuid --set=root 1234-ABCD"), 4)
        subprocess.run(["grub-script-check"], input=done.stdout, check=True, text=True)

    def test_systemd_boot(self):
        with open(os.path.join(EXAMPLES, "systemd-boot.conf")) as file:
            words = dict(line.split(None, 1) for line in file if not line.startswith("#"))
        self.assertEqual(set(words), {"title", "efi"})
