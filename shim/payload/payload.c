/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/modules.h>
#include <shim/payload/payload.h>
#include <shim/payload/version.h>

/* An initrd as it is when nothing compressed it: a cpio archive of the "new ASCII" kind, with or without checksum. */
static bool is_archive(struct span file)
{
	return span_is(file, 0, "070701", 6) || span_is(file, 0, "070702", 6);
}

bool payload_is_kernel(struct span file)
{
	return elf_is(file) || linux_is(file) || uki_is(file) || stored_is(file) || multiboot_is(file);
}

/* The first bytes of a file as one number that reads in their order. */
static uint64_t first_bytes(struct span file)
{
	uint64_t value = 0;

	for (uint64_t i = 0; i < file.size && i < 4; i++)
		value = value << 8 | file.at[i];
	return value;
}

/* Says what a file is that is no kernel. */
static struct error not_a_kernel(struct span file, const char *subject)
{
	if (file.size == 0)
		return error_make(ERROR_PAYLOAD_EMPTY, subject, 1, 0);
	if (is_archive(file))
		return error_make(ERROR_PAYLOAD_ARCHIVE, subject, 0, first_bytes(file));
	return error_make(ERROR_PAYLOAD_UNKNOWN, subject, 0, first_bytes(file));
}

uint64_t payload_alignment(const struct payload *payload)
{
	uint64_t asked = payload->bzimage.kernel_alignment;

	return asked > 2 * MIB ? asked : 2 * MIB;
}

uint64_t payload_linked_entry(const struct payload *payload)
{
	switch (payload->kind) {
	case PAYLOAD_LINUX_ELF64:
		return payload->elf.entry.v - payload->moved.physical;
	case PAYLOAD_XEN_PV_ELF64:
		return payload->xen_pv.entry.v - payload->moved.virtual;
	default:
		return payload->pvh_entry - payload->moved.physical;
	}
}

const char *payload_kind_name(enum payload_kind kind)
{
	static const char *const names[] = {
#define PAYLOAD_KIND(constant, name, proto) name,
#include <shim/payload/kind_list.h>
#undef PAYLOAD_KIND
	};

	return names[kind];
}

static bool is_printable(uint8_t byte)
{
	return byte > ' ' && byte < 0x7f;
}

static void keep_version(struct payload *out, struct span text)
{
	uint64_t size = 0;

	if (text.size == 0)
		text = span("unknown", 7);
	while (size < PAYLOAD_VERSION_SIZE - 1 && size < text.size && text.at[size] != ' ') {
		out->version[size] = is_printable(text.at[size]) ? (char)text.at[size] : '?';
		size++;
	}
	out->version[size] = 0;
}

static void keep_kind(struct payload *out, enum payload_kind kind)
{
	out->kind = kind;
	out->kind_name = payload_kind_name(kind);
}

/* A kernel's own limit, and that of how it is told its line. */
static void limit_cmdline(struct payload *out, uint64_t limit, const char *taker)
{
	out->cmdline_limit = limit;
	out->cmdline_taker = taker;
	if (!out->as_xen_pv || limit <= XEN_PV_CMDLINE_LIMIT)
		return;
	out->cmdline_limit = XEN_PV_CMDLINE_LIMIT;
	out->cmdline_taker = "a Xen PV guest's start_info";
}

static void keep_setup(struct payload *out, enum payload_kind kind)
{
	keep_kind(out, kind);
	keep_version(out, out->bzimage.version);
	limit_cmdline(out, out->bzimage.cmdline_size, "the kernel");
}

static struct error read_bzimage(struct span file, struct payload *out)
{
	TRY(linux_parse(file, &out->bzimage));
	TRY(linux_check_entry64(&out->bzimage));
	keep_setup(out, PAYLOAD_LINUX_BZIMAGE);
	return error_none();
}

