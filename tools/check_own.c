/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include <shim/payload/named_sites.h>
#include <tools/check_own.h>
#include <tools/check_predict.h>

void check_own_notes(struct report *report, const struct elf_image *elf)
{
	if (lull_notes_unseen(elf))
		report_text(report, "warning", "notes for lull (.note.lull) are in no PT_NOTE segment: lull does not see them and "
					       "patches nothing that they name; give them one in the link script");
}

bool check_own_sites(struct report *report, const struct elf_image *elf, bool *present, struct error *error)
{
	struct lull_notes notes;
	struct arena arena;

	check_own_notes(report, elf);
	*error = lull_notes_find(elf, &notes);
	*present = notes.present;
	if (failed(*error) || !notes.present)
		return true;
	report_number(report, "own_records", notes.part[LULL_NOTE_SITES].bytes.size / sizeof(struct lull_site));
	if (!check_memory(named_sites_check_space(&notes), &arena))
		return false;
	*error = named_sites_check(&notes, &arena);
	free(arena.at);
	return true;
}
