/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <shim/handover/kaslr.h>
#include <shim/handover/place_xen_pv.h>
#include <shim/handover/protocol.h>
#include <shim/payload/cmdline.h>
#include <shim/payload/named_sites.h>
#include <shim/payload/payload_move.h>
#include <shim/payload/pe.h>
#include <tools/judge.h>
#include <tools/loaders.h>

/* The memory of a guest of usual size, beside its kernel and its initrd. */
#define USUAL_GUEST     (UINT64_C(256) << 20)
/* What LoadImage() of EDK2 returns for nearly all that it refuses (UEFI 2.10, appendix D). */
#define EFI_UNSUPPORTED UINT64_C(0x8000000000000003)

struct judged_door {
	const char *name;
	bool xen_pv;
	bool control_domain;
};

static const struct judged_door doors[JUDGE_DOORS] = {
	[JUDGE_PVH] = { "pvh", false, false },
	[JUDGE_DOM0_PVH] = { "dom0-pvh", false, true },
	[JUDGE_PV] = { "pv", true, false },
	[JUDGE_DOM0_PV] = { "dom0-pv", true, true },
	[JUDGE_EFI] = { "efi", false, false },
};

const char *judge_door_name(enum judge_door door)
{
	return doors[door].name;
}

/* Unpacks the kernel, once for all doors.  Too little memory is no error of the kernel's. */
static struct error unpack_once(struct judgement *judgement, const struct payload *payload)
{
	struct error *error = &judgement->inner_error;
	bool has_memory;

	if (judgement->is_unpacked)
		return *error;
	judgement->is_unpacked = true;
	if (payload->kind == PAYLOAD_STORED)
		has_memory = unpacked_stored(&payload->stored, &judgement->inner, error);
	else if (payload->kind == PAYLOAD_COMPRESSED)
		has_memory = unpacked_file(payload->kernel.bytes, payload->compression, &judgement->inner, error);
	else
		has_memory = unpacked_kernel(payload->bzimage.compressed, payload->bzimage.compression, &judgement->inner, error);
	judgement->lacks_memory = !has_memory;
	return *error;
}

static struct image unpacked_image(const struct judgement *judgement)
{
	return (struct image){ span(judgement->inner.at, judgement->inner.size), 0 };
}

/* As boot() in shim/main.c does it: unpacks what came packed, before anything else is asked of it. */
static struct error open_packed(struct judgement *judgement, struct payload *payload)
{
	if (!payload_is_packed(payload))
		return error_none();
	TRY(unpack_once(judgement, payload));
	return judgement->lacks_memory ? error_none() : payload_take_unpacked(unpacked_image(judgement), payload);
}

/* As boot() in shim/main.c does it: chooses the entry, and unpacks the kernel where it must be. */
static struct error choose_entry(struct judgement *judgement, const struct judged_door *door, struct payload *payload)
{
	enum protocol protocol;

	TRY(protocol_choose(payload, door->control_domain, &protocol));
	if (!protocol_wants_vmlinux(protocol, payload))
		return protocol_settle(protocol, payload);
	TRY(linux_check_compressed(&payload->bzimage));
	TRY(unpack_once(judgement, payload));
	if (judgement->lacks_memory)
		return error_none();
	TRY(payload_take_vmlinux(unpacked_image(judgement), payload));
	return protocol_settle(protocol, payload);
}

/* Judges a kernel's own patch sites, once for all doors: they depend on the machine, and not on the door. */
static struct error check_sites(struct judgement *judgement, const struct lull_notes *notes)
{
	struct arena arena = { .size = named_sites_check_space(notes) };

	if (!notes->present || judgement->has_sites)
		return judgement->sites_error;
	judgement->has_sites = true;
	arena.at = malloc(arena.size + 1);
	if (arena.at)
		judgement->sites_error = named_sites_check(notes, &arena);
	else
		judgement->lacks_memory = true;
	free(arena.at);
	return judgement->sites_error;
}

/* As randomize() does it: the relocations of a kernel that is to be moved. */
static struct error check_relocations(const struct payload *payload, const char *line)
{
	struct linux_relocs relocs;

