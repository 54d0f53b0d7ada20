# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that UEFI firmware (OVMF) starts from a disk, in a QEMU of its own, with Secure Boot or without.

With Secure Boot the image is signed first, with the keys that OVMF's package has for tests ("snakeoil"); its variables hold those.
"""

import os
import shutil
import time

from tests.lab import accel, paths, plain, proc, qemu, result
from tests.lab.result import LabFault

OVMF = "/usr/share/OVMF"
# The code of the firmware, and its variables, by whether Secure Boot is on.
FIRMWARE = {False: ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"), True: ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.snakeoil.fd")}
KEYS = "/usr/share/ovmf/PkKek-1-snakeoil"
PASSPHRASE = "pass:snakeoil"

# Firmware that checks signatures keeps its variables from everybody else by SMM.
MACHINE = {False: ["-machine", "q35"],
           True: ["-machine", "q35,smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on"]}


def command(*words):
    """Run a program of the host; a lab fault when it fails."""
    done = proc.run(words)
    if done.returncode != 0:
        raise LabFault(f"{words[0]} failed: {done.stdout.strip().splitlines()[-1:]}")


def need_programs():
    for program in ("openssl", "sbsign"):
        if not paths.tool(program):
            raise LabFault(f"no {program}; install openssl sbsigntool")


def key(scratch):
    """The key that firmware trusts, and its certificate."""
    need_programs()
    name = os.path.join(scratch, "key.pem")
    command("openssl", "rsa", "-in", KEYS + ".key", "-passin", PASSPHRASE, "-out", name)
    return name, KEYS + ".pem"


def other_key(scratch):
    """A key that firmware does not know, and its certificate."""
    need_programs()
    name, certificate = (os.path.join(scratch, name) for name in ("other.key", "other.pem"))
    command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=another", "-keyout", name, "-out", certificate)
    return name, certificate


def sign_by(pair, image, target):
    """Sign an image for Secure Boot with a key and its certificate."""
    command("sbsign", "--key", pair[0], "--cert", pair[1], "--output", target, image)


def disk(image, files, scratch, signed):
    """Make the folder that is the disk: the image where firmware looks for one, and other files by their names."""
    root = os.path.join(scratch, "disk")
    shutil.rmtree(root, ignore_errors=True)
    first = os.path.join(paths.make_directory(os.path.join(root, "EFI", "BOOT")), "BOOTX64.EFI")
    if signed:
        sign_by(key(scratch), image, first)
    else:
        shutil.copyfile(image, first)
    for name, source in (files or {}).items():
        paths.make_directory(os.path.dirname(os.path.join(root, name)))
        shutil.copyfile(source, os.path.join(root, name))
    return root


def flags_for(kernel, secure, signed, files, scratch):
    """What QEMU has of firmware, and of the disk with KERNEL on it."""
    code, variables = (os.path.join(OVMF, name) for name in FIRMWARE[secure])
    if not os.path.exists(code):
        raise LabFault(f"no {code}; install ovmf")
    paths.make_directory(scratch)
    own = os.path.join(scratch, "variables.fd")
    shutil.copyfile(variables, own)
    root = disk(kernel, files, scratch, signed)
    return [*MACHINE[secure],
            "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={code}",
            "-drive", f"if=pflash,unit=1,format=raw,file={plain.escape(own)}",
            "-device", "virtio-rng-pci", "-drive", f"format=raw,file=fat:rw:{plain.escape(root)}"]


def run(kernel, vcpus=1, memory=512, timeout=90, secure=False, signed=None, files=None, flags=None, on_console=None,
        scratch=None):
    """Boot firmware with KERNEL, an EFI application, on its disk, and wait for its end. With SECURE it is signed, unless
    SIGNED says otherwise."""
    own = flags_for(kernel, secure, secure if signed is None else signed, files, scratch)
    started = time.monotonic()
    with qemu.Machine([*(flags or accel.native(vcpus)), *own, "-m", str(memory), *plain.DEBUG_EXIT], log_resets=True) as machine:
        shown = plain.watch(machine, timeout, on_console)
        return plain.timed(plain.verdict(machine, shown, time.monotonic() - started), machine)


def look(kernel, is_wanted, files=None, timeout=60, scratch=None):
    """Boot firmware with KERNEL on a machine with a screen, until IS_WANTED says so of the name of a picture of it, as QEMU's monitor
    writes one. Return whether that came, and the console."""
    own = flags_for(kernel, False, False, files, scratch)
    shot = os.path.join(scratch, "screen.ppm")
    with qemu.Machine([*accel.native(1), *own, "-m", "512", "-device", "VGA"]) as machine:
        found = False
        while not found and not machine.ended and machine.clock() < timeout:
            machine.wait(machine.clock() + 0.2)
            machine.save_screen(shot)
            found = is_wanted(shot)
        return found, result.plain_text(bytes(machine.com1.data))
