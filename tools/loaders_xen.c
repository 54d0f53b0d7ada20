/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's builders: the toolstack's for a domU (libxenguest), the hypervisor's for dom0.
 *
 * libxenguest unpacks a gzipped file, then asks its loaders in turn; of these, the one for hvmloader takes any ELF32 in a
 * PVH container that the one for kernels does not want.
 */
#include <string.h>

#include <shim/payload/xen_pv.h>
#include <tools/libelf.h>
#include <tools/loaders.h>

/* The setup header as these loaders declare it, up to payload_length; and the protocol that has this field. */
#define SETUP_HEADER_END 0x250
#define PROTOCOL_PAYLOAD 0x208

/* EI_CLASS of an ELF32. */
#define CLASS_32         1

#define NO_PV32     "It is a 32-bit PV kernel, and Xen as Debian builds it (without CONFIG_PV32) has no such guests"
#define GIVE_KERNEL "Give it an ELF with Xen notes or a bzImage of Linux, or pack it with lull pack"

/* The ELF file that is in a file, or is it; false when there is none, and then why. */
static bool find_elf(const struct boot_file *file, struct span *elf, struct verdict *refusal)
{
	const struct linux_header *setup = &file->setup;

	*elf = file->bytes;
	if (!setup->has_magic || file->bytes.size < SETUP_HEADER_END) {
		if (elf_is(file->bytes))
			return true;
		*refusal = refuses(GIVE_KERNEL, "It is neither an ELF file nor a bzImage");
		return false;
	}
	*elf = file->vmlinux;
	if (setup->protocol < PROTOCOL_PAYLOAD)
		*refusal = refuses(GIVE_KERNEL, "Its boot protocol is %u.%02u, and 2.08 is the first that names a compressed kernel",
				   setup->protocol >> 8, setup->protocol & 0xffu);
	else if (file->payload.size == 0)
		*refusal = refuses(GIVE_KERNEL, setup->payload_length == 0 ? "Its setup header names no compressed kernel" :
				   "The compressed kernel that its setup header names is not in the file");
	else if (file->compression == COMPRESSION_NONE && file->vmlinux.size == 0)
		*refusal = refuses(GIVE_KERNEL, "What its setup header names is nothing that Xen unpacks");
	else if (file->vmlinux.size == 0)
		*refusal = misreads("Give it the whole file", "Its compressed kernel is damaged (%s): Xen refuses it, or starts "
				    "what there is of it", compression_name(file->compression));
	else
		return true;
	return false;
}

static const struct boot_file *gunzipped(const struct loader_file *file)
{
	return file->compression == COMPRESSION_GZIP ? &file->content : &file->plain;
}

static struct verdict page_problem(const struct libelf_kernel *kernel)
{
	return refuses("Begin the first segment at a page", "It begins at 0x%llx, in the middle of a page",
		       (unsigned long long)kernel->start);
}

struct verdict loader_xl_pv(const struct loader_file *in)
{
	struct libelf_kernel kernel;
	struct verdict refusal;
	struct span elf;
	uint64_t page;

	if (!find_elf(gunzipped(in), &elf, &refusal) || !libelf_read(elf, false, &kernel, &refusal))
		return refusal;
	if (kernel.must_be_dom0)
		return refuses("Take \"!dom0\" out of FEATURES", "FEATURES has \"!dom0\": it wants to be dom0");
	if (kernel.header.machine == ELF_MACHINE_386)
		return refuses("Build it for x86-64", NO_PV32);
	if (kernel.header.machine != ELF_MACHINE_X86_64)
		return refuses("Build it for x86-64", "It is for another machine");
	if (kernel.start % PAGE_SIZE != 0)
		return page_problem(&kernel);
	if (xen_note_address(&kernel.notes, XEN_NOTE_HYPERCALL_PAGE, &page) && page < kernel.base)
		return refuses("Correct the note", "HYPERCALL_PAGE lies below VIRT_BASE");
	return takes("xen-pv", kernel.entry);
}

/* libxenguest takes any 32-bit ELF file that is no kernel for Xen for a firmware, as hvmloader is one. */
static struct verdict as_firmware(struct span elf, const struct verdict *refusal)
{
	const struct elf_header header = elf_header_read(elf);

	if (!libelf_begins(elf) || span_u8(elf, 4) != CLASS_32)
		return *refusal;
	return misreads("Give it a PHYS32_ENTRY note", "%s; xl takes it for an HVM firmware and enters it at 0x%llx with no "
			"start_info", refusal->why, (unsigned long long)header.entry);
}

