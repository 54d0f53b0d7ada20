# SPDX-License-Identifier: GPL-2.0-or-later
"""Seeded offences for symbols.py: a small image made with the shim's own link script, right in every way, and then with
one thing wrong at a time, which one check, and that one, must find."""

import pathlib
import subprocess
import tempfile

from tests.files.elf_image import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]

GOOD = """
	.section .text.head, "ax"
	HEADER
	.globl pvh_entry, multiboot2_entry
pvh_entry:	ret
multiboot2_entry: ret

	.section .note.Xen, "a", @note
	.balign 4
	.long 4, 4, 18
	.asciz "Xen"
	.long NOTE_ENTRY

	.section .text.window, "ax"
window_functions:
	WINDOW

	.section .text, "ax"
FATAL:
	.globl fatal, check_failed, __stack_chk_fail, site, elsewhere
fatal: check_failed: __stack_chk_fail: hlt
elsewhere: ret
site:	int3
	int3
leave_code_start: leave_code_end: ret
	.globl leave_code_start, leave_code_end

	.section .lull_sites, "a"
	.long SITE - ., 0
	.short 0
	.byte 1, 0, 2, 0
	.short 0
	.section .lull_images, "a"
	.byte 0x90

	.section .rodata, "a"
	.balign 8
	.type flag_backend, @object
flag_backend: .quad elsewhere, elsewhere, flag_is_masked, flag_mask, flag_unmask, SERIALISE
	.quad elsewhere, proof_raise, proof_hold, apic_requested, elsewhere
	.size flag_backend, BACKEND_SIZE

	.section .data, "aw"
	.quad 1
	.section .payload, "a"
	.quad 0
	.section .note.GNU-stack, "", @progbits
	EXTRA
"""
HEADER = """.balign 8
	.globl multiboot2_header
multiboot2_header: .long 0xe85250d6, 0, 24, -(0xe85250d6 + 24)
	.short 0, 0
	.long 8"""
FIELDS = {"HEADER": HEADER, "NOTE_ENTRY": "pvh_entry", "FATAL:": "", "SITE": "site", "SERIALISE": "serialise",
          "BACKEND_SIZE": "88", "EXTRA": "", "LAST": "call fatal"}

# name: (the check that must object, fields that differ, replacements in the link script)
OFFENCES = {
    "site-in-window": ("sites", {"SITE": "commit"}, {}),
    "site-across-window-start": ("sites", {"SITE": "window_functions - 1"}, {}),
    "site-outside-text": ("sites", {"SITE": "flag_backend"}, {}),
    "no-sites": ("sites", {}, {"KEEP(*(.lull_sites))": "", "/DISCARD/ : {": "/DISCARD/ : { *(.lull_sites)"}),
    "call-out-of-window": ("window_branches", {"LAST": "call elsewhere"}, {}),
    "tail-call-out-of-window": ("window_branches", {"LAST": "jmp elsewhere"}, {}),
    "branch-out-of-window": ("window_branches", {"LAST": "jne elsewhere"}, {}),
    "pointer-in-window": ("window_branches", {"LAST": "call *%rax"}, {}),
    "pointer-in-memory-in-window": ("window_branches", {"LAST": "jmp *8(%rax)"}, {}),
    "cpuid-in-window": ("window_branches", {"LAST": "cpuid"}, {}),
    "backend-outside": ("backends", {"SERIALISE": "elsewhere"}, {}),
    "backend-grown": ("backends", {"BACKEND_SIZE": "96"}, {}),
    "text-writable": ("rights", {}, {"FILEHDR PHDRS FLAGS(5)": "FILEHDR PHDRS FLAGS(7)"}),
    "data-executable": ("rights", {}, {"data    PT_LOAD FLAGS(6)": "data    PT_LOAD FLAGS(7)"}),
    "rodata-writable": ("rights", {}, {"rodata  PT_LOAD FLAGS(4)": "rodata  PT_LOAD FLAGS(6)"}),
    "rodata-executable": ("rights", {}, {"rodata  PT_LOAD FLAGS(4)": "rodata  PT_LOAD FLAGS(5)"}),
    "stack-executable": ("rights", {}, {"PT_GNU_STACK FLAGS(6)": "PT_GNU_STACK FLAGS(7)"}),
    "no-stack-header": ("rights", {}, {"stack   PT_GNU_STACK FLAGS(6);": ""}),
    "note-alignment": ("notes", {}, {".note.Xen : ALIGN(4)": ".note.Xen : ALIGN(8) SUBALIGN(8)"}),
    "note-of-nothing": ("notes", {}, {"KEEP(*(.note.Xen)) } :note :rodata": "KEEP(*(.note.Xen)) } :rodata"}),
    "note-entry": ("notes", {"NOTE_ENTRY": "multiboot2_entry"}, {}),
    "multiboot2-far": ("multiboot2", {"HEADER": ".skip 33000\n" + HEADER}, {}),
    "multiboot2-checksum": ("multiboot2", {"HEADER": HEADER.replace("+ 24)", "+ 25)")}, {}),
    "multiboot2-alignment": ("multiboot2", {"HEADER": HEADER.replace(".balign 8", ".balign 8\n.long 0")}, {}),
    "multiboot2-entry": ("multiboot2", {}, {"ENTRY(multiboot2_entry)": "ENTRY(pvh_entry)"}),
    "got": ("relocations", {"EXTRA": '.section .got, "aw"\n.quad 1, 2, 3, 4'}, {}),
    "plt": ("relocations", {"EXTRA": '.section .plt, "ax"\n.quad 1'}, {}),
}
for missing in ("commit", "window_masked"):
    OFFENCES["missing-" + missing] = ("window_functions", {"MISSING": missing}, {})
