/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loaders.c: how the boot loaders of this field read a file.
 *
 * One function a loader, from bytes to a verdict, in a file for each family.  They follow the loader's source, and read
 * the same headers that lull reads: by lull's parser where the loader takes what lull takes, else field by field, through
 * elf_header_read() and its like.  What depends on the machine, memory most of all, is left out: a guest has enough.
 */
#ifndef LULL_TOOLS_LOADERS_H
#define LULL_TOOLS_LOADERS_H

#include <tools/boot_file.h>
#include <tools/report.h>
#include <tools/verdict.h>

enum loader {
	LOADER_QEMU,
	LOADER_XL_PV,
	LOADER_XL_PVH,
	LOADER_DOM0_PV,
	LOADER_DOM0_PVH,
	LOADER_FIRECRACKER,
	LOADER_CLOUD_HYPERVISOR,
	LOADER_GRUB_LINUX,
	LOADER_GRUB_MULTIBOOT,
	LOADER_GRUB_MULTIBOOT2,
	LOADER_GRUB_XEN,
	LOADER_UEFI,
	LOADER_SYSTEMD_BOOT,
	LOADER_KEXEC_FILE,
	LOADER_KEXEC_LOAD,
	LOADERS,
};

/* What this loader does with the file. */
struct verdict loader_verdict(enum loader loader, const struct loader_file *file);

/* Writes the list "loaders", one row each; instead of it "problem", where there was too little memory to know what is in the file. */
void loaders_report(struct report *report, const struct loader_file *file);

/* The families.  The comment has the source that each follows. */

/* QEMU 7.2 to 10.0: x86_load_linux(), load_multiboot(), load_elfboot(), elf_ops.h. */
struct verdict loader_qemu(const struct loader_file *file);

/* Xen's toolstack, 4.17 and 4.20: xg_dom_elfloader.c, xg_dom_bzimageloader.c, xg_dom_hvmloader.c. */
struct verdict loader_xl_pv(const struct loader_file *file);
struct verdict loader_xl_pvh(const struct loader_file *file);

/* Xen itself: bzimage.c, pv/dom0_build.c, hvm/dom0_build.c. */
struct verdict loader_dom0_pv(const struct loader_file *file);
struct verdict loader_dom0_pvh(const struct loader_file *file);

/* rust-vmm's linux-loader 0.8 to 0.13, as Firecracker 1.12 and Cloud Hypervisor 45 and later call it. */
struct verdict loader_firecracker(const struct loader_file *file);
struct verdict loader_cloud_hypervisor(const struct loader_file *file);

/* GRUB 2.06 on a PC: loader/i386/linux.c, multiboot_mbi.c, multiboot_mbi2.c, multiboot_elfxx.c. */
struct verdict loader_grub_linux(const struct loader_file *file);
struct verdict loader_grub_multiboot(const struct loader_file *file);
struct verdict loader_grub_multiboot2(const struct loader_file *file);

/* GRUB 2.06 as a Xen PV guest: loader/i386/xen.c, xen_file.c, xen_fileXX.c. */
struct verdict loader_grub_xen(const struct loader_file *file);

/* EDK2 2022.11 for x86-64: BasePeCoff.c, Core/Dxe/Image; systemd-boot 252 to 257: boot.c. */
struct verdict loader_uefi(const struct loader_file *file);
struct verdict loader_systemd_boot(const struct loader_file *file);

/* The same for any file in memory, and for firmware of this machine (PE_MACHINE_*). */
struct verdict uefi_verdict(struct span file, uint16_t machine);

/* Linux 6.1: kexec-bzimage64.c; kexec-tools 2.0.25 with the old system call. */
struct verdict loader_kexec_file(const struct loader_file *file);
struct verdict loader_kexec_load(const struct loader_file *file);

#endif