struct verdict loader_xl_pvh(const struct loader_file *in)
{
	const struct boot_file *file = gunzipped(in);
	struct libelf_kernel kernel;
	struct verdict refusal;
	struct span elf;

	if (!find_elf(file, &elf, &refusal))
		return refusal;
	if (!libelf_read(elf, true, &kernel, &refusal))
		return file->setup.has_magic ? refusal : as_firmware(elf, &refusal);
	if (!kernel.has_pvh)
		return refuses("Link it with a PHYS32_ENTRY note (Linux: CONFIG_XEN_PVH=y), or start it as type=\"pv\"",
			       "It has Xen notes, but no PHYS32_ENTRY");
	if (kernel.must_be_dom0)
		return refuses("Take \"!dom0\" out of FEATURES", "FEATURES has \"!dom0\": it wants to be dom0");
	if (kernel.start % PAGE_SIZE != 0)
		return page_problem(&kernel);
	return takes("pvh", kernel.pvh_entry);
}

/*
 * Xen itself unpacks whatever is not an ELF, by any of the seven formats; but how much room it takes for that are the last
 * four bytes, which only gzip has by itself.
 */
static bool find_dom0(const struct loader_file *in, struct span *elf, struct verdict *refusal)
{
	if (in->compression == COMPRESSION_NONE)
		return find_elf(&in->plain, elf, refusal);
	*elf = in->content.bytes;
	if (in->compression == COMPRESSION_GZIP && elf_is(*elf))
		return true;
	*refusal = in->compression == COMPRESSION_GZIP ?
		   refuses(GIVE_KERNEL, "It unpacks to no ELF file") :
		   misreads("Unpack it", "It is compressed by %s, with no size behind it: Xen takes the last four bytes for that",
			    compression_name(in->compression));
	return false;
}

/* dom0 is in SUPPORTED_FEATURES, or the note is not there. */
static bool can_be_dom0(const struct xen_notes *notes)
{
	const struct xen_note *listed = &notes->note[XEN_NOTE_SUPPORTED_FEATURES];
	const struct span names = xen_note_text(notes, XEN_NOTE_FEATURES);

	return !listed->present || (listed->number >> XEN_PV_FEATURE_DOM0 & 1) ||
	       (names.size != 0 && memmem(names.at, names.size, "dom0", 4));
}

struct verdict loader_dom0_pv(const struct loader_file *in)
{
	struct libelf_kernel kernel;
	struct verdict refusal;
	struct span elf;
	uint64_t page;

	if (!find_dom0(in, &elf, &refusal) || !libelf_read(elf, false, &kernel, &refusal))
		return refusal;
	if (!kernel.header.is_64)
		return refuses("Build it as an ELF64", NO_PV32);
	if (kernel.header.machine != ELF_MACHINE_X86_64)
		return refuses("Build it for x86-64", "It is for another machine");
	if (!can_be_dom0(&kernel.notes))
		return refuses("Build it as a dom0 kernel (Linux: CONFIG_XEN_DOM0=y)", "SUPPORTED_FEATURES does not have dom0");
	if (kernel.base % PAGE_SIZE != 0)
		return misreads("Correct VIRT_BASE", "VIRT_BASE is not page aligned, and Xen itself crashes");
	if (!xen_pv_is_guests(kernel.base, kernel.end - kernel.base))
		return refuses("Correct VIRT_BASE", "It lies in the part of the address space that Xen keeps");
	if (xen_note_address(&kernel.notes, XEN_NOTE_HYPERCALL_PAGE, &page) && page < kernel.base)
		return refuses("Correct the note", "HYPERCALL_PAGE lies below VIRT_BASE");
	return takes("xen-pv", kernel.entry);
}

struct verdict loader_dom0_pvh(const struct loader_file *in)
{
	struct libelf_kernel kernel;
	struct verdict refusal;
	struct span elf;

	if (!find_dom0(in, &elf, &refusal) || !libelf_read(elf, true, &kernel, &refusal))
		return refusal;
	if (!kernel.has_pvh)
		return refuses("Link it with a PHYS32_ENTRY note (Linux: CONFIG_XEN_PVH=y), or say dom0=pv",
			       "It has Xen notes, but no PHYS32_ENTRY");
	if (range_overlaps((struct range){ kernel.start, kernel.end }, (struct range){ 0xa0000, 0x100000 }))
		return refuses("Link it at 1 MiB or above", "It is loaded where a PC has no memory, from 0xa0000 to 1 MiB");
	return takes("pvh", kernel.pvh_entry);
}
