/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which entry a configuration chooses (GRUB manual, "default"): a number, a title or an id, with ">" for one of a submenu. */
#include <shim/disk/grub.h>
#include <shim/disk/letters.h>

static bool is_number(struct span text, uint32_t number)
{
	uint32_t value = 0;

	for (uint64_t i = 0; i < text.size; i++) {
		if (text.at[i] < '0' || text.at[i] > '9' || value > 10000)
			return false;
		value = value * 10 + (text.at[i] - '0');
	}
	return text.size != 0 && value == number;
}

bool grub_is_item(struct span step, uint32_t index, const char *title, const char *id)
{
	return is_number(step, index) || same_text(title, step) || same_text(id, step);
}

/* Takes a step off the way, up to a ">". */
static struct span take_step(struct span *way)
{
	struct span step = span(way->at, 0);

	while (step.size < way->size && way->at[step.size] != '>')
		step.size++;
	*way = span(way->at + step.size, way->size - step.size);
	if (way->size != 0)
		*way = span(way->at + 1, way->size - 1);
	return step;
}

/* Follows the way through the menus that a menu is in, the first one first. */
static bool follow_menus(const struct grub *grub, uint32_t menu, struct span *way)
{
	const struct grub_menu *of = &grub->menus[menu];

	if (menu == 0)
		return true;
	return follow_menus(grub, of->parent, way) && (way->size == 0 || grub_is_item(take_step(way), of->index, of->title, of->id));
}

void grub_mark_default(struct grub *grub)
{
	const char *wanted = grub_get(grub, span("default", 7));

	if (*wanted == '\0')
		wanted = "0";
	for (uint32_t i = grub->first; i < grub->list->count; i++) {
		struct entry *entry = &grub->list->entry[i];
		struct span way = entry_span(wanted);

		/* A way that ends at a submenu means its first entry. */
		if (follow_menus(grub, grub->place[i].menu, &way) &&
		    (way.size == 0 || grub_is_item(take_step(&way), grub->place[i].index, entry->title, entry->id)) && way.size == 0) {
			entry->is_default = true;
			return;
		}
	}
}