/* Where there is setup code, it says what a bzImage's would. */
static struct error read_stored(struct span file, struct payload *out)
{
	TRY(stored_parse(file, &out->stored));
	if (out->stored.setup.size != 0)
		TRY(linux_parse_setup(out->stored.setup, &out->bzimage));
	keep_setup(out, PAYLOAD_STORED);
	return error_none();
}

/* PVH enters in 32-bit mode, so an entry above 4 GiB is one outside of everything. */
struct error payload_pvh_entry(const struct elf_image *elf, const struct xen_notes *notes, uint64_t *out)
{
	const struct xen_note *entry = &notes->note[XEN_NOTE_PHYS32_ENTRY];

	if (!entry->present && (xen_pv_is_meant(notes) || notes->note[XEN_NOTE_ENTRY].present))
		return error_make(ERROR_ELF_PV_ONLY, NULL, XEN_NOTE_PHYS32_ENTRY, XEN_NOTE_ENTRY);
	if (!entry->present)
		return error_make(ERROR_ELF_NO_PVH, NULL, XEN_NOTE_PHYS32_ENTRY, notes->count);
	if (entry->number >= 4 * GIB || !elf_covers(elf, entry->number))
		return error_make(ERROR_ELF_ENTRY, NULL, 0, entry->number);
	*out = entry->number;
	return error_none();
}

/*
 * Linux cuts a longer line, and says nothing (arch/x86/include/asm/setup.h, COMMAND_LINE_SIZE); a vmlinux does not say so
 * itself, as a bzImage does.
 */
#define LINUX_CMDLINE_LIMIT 2047

bool payload_is_linux_elf(const struct payload *payload)
{
	return span_is(xen_note_text(&payload->notes, XEN_NOTE_GUEST_OS), 0, "linux", 5);
}

/* What is inside a bzImage is entered so by its decompressor, whatever its notes say. */
static bool has_startup(const struct payload *payload, bool from_bzimage)
{
	const struct elf_image *elf = &payload->elf;

	return (from_bzimage || payload_is_linux_elf(payload)) && elf->is_64 && elf->is_x86_64 && elf_covers(elf, elf->entry.v);
}

static struct error judge_elf(struct span file, bool from_bzimage, struct payload *out)
{
	struct error error;

	TRY(elf_parse(file, &out->elf));
	TRY(xen_notes_find(&out->elf, &out->notes));
	TRY(lull_notes_find(&out->elf, &out->sites));
	/* PVH names no limit. */
	limit_cmdline(out, payload_is_linux_elf(out) ? LINUX_CMDLINE_LIMIT : UINT64_MAX, "Linux");
	out->has_startup = has_startup(out, from_bzimage);
	if (out->as_xen_pv) {
		keep_kind(out, PAYLOAD_XEN_PV_ELF64);
		return xen_pv_kernel_read(&out->elf, &out->notes, &out->xen_pv);
	}
	error = payload_pvh_entry(&out->elf, &out->notes, &out->pvh_entry);
	if (out->has_startup && (error.code == ERROR_ELF_NO_PVH || error.code == ERROR_ELF_PV_ONLY)) {
		keep_kind(out, PAYLOAD_LINUX_ELF64);
		return error_none();
	}
	TRY(error);
	keep_kind(out, out->elf.is_64 ? PAYLOAD_PVH_ELF64 : PAYLOAD_PVH_ELF32);
	return error_none();
}

/* By its multiboot header, 1 or 2, or for 0 whichever it has. */
static struct error read_multiboot(struct span file, unsigned version, struct payload *out)
{
	struct multiboot_kernel *kernel = &out->multiboot;

	TRY(multiboot_parse(file, version, kernel));
	if (kernel->is_flat) {
		out->elf = (struct elf_image){ .file = file, .segment_count = 1, .segment = { kernel->segment } };
		out->elf.memory = kernel->segment.memory;
	} else {
		TRY(elf_parse(file, &out->elf));
		TRY(xen_notes_find(&out->elf, &out->notes));
		TRY(lull_notes_find(&out->elf, &out->sites));
	}
	TRY(multiboot_entry(&out->elf, kernel));
	/* Multiboot names no limit. */
	limit_cmdline(out, UINT64_MAX, "the kernel");
	keep_kind(out, kernel->version == 1 ? PAYLOAD_MULTIBOOT1 : PAYLOAD_MULTIBOOT2);
	keep_version(out, out->uname.size != 0 ? out->uname : elf_kernel_version(&out->elf, &out->notes));
	return error_none();
}

