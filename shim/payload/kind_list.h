/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of payload: PAYLOAD_KIND(CONSTANT, name, PROTO), where the second status line begins with the name, and PROTO_PROTO
 * is the value of lull.proto= by which one is entered (PROTO_UNASKED where none names it).  Included once for each use.
 */
PAYLOAD_KIND(LINUX_BZIMAGE, "linux-bzimage", LINUX64)
PAYLOAD_KIND(PVH_ELF64, "pvh-elf64", PVH)
PAYLOAD_KIND(PVH_ELF32, "pvh-elf32", PVH)
PAYLOAD_KIND(XEN_PV_ELF64, "xen-pv-elf64", UNASKED)
/* Linux, unpacked, to be entered as its own decompressor does it. */
PAYLOAD_KIND(LINUX_ELF64, "linux-elf64", VMLINUX)
/* Packed: it becomes one of the ELF kinds once it is unpacked, which is before anything else is asked of it. */
PAYLOAD_KIND(STORED, "linux-vmlinux", UNASKED)
PAYLOAD_KIND(COMPRESSED, "compressed", UNASKED)
/* An ELF file, or a flat one, by its multiboot header. */
PAYLOAD_KIND(MULTIBOOT1, "multiboot1", MULTIBOOT1)
PAYLOAD_KIND(MULTIBOOT2, "multiboot2", MULTIBOOT2)
