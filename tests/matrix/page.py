# SPDX-License-Identifier: GPL-2.0-or-later
"""build/matrix.html and build/run.html: the boots as something to look at. `lull timeline` draws them."""

import os
import re
import subprocess

from tests.lab import paths

# What the ways in are called that the default matrix has (ways.WAYS), by how its cells' names begin. In this order
# they stand in the grid; other cells come behind, by their doors.
WAYS = {
    "xl": "Xen PVH", "pv": "Xen PV", "pvshim": "Xen PV in xen-shim", "hvm": "Xen HVM, GRUB", "dom0": "Xen dom0, PVH",
    "dom0-pv": "Xen dom0, PV", "host": "Xen dom0, the lab's", "kvm": "KVM", "hyperv": "KVM as Hyper-V", "vmware": "KVM as VMware",
    "firecracker": "KVM, as Firecracker", "cloud-hypervisor": "KVM, as Cloud Hypervisor",
    "qemu": "QEMU", "grub": "GRUB, multiboot2", "qemu-mb1": "QEMU, multiboot1", "grub-mb1": "GRUB, multiboot1",
    "qemu-bzimage": "QEMU, bzImage", "grub-bzimage": "GRUB, bzImage", "kexec": "kexec", "kexec-load": "kexec-tools",
    "hvm-kernel": "Xen HVM, kernel=", "grub-efi": "GRUB, UEFI", "grub-efi-bzimage": "GRUB, UEFI, bzImage", "uefi": "UEFI", "bochs": "Bochs",
    "stranger": "an unknown hypervisor",
}
# The same of what is started: the kernel's version, or what a test guest is for.
KERNEL = re.compile(r"(?:^|-)(\d+\.\d+(?:-cloud)?)(?=-|$)")
GUESTS = re.compile(r"(?:^|-)((?:pv_)?look\w*|example)(?=-|$)")


def place(cell):
    """Row, column and label of a cell."""
    name, door = cell["name"], " ".join(filter(None, (cell["door"], cell.get("loader"))))
    way = max((way for way in WAYS if re.match(rf"{way}(?:-|$)", name)), key=len, default=None)
    row = WAYS[way] if way else door
    rest = name[len(way):].strip("-") if way else name
    stem = os.path.splitext(os.path.basename(cell.get("ramdisk") or cell["kernel"]))[0]
    kernel, guest = KERNEL.search(rest) or KERNEL.search(stem), GUESTS.search(rest)
    if kernel:
        column, rest = f"Linux {kernel.group(1)}", re.sub("(?:^|-)linux(?=-|$)", "", rest.replace(kernel.group(1), ""))
    elif guest:
        column = "example" if guest.group(1) == "example" else "test guest"
        rest = rest.replace("example", "")
    else:
        column = stem
    return row, column, " ".join(re.split("-+", rest.strip("-"))) or "plain"


def order(entry):
    """The known ways in first, as they stand above, and others by their names; then by kernel."""
    rows = list(WAYS.values())
    return rows.index(entry["row"]) if entry["row"] in rows else len(rows), entry["row"], paths.version_key(entry["column"])


def entries(verdicts):
    """What the page says of the verdicts of a report, in the order of the grid."""
    found = []
    for one in verdicts:
        row, column, label = place(one.cell)
        verdict = "passed" if not one.complaints else "error" if one.kind == "error" else "failed"
        found.append({"name": one.cell["name"], "row": row, "column": column, "label": label, "verdict": verdict,
                      "outcome": one.outcome, "seconds": f"{one.seconds:.3f}", "detail": "; ".join(one.complaints)})
    return sorted(found, key=order)


def text(found):
    """A list of boots, as boot_list.h has it."""
    lines = ["; Made by tests/matrix/page.py for lull timeline --list."]
    for entry in found:
        lines.append(f"[{entry['name']}]")
        lines += [f"{key} = {' '.join(value.split())}" for key, value in entry.items() if key != "name" and value.strip()]
    return "\n".join(lines) + "\n"


def draw(arguments, output):
    """Call lull timeline. Return what it says where it fails, else nothing: no page is no verdict on a boot."""
    command = [os.path.join(paths.BUILD, "lull"), "timeline", *arguments, "-o", output]
    try:
        # Not a child of proc's: those can have been stopped by now, all of them and for good.
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace")
    except OSError as problem:
        return str(problem)
    return "" if done.returncode == 0 else done.stdout.strip()


def write(verdicts, directory, output, title):
    """Write the page of a matrix whose logs are in DIRECTORY; the list of its boots is there too."""
    found = entries(verdicts)
    for entry in found:
        if os.path.exists(os.path.join(directory, entry["name"] + ".log")):
            entry["log"] = entry["name"] + ".log"
    boots = os.path.join(directory, "boots.list")
    with open(boots, "w", encoding="utf-8", errors="replace") as listed:
        listed.write(text(found))
    return draw(["--title", title, "--list", boots], output)