/* A kernel with a way in for hypervisors is entered there; the multiboot header of one without is taken. */
static struct error read_elf(struct span file, struct payload *out)
{
	struct error error = judge_elf(file, false, out);

	if ((error.code == ERROR_ELF_NO_PVH || error.code == ERROR_ELF_PV_ONLY) && multiboot_is(file))
		return read_multiboot(file, 0, out);
	TRY(error);
	keep_version(out, out->uname.size != 0 ? out->uname : elf_kernel_version(&out->elf, &out->notes));
	return error_none();
}

/* Which multiboot header lull.proto= asks for; 0 for none.  Behind the Xen PV door no kernel can be entered so. */
static unsigned asked_multiboot(const struct payload *payload)
{
	uint8_t asked = payload->options.value[LULL_PROTO];

	if (payload->as_xen_pv)
		return 0;
	return asked == PROTO_MULTIBOOT1 ? 1 : asked == PROTO_MULTIBOOT2 ? 2 : 0;
}

struct error payload_read_kernel(struct span file, struct payload *out)
{
	out->kernel.bytes = file;
	if (stored_is(file))
		return read_stored(file, out);
	if (asked_multiboot(out) != 0 && compression_of(file) == COMPRESSION_NONE)
		return read_multiboot(file, asked_multiboot(out), out);
	if (elf_is(file))
		return read_elf(file, out);
	if (uki_is(file))
		return error_make(ERROR_PAYLOAD_NESTED, NULL, 0, 0);
	if (linux_is(file))
		return read_bzimage(file, out);
	if (!out->as_xen_pv && multiboot_is(file))
		return read_multiboot(file, 0, out);
	out->compression = compression_of(file);
	if (out->compression == COMPRESSION_NONE)
		return not_a_kernel(file, "kernel");
	keep_kind(out, PAYLOAD_COMPRESSED);
	return error_none();
}

static void keep_elf(struct payload *payload, const struct payload *elf)
{
	payload->kind = elf->kind;
	payload->kernel = elf->kernel;
	payload->elf = elf->elf;
	payload->notes = elf->notes;
	payload->sites = elf->sites;
	payload->pvh_entry = elf->pvh_entry;
	payload->has_startup = elf->has_startup;
	payload->multiboot = elf->multiboot;
	payload->xen_pv = elf->xen_pv;
}

struct error payload_take_vmlinux(struct image vmlinux, struct payload *payload)
{
	struct payload elf = { .kernel = vmlinux, .as_xen_pv = payload->as_xen_pv };
	struct error error = judge_elf(vmlinux.bytes, true, &elf);

	if (error.code == ERROR_ELF_NO_PVH || error.code == ERROR_ELF_PV_ONLY)
		return error_make(ERROR_LINUX_NO_PVH, NULL, error.expected, error.found);
	if (failed(error))
		return error;
	keep_elf(payload, &elf);
	return error_none();
}

bool payload_is_packed(const struct payload *payload)
{
	return payload->kind == PAYLOAD_STORED || payload->kind == PAYLOAD_COMPRESSED;
}

struct error payload_take_unpacked(struct image file, struct payload *payload)
{
	struct payload elf = {
		.kernel = file, .as_xen_pv = payload->as_xen_pv, .uname = payload->uname, .options = payload->options,
	};
	bool by_header = asked_multiboot(&elf) != 0 || (!elf.as_xen_pv && !elf_is(file.bytes) && multiboot_is(file.bytes));