OFFENCES["moved-commit"] = ("window_functions", {"MISSING": "commit", "FATAL:": ".globl commit\ncommit: ret"}, {})


def source(fields):
    from tests.check import symbols
    names = [name for name in symbols.WINDOW if name != fields.get("MISSING")]
    window = "\n".join(f".globl {name}\n{name}: ret" for name in names)
    # The last function is nobody who may call through a pointer.
    text = GOOD.replace("WINDOW", window + "\nlast_function: " + {**FIELDS, **fields}["LAST"])
    for name in FIELDS:
        text = text.replace(name, {**FIELDS, **fields}[name])
    return text


def build(folder, name, fields, replacements):
    """Assemble and link one image; the link script's own ASSERTs are left out, because they would object first."""
    script = (ROOT / "arch/x86/lull.lds").read_text()
    script = "\n".join(line for line in script.splitlines() if not line.startswith("ASSERT"))
    for old, new in replacements.items():
        if old not in script:
            raise ValueError(f"{name}: lull.lds has no {old!r}")
        script = script.replace(old, new)
    paths = {kind: str(folder / f"{name}.{kind}") for kind in ("S", "lds", "o", "elf")}
    pathlib.Path(paths["S"]).write_text(source(fields))
    pathlib.Path(paths["lds"]).write_text(script)
    subprocess.run(["gcc", "-c", paths["S"], "-o", paths["o"]], check=True)
    subprocess.run(["ld", "-nostdlib", "-static", "-no-pie", "-z", "max-page-size=4096", "-z", "noexecstack",
                    "--no-warn-rwx-segments", "--build-id=none", "-T", paths["lds"], paths["o"], "-o", paths["elf"]],
                   check=True)
    return Image(paths["elf"])


def run(checks):
    """Return how many offences were found by the right check, and how many were not."""
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        good = build(pathlib.Path(scratch), "good", {}, {})
        for check in checks:
            for line in check(good):
                print(f"symbols: self-test: in an image with nothing wrong, {check.__name__}: {line}")
                failed = 1
        for name, (wanted, fields, replacements) in OFFENCES.items():
            image = build(pathlib.Path(scratch), name, fields, replacements)
            found = [check.__name__ for check in checks if list(check(image))]
            if wanted not in found:
                print(f"symbols: self-test: {name} was not found by {wanted}, but by {found}")
                failed += 1
    return len(OFFENCES) + 1 - failed, failed
