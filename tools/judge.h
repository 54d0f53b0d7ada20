/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge.c: what the shim would say to a kernel, behind each of its doors, by the code that says it there.
 *
 * What depends on the machine (how much memory it has, what else is in it) is not judged.
 */
#ifndef LULL_TOOLS_JUDGE_H
#define LULL_TOOLS_JUDGE_H

#include <shim/payload/payload.h>
#include <tools/unpacked.h>
#include <tools/verdict.h>

enum judge_door {
	JUDGE_PVH,
	JUDGE_DOM0_PVH,
	JUDGE_PV,
	JUDGE_DOM0_PV,
	/* lull.efi with the kernel in it. */
	JUDGE_EFI,
	JUDGE_DOORS,
};

struct judgement {
	/* How many doors are judged, and what the shim would say behind each; no error where it would start the kernel. */
	unsigned doors;
	struct error error[JUDGE_DOORS];
	/* What UEFI firmware does with a kernel that lull.efi hands to it. */
	struct verdict firmware;
	/* The kernel's version, when a door could read one. */
	char version[PAYLOAD_VERSION_SIZE];
	bool from_uki;
	/* The command line has lull.proto=linux64. */
	bool asks_linux64;
	/* A word of the command line that begins with "lull." and names no option; no bytes when there is none. */
	struct span unknown_word;
	/* The kernel inside a bzImage, or in what came packed, unpacked when a door wants it. */
	bool is_unpacked;
	bool lacks_memory;
	struct unpacked inner;
	struct error inner_error;
	/* What is wrong with the kernel's own patch sites, when it has any. */
	bool has_sites;
	struct error sites_error;
};

/* "pvh" (and multiboot2, which starts what it starts), "dom0-pvh", "pv", "dom0-pv", "efi". */
const char *judge_door_name(enum judge_door door);

/*
 * Judges what a loader would pass: the source's xen_pv is set for each door.  The door of lull.efi is judged where there is to
 * be an image for it.  To be ended with judge_release(), after the last use of the errors too.
 */
void judge(struct judgement *judgement, const struct payload_source *source, bool with_efi);
void judge_release(struct judgement *judgement);

/* The door whose error says most when all have one, and else one that has none. */
enum judge_door judge_best(const struct judgement *judgement);

#endif
