/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites_reference.h"

#include <string.h>

/* One record, with the addresses that its offsets lead to. */
struct entry {
	uint64_t site;
	uint64_t image;
	unsigned key, kind, length, image_length;
};

struct world {
	const struct sites_lull *tables;
	const struct lull_features *features;
	const struct patched_text *text;
	uint8_t *out;
};

static struct entry entry(const struct world *world, uint64_t index)
{
	const uint8_t *at = world->tables->sites.at + 16 * index;
	uint64_t address = world->tables->sites_address + 16 * index;
	int32_t site, image;

	memcpy(&site, at, 4);
	memcpy(&image, at + 4, 4);
	return (struct entry){
		address + (uint64_t)(int64_t)site, address + 4 + (uint64_t)(int64_t)image,
		at[8] | at[9] << 8, at[10], at[12], at[13],
	};
}

static uint64_t entries(const struct world *world) { return world->tables->sites.size / 16; }

static bool there(const struct world *world, unsigned key)
{
	unsigned feature = key & 0x7fff;
	bool set = feature == 0 || (world->features->word[feature / 64] >> feature % 64 & 1) != 0;

	return key & 0x8000 ? !set : set;
}

static bool fields_are_zero(const struct world *world, uint64_t index, const struct entry *e)
{
	const uint8_t *at = world->tables->sites.at + 16 * index;
	bool image = e->image != world->tables->sites_address + 16 * index + 4;

	if (at[11] != 0 || at[14] != 0 || at[15] != 0)
		return false;
	switch (e->kind) {
	case LULL_KIND_TRAPPED:
	case LULL_KIND_OUTER: return !image && e->image_length == 0 && e->key == 0;
	case LULL_KIND_CODE: return e->key == 0;
	case LULL_KIND_CALL: return e->key == 0 && e->image_length == 0 && e->length >= 6;
	case LULL_KIND_LOCK: return !image && e->image_length == 0 && e->key == LULL_FEATURE_ONE_CPU && e->length == 1;
	case LULL_KIND_BRANCH: return e->length == 5 && (e->image_length == 0 || e->image_length == 5);
	default: return e->kind == LULL_KIND_CHOICE;
	}
}

static bool in(uint64_t start, uint64_t size, uint64_t address, uint64_t length)
{
	return address >= start && length <= size && address - start <= size - length;
}

static bool put_branch(uint8_t *to, uint64_t end, uint64_t target)
{
	int64_t distance = (int64_t)(target - end);
	int32_t narrow = (int32_t)distance;

	memcpy(to, &narrow, 4);
	return narrow == distance;
}

/* The bytes of an image, right for its site.  False when they are not there, too many, or cannot be made right. */
static bool image_bytes(const struct world *world, const struct entry *e, uint8_t *to)
{
	const struct linked_bytes *images = &world->tables->images;
	unsigned opcode = 0;
	uint64_t target;
	int32_t distance;

	if (e->image_length > e->length || !in(images->address, images->bytes.size, e->image, e->image_length))
		return false;
	memcpy(to, images->bytes.at + (e->image - images->address), e->image_length);
	if (e->image_length >= 5 && (to[0] == 0xe8 || to[0] == 0xe9))
		opcode = 1;
	else if (e->image_length >= 6 && to[0] == 0x0f && to[1] >> 4 == 8)
		opcode = 2;
	if (opcode != 0) {
		memcpy(&distance, to + opcode, 4);
		target = e->image + opcode + 4 + (uint64_t)(int64_t)distance;
		return in(e->image, e->image_length, target, 0) || put_branch(to + opcode, e->site + opcode + 4, target);
	}
	if (e->image_length >= 2 && (to[0] == 0xeb || to[0] >> 4 == 7 || (to[0] >= 0xe0 && to[0] <= 0xe3))) {
		target = e->image + 2 + (uint64_t)(int64_t)(int8_t)to[1];
		return in(e->image, e->image_length, target, 0);
	}
	return true;
}

static uint64_t slot(const struct world *world, const struct entry *e, bool *found)
{
	uint64_t value = 0;

	*found = in(world->tables->data_address, world->tables->data.size, e->image, 8);
	if (*found)
		memcpy(&value, world->tables->data.at + (e->image - world->tables->data_address), 8);
	return value;
}

/* Behind a choice come the longest NOPs there are (SDM volume 2B, NOP, table 4-12). */
static void put_nops(uint8_t *to, unsigned length)
{
	static const char *const nops[] = {
		"", "\x90", "\x66\x90", "\x0f\x1f\0", "\x0f\x1f\x40\0", "\x0f\x1f\x44\0\0", "\x66\x0f\x1f\x44\0\0",
		"\x0f\x1f\x80\0\0\0\0", "\x0f\x1f\x84\0\0\0\0\0", "\x66\x0f\x1f\x84\0\0\0\0\0",
	};

	while (length > 0) {
		unsigned size = length < 9 ? length : 9;

		memcpy(to, nops[size], size);
		to += size;
		length -= size;
	}
}

