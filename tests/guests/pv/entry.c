/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state in which the guest was entered, and start_info.
 */
#include "pv.h"

#define FLAGS_TF  (1u << 8)
#define FLAGS_DF  (1u << 10)
#define FLAGS_NT  (1u << 14)
#define FLAGS_AC  (1u << 18)

#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

struct start_info info;

/* "xen-<version>-<platform>" in public/xen.h; for a dom0 whose notes say PAE_MODE "yes", Xen adds a p. */
static bool magic_good(void) { return text_equal(info.magic, "xen-3.0-x86_64", 14); }

bool read_start_info(void)
{
	struct start_info *found = (struct start_info *)entry_state.start_info;

	memcpy(&info, found, sizeof(info));
	if (!magic_good())
		return false;
	for (unsigned i = 0; i < MAX_GUEST_CMDLINE; i++)
		if (found->cmd_line[i] == 0)
			command_line = (const char *)found->cmd_line;
	return true;
}

static void check_segment_bases(void)
{
	uint64_t fs, gs, kernel_gs;

	if (fault("segment-base"))
		hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, 0x1000);
	fs = read_msr(MSR_FS_BASE);
	gs = read_msr(MSR_GS_BASE);
	kernel_gs = read_msr(MSR_KERNEL_GS_BASE);
	fact("segment bases fs %llx gs %llx kernel gs %llx", fs, gs, kernel_gs);
	if (fs || gs || kernel_gs)
		wrong("a segment base is not zero");
}

void check_entry_state(void)
{
	struct entry_state s = entry_state;

	if (fault("direction"))
		s.flags |= FLAGS_DF;
	if (fault("selectors"))
		s.ss = 0;
	fact("entry rsi %llx rsp %llx flags %llx cs %llx ss %llx", s.start_info, s.stack, s.flags, s.cs, s.ss);
	if (s.flags & (FLAGS_TF | FLAGS_DF | FLAGS_NT | FLAGS_AC))
		wrong("flags has TF, DF, NT or AC set: %llx", s.flags);
	if (s.cs != FLAT_KERNEL_CS || s.ss != FLAT_KERNEL_SS)
		wrong("cs and ss are not Xen's flat ones: %llx %llx", s.cs, s.ss);
	check_segment_bases();
}

static uint32_t sum_of(const uint8_t *bytes, uint32_t size)
{
	uint32_t sum = 0;

	while (size--)
		sum = sum * 31 + *bytes++;
	return sum;
}

/* The table behind start_info that tells a dom0 of the screen.  Its sum is for comparing two starts. */
static void check_dom0_console(void)
{
	uint32_t start = info.console.dom0.info_off, end = start + info.console.dom0.info_size;

	if (fault("dom0-console"))
		end = PAGE + 1;
	if (end != start && (start < sizeof(struct start_info) || end > PAGE))
		wrong("the console info is not behind start_info in its page: %x", start);
	else
		fact("dom0 console info at %x, %x bytes, sum %x", start, end - start,
		     sum_of((const uint8_t *)entry_state.start_info + start, end - start));
	if (info.store_mfn || info.store_evtchn || fault("dom0-store"))
		wrong("a dom0 has a xenstore page: %llx", info.store_mfn);
}

void check_start_info(void)
{
	uint64_t expected;

	if (fault("magic"))
		info.magic[4]++;
	if (!magic_good()) {
		wrong("start_info has a wrong magic");
		return;
	}
	fact("start_info magic %s", info.magic);
	fact("start_info pages %llx flags %x shared_info %llx store %llx port %u pt %llx frames %llx", info.nr_pages, info.flags,
	     info.shared_info, info.store_mfn, info.store_evtchn, info.pt_base, info.nr_pt_frames);
	fact("start_info p2m %llx first %llx frames %llx module %llx length %llx", info.mfn_list, info.first_p2m_pfn,
	     info.nr_p2m_frames, info.mod_start, info.mod_len);
	if (info.nr_pages == 0 || fault("no-pages"))
		wrong("start_info has no pages");
	if (asked_number("flags", &expected) && info.flags != expected)
		wrong("the flags are not those that were asked for: %x", info.flags);
	if (fault("p2m-frames"))
		info.nr_p2m_frames = info.nr_p2m_frames == 0;
	if ((info.nr_p2m_frames != 0) != (P2M_BASE != 0) || (P2M_BASE && info.mfn_list != P2M_BASE))
		wrong("the P2M list is not where the notes want it: %llx", info.mfn_list);
	if (fault("module-form"))
		info.flags |= SIF_MOD_START_PFN;
	if (info.flags & SIF_MOD_START_PFN && !MODULE_BY_PAGE)
		wrong("the module is given by its page, which the notes do not ask for: %llx", info.mod_start);
	if (!command_line || fault("endless"))
		wrong("the command line has no end");
	if (info.flags & SIF_INITDOMAIN)
		check_dom0_console();
	else
		fact("console %llx port %u", info.console.domU.mfn, info.console.domU.evtchn);
}
