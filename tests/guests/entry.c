/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the loader must have entered the image: as docs/misc/pvh.pandoc says, which is more than multiboot asks for.
 */
#include "pvh.h"

#define CR0_PE 0x01u
#define CR0_ET 0x10u
#define EFLAGS_TF (1u << 8)
#define EFLAGS_IF (1u << 9)
#define EFLAGS_VM (1u << 17)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)

struct found found;

void check_entry_state(void)
{
	struct entry_state s = entry_state;

	if (fault("cr0"))
		s.cr0 |= 1u << 16;
	if (fault("cr4"))
		s.cr4 |= 1u << 5;
	if (fault("eflags"))
		s.eflags |= EFLAGS_IF;
	if (fault("efer"))
		s.efer |= EFER_LME;
	if (fault("segments"))
		s.es_marker++;
	fact("entry cr0 %x cr4 %x eflags %x efer %x tr %x start_info %x", s.cr0, s.cr4, s.eflags, s.efer, s.tr, s.start_info);
	if ((s.cr0 & ~CR0_ET) != CR0_PE)
		wrong("cr0 has more or less than PE: %x", s.cr0);
	if (s.cr4)
		wrong("cr4 is not zero: %x", s.cr4);
	if (s.eflags & (EFLAGS_IF | EFLAGS_TF | EFLAGS_VM))
		wrong("eflags has IF, TF or VM set: %x", s.eflags);
	/* Not in the document, but a 32-bit kernel that turns paging on would find itself in long mode. */
	if (s.efer & (EFER_LME | EFER_LMA))
		wrong("EFER has long mode set: %x", s.efer);
	if (s.ds_marker != MARKER || s.es_marker != MARKER)
		wrong("ds or es is not a flat segment of base 0");
}

void keep(uint64_t start, uint64_t size)
{
	if (size && found.kept_count < sizeof(found.kept) / sizeof(found.kept[0]))
		found.kept[found.kept_count++] = (struct area){ start, start + size, true };
}

const char *keep_text(uint64_t address)
{
	const char *text = address ? reach(address) : NULL;

	if (text)
		keep(address, text_length(text) + 1);
	return text;
}