	if (!payload_can_move(payload) || !payload_wants_move(payload, payload->kind != PAYLOAD_LINUX_ELF64) ||
	    kaslr_is_forbidden(cmdline_of(line)))
		return error_none();
	return linux_relocs_find(&payload->elf, &relocs);
}

/* As xen_pv_prepare() does it, for a guest of usual size: the list of its pages must fit in the kernel's address space. */
static struct error check_domain(const struct judged_door *door, const struct payload *payload)
{
	const struct xen_pv_kernel *kernel = &payload->xen_pv;
	struct xen_pv_request request = {
		.kernel = kernel,
		.initrd_size = payload_modules_size(payload),
		.pages = (kernel->image.end + payload_modules_size(payload) + USUAL_GUEST) / PAGE_SIZE,
		.has_store = !door->control_domain,
		.has_console = !door->control_domain,
	};
	struct xen_pv_layout layout;
	struct error error;

	TRY(xen_pv_check_domain(kernel, door->control_domain));
	error = xen_pv_layout_make(&request, &layout);
	/* Too little memory is no error of the kernel's. */
	return error.code == ERROR_PLACE_XEN_PV ? error_none() : error;
}

/* What boot() in shim/main.c would say behind one door. */
static struct error judge_door(struct judgement *judgement, const struct judged_door *door, struct payload_source source)
{
	char line[BOOT_CMDLINE_SIZE];
	struct payload payload;

	source.xen_pv = door->xen_pv;
	TRY(payload_find(&source, &payload));
	TRY(open_packed(judgement, &payload));
	if (judgement->lacks_memory)
		return error_none();
	memcpy(judgement->version, payload.version, sizeof(judgement->version));
	judgement->from_uki = payload.from_uki;
	judgement->unknown_word = payload.options.unknown;
	judgement->asks_linux64 = payload.options.value[LULL_PROTO] == PROTO_LINUX64;
	TRY(cmdline_write(&payload.lines, payload.cmdline_limit, payload.cmdline_taker, line, sizeof(line)));
	TRY(choose_entry(judgement, door, &payload));
	TRY(check_relocations(&payload, line));
	TRY(check_sites(judgement, &payload.sites));
	return payload.kind == PAYLOAD_XEN_PV_ELF64 ? check_domain(door, &payload) : error_none();
}

/*
 * As efi/image.c and efi/kernel.c do it: a bzImage that is a PE file goes to firmware's LoadImage(), unless the line asks for
 * another way.  Any other kernel is started by lull.elf, which takes there what it takes from a PVH loader.
 */
static struct error judge_efi(struct judgement *judgement, const struct payload_source *source)
{
	struct payload payload;

	TRY(judgement->error[JUDGE_PVH]);
	TRY(payload_find(source, &payload));
	if (payload.kind != PAYLOAD_LINUX_BZIMAGE || !uki_is_pe(payload.kernel.bytes) ||
	    payload.options.value[LULL_PROTO] != PROTO_UNASKED)
		return error_none();
	TRY(uki_check_pe(payload.kernel.bytes));
	judgement->firmware = uefi_verdict(payload.kernel.bytes, PE_MACHINE_AMD64);
	if (judgement->firmware.answer == ANSWER_TAKES)
		return error_none();
	return error_make(ERROR_EFI_SERVICE, "LoadImage() of the kernel in .linux", 0, EFI_UNSUPPORTED);
}

void judge(struct judgement *judgement, const struct payload_source *source, bool with_efi)
{
	*judgement = (struct judgement){ .version = "", .doors = with_efi ? JUDGE_DOORS : JUDGE_EFI };
	for (unsigned i = 0; i < JUDGE_EFI; i++)
		judgement->error[i] = judge_door(judgement, &doors[i], *source);
	if (with_efi)
		judgement->error[JUDGE_EFI] = judge_efi(judgement, source);
}

void judge_release(struct judgement *judgement)
{
	unpacked_release(&judgement->inner);
}

/* A kernel for Xen PV alone is judged as one: the other doors only say that it is one. */
enum judge_door judge_best(const struct judgement *judgement)
{
	for (unsigned i = 0; i < judgement->doors; i++)
		if (!failed(judgement->error[i]))
			return i;
	return judgement->error[JUDGE_PVH].code == ERROR_ELF_PV_ONLY ? JUDGE_PV : JUDGE_PVH;
}