	if (payload->bzimage.setup_header.size != 0)
		return payload_take_vmlinux(file, payload);
	if (payload->kind == PAYLOAD_COMPRESSED && !elf_is(file.bytes) && !by_header)
		return error_make(ERROR_PAYLOAD_COMPRESSED, compression_name(payload->compression), 0,
				  first_bytes(file.bytes));
	TRY(by_header ? read_multiboot(file.bytes, asked_multiboot(&elf), &elf) : read_elf(file.bytes, &elf));
	keep_elf(payload, &elf);
	payload->kind_name = elf.kind_name;
	__builtin_memcpy(payload->version, elf.version, sizeof(elf.version));
	payload->cmdline_limit = elf.cmdline_limit;
	payload->cmdline_taker = elf.cmdline_taker;
	/* Now it is known what takes them. */
	return modules_judge(payload);
}

/* Fills kernel, modules and the UKI's own command line from the container. */
static struct error open_container(const struct payload_source *source, struct image container, const char *subject,
				   struct payload *out, struct span *section)
{
	struct uki_form form = { .loaded = source->embedded_is_loaded };
	struct image initrd = source->initrd;
	struct uki uki;

	out->kernel = container;
	/* A file that is PE and no bzImage can only be meant as a UKI: its own errors say most. */
	out->from_uki = uki_is(container.bytes) || (uki_is_pe(container.bytes) && !linux_is(container.bytes));
	if (!out->from_uki && !payload_is_kernel(container.bytes) && compression_of(container.bytes) == COMPRESSION_NONE)
		return not_a_kernel(container.bytes, subject);
	if (!out->from_uki)
		return error_none();
	TRY(cmdline_profile(&out->lines, &form.profile));
	TRY(uki_parse_form(container.bytes, form, &uki));
	out->kernel = image_part(container, uki.section[UKI_LINUX]);
	if (uki.present[UKI_CMDLINE])
		*section = uki.section[UKI_CMDLINE];
	out->uname = uki.section[UKI_UNAME];
	out->ucode = uki.section[UKI_UCODE];
	out->unused_sections = uki.unused;
	if (initrd.bytes.size == 0)
		initrd = image_part(container, uki.section[UKI_INITRD]);
	/* An empty section is what a builder makes of no initrd. */
	if (initrd.bytes.size != 0)
		out->module[out->module_count++] = (struct payload_module){ initrd, span("", 0), ".initrd" };
	if (uki.present[UKI_MODULES])
		TRY(modules_add_packed(image_part(container, uki.section[UKI_MODULES]), out));
	out->packed_modules = out->module_count;
	return error_none();
}

struct error payload_find(const struct payload_source *source, struct payload *out)
{
	bool embedded = source->embedded.bytes.size != 0;
	struct image container = embedded ? source->embedded : source->module[0];

	*out = (struct payload){ .as_xen_pv = source->xen_pv };
	if (!embedded && source->module_count == 0)
		return error_make(ERROR_MODULE_NONE, NULL, 1, 0);
	out->lines.line[CMDLINE_LOADER] = cmdline_of(source->cmdline);
	out->lines.line[CMDLINE_MODULE] = cmdline_of(embedded ? NULL : source->module_cmdline[0]);
	out->lines.line[CMDLINE_PACKED] = span("", 0);
	out->lines.added = cmdline_of(source->added);
	TRY(open_container(source, container, embedded ? "the embedded image" : "module 0", out, &out->lines.line[CMDLINE_PACKED]));
	TRY(cmdline_choose(&out->lines));
	TRY(lull_options_read(&out->lines, &out->options));
	TRY(payload_read_kernel(out->kernel.bytes, out));
	TRY(modules_add_loaders(source, embedded ? 0 : 1, out));
	return modules_judge(out);
}

struct error payload_find_any(struct payload_source source, struct payload *out)
{
	struct error error;

	source.xen_pv = false;
	error = payload_find(&source, out);
	if (error.code != ERROR_ELF_PV_ONLY)
		return error;
	source.xen_pv = true;
	return payload_find(&source, out);
}