/* What a site holds as it was linked, and what it becomes when no choice is taken.  An outer one says neither. */
static bool declared(const struct world *world, const struct entry *e, uint8_t *linked, uint8_t *alone)
{
	static const uint8_t no_jump[] = { 0x0f, 0x1f, 0x44, 0, 0 };
	uint8_t jump[5] = { 0xe9 };
	bool good = true, found;
	uint64_t target;

	memset(linked, e->kind == LULL_KIND_TRAPPED ? 0xcc : 0x90, e->length);
	if (e->kind == LULL_KIND_CODE)
		good = image_bytes(world, e, linked);
	if (e->kind == LULL_KIND_LOCK)
		linked[0] = 0xf0;
	if (e->kind == LULL_KIND_BRANCH) {
		good = put_branch(jump + 1, e->site + 5, e->image);
		memcpy(linked, e->image_length ? jump : no_jump, 5);
	}
	if (e->kind == LULL_KIND_CALL) {
		memcpy(linked, "\xff\x15", 2);
		good = put_branch(linked + 2, e->site + 6, e->image);
	}
	memcpy(alone, linked, e->length);
	if (e->kind == LULL_KIND_LOCK && there(world, e->key))
		alone[0] = 0x3e;
	if (e->kind == LULL_KIND_BRANCH)
		memcpy(alone, there(world, e->key) ? jump : no_jump, 5);
	if (e->kind == LULL_KIND_CALL) {
		target = slot(world, e, &found);
		if (target == 0)
			return good && found;
		memcpy(alone, "\x2e\xe8", 2);
		put_nops(alone + 6, e->length - 6);
		return good && put_branch(alone + 2, e->site + 6, target);
	}
	return good;
}

static bool overlap(const struct entry *a, const struct entry *b)
{
	return a->site < b->site + b->length && b->site < a->site + a->length;
}

static bool around(const struct entry *outer, const struct entry *inner)
{
	return outer->kind == LULL_KIND_OUTER && in(outer->site, outer->length, inner->site, inner->length);
}

/* Every record by itself, and beside every other one. */
static bool sane(const struct world *world)
{
	for (uint64_t i = 0; i < entries(world); i++) {
		const struct entry e = entry(world, i);
		bool owned = e.kind != LULL_KIND_CHOICE;

		if (!fields_are_zero(world, i, &e) || e.length == 0 || (e.key & 0x7fff) >= LULL_FEATURE_COUNT ||
		    !in(world->text->address, world->text->length, e.site, e.length))
			return false;
		for (uint64_t k = 0; k < entries(world); k++) {
			const struct entry other = entry(world, k);

			if (k == i || other.kind == LULL_KIND_CHOICE)
				continue;
			if (e.kind == LULL_KIND_CHOICE)
				owned |= other.kind != LULL_KIND_LOCK && other.kind != LULL_KIND_BRANCH &&
					 other.site == e.site && other.length == e.length;
			else if (overlap(&e, &other) && !around(&e, &other) && !around(&other, &e))
				return false;
			else if (e.kind == LULL_KIND_OUTER && other.kind == LULL_KIND_OUTER && e.site == other.site)
				return false;
		}
		if (!owned)
			return false;
	}
	return true;
}

/* Writes the last choice for this site whose feature is there; false when one cannot be made right. */
static bool choose(const struct world *world, const struct entry *owner, uint8_t *to)
{
	uint8_t bytes[UINT8_MAX];

	for (uint64_t i = 0; i < entries(world); i++) {
		const struct entry e = entry(world, i);

		if (e.kind != LULL_KIND_CHOICE || e.site != owner->site || e.length != owner->length)
			continue;
		if (!image_bytes(world, &e, bytes))
			return false;
		if (!there(world, e.key))
			continue;
		memcpy(to, bytes, e.image_length);
		put_nops(to + e.image_length, e.length - e.image_length);
	}
	return true;
}

static bool decide(const struct world *world, const struct entry *e)
{
	uint8_t *to = world->out + (e->site - world->text->address);
	uint8_t linked[UINT8_MAX], alone[UINT8_MAX];

	if (!declared(world, e, linked, alone) ||
	    memcmp(linked, world->text->run + (e->site - world->text->address), e->length) != 0)
		return false;
	memcpy(to, alone, e->length);
	return choose(world, e, to);
}

bool sites_reference(const struct sites_lull *tables, const struct lull_features *features, const struct patched_text *text,
		     uint8_t *out)
{
	const struct world world = { tables, features, text, out };

	memcpy(out, text->run, text->length);
	if (!sane(&world))
		return false;
	for (uint64_t i = 0; i < entries(&world); i++) {
		const struct entry e = entry(&world, i);

		if (e.kind != LULL_KIND_CHOICE && e.kind != LULL_KIND_OUTER && !decide(&world, &e))
			return false;
	}
	/* Outer ones last, the larger behind the smaller. */
	for (unsigned length = 1; length <= UINT8_MAX; length++)
		for (uint64_t i = 0; i < entries(&world); i++) {
			const struct entry e = entry(&world, i);

			if (e.kind == LULL_KIND_OUTER && e.length == length &&
			    !choose(&world, &e, out + (e.site - text->address)))
				return false;
		}
	return true;
}
