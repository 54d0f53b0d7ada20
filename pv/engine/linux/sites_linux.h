/* SPDX-License-Identifier: MIT */
/*
 * The patch tables of Linux x86-64: verified, and turned into the records of plan.h.  Pure: nothing is written but the
 * arena.
 *
 * The sections are those of an uncompressed vmlinux, which keeps its section headers though not its symbols.  A table is
 * sound when all of it obeys the rules that hold for each record of real kernels (Debian's, from 5.10 to 7.3): then it is a
 * table of the layout that we think, and of this text.  Each table is judged by itself.  Where one of its records breaks a
 * rule, nothing is patched by that table.
 *
 *	.altinstructions	of the record sizes 12, 13, 14 and 24 exactly one makes each replacement begin where the
 *				one before it ends, from the first byte of .altinstr_replacement to the last
 *	.parainstructions	(until 6.7) every site is a call or a jump through a slot, and slot - 8 * type is one
 *				address: the table of slots; the last record may lack its padding
 *	.smp_locks		(until 7.2) an offset of 0 is padding; a site that is no lock prefix (f0) and none that was
 *				taken out (3e) is counted and left: gas writes `lock cmpxchg %ax, (%rdi)` as 66 f0, and the
 *				record points at the 66
 *
 * A site lies in a section that is executed.  Sites outside of .text, .init.text and .exit.text are understood and left: since
 * 6.14 .data holds the code that kexec copies before it runs it.
 */
#ifndef LULL_PV_ENGINE_LINUX_SITES_LINUX_H
#define LULL_PV_ENGINE_LINUX_SITES_LINUX_H

#include "../plan.h"

enum sites_linux_section {
	SITES_LINUX_TEXT,
	SITES_LINUX_INIT_TEXT,
	SITES_LINUX_EXIT_TEXT,
	SITES_LINUX_ALTERNATIVES,
	SITES_LINUX_REPLACEMENTS,
	SITES_LINUX_PARAVIRT,
	SITES_LINUX_LOCKS,
	SITES_LINUX_SECTIONS,
};

/* What Linux's link script calls them (arch/x86/kernel/vmlinux.lds.S): ".text" and so on. */
extern const char *const sites_linux_name[SITES_LINUX_SECTIONS];

/* The most executable sections that are looked at: Debian's kernels have seven. */
#define SITES_LINUX_EXECUTABLE 16

/* Where the sections are, in the file or in memory, and their virtual addresses.  What is not there has no bytes. */
struct sites_linux {
	struct linked_bytes section[SITES_LINUX_SECTIONS];
	/* All sections that are executed, the three texts among them. */
	struct linked_bytes executable[SITES_LINUX_EXECUTABLE];
	uint32_t executable_count;
	/* Why a table's section cannot be used though it is there.  The other tables can be used all the same. */
	struct error wrong[SITES_LINUX_SECTIONS];
};

/* What was found in the tables.  The numbers of a table that is not sound say how far its reader came, and no more. */
struct sites_linux_found {
	/* By ALTERNATIVES, PARAVIRT and LOCKS: why the table is not sound; no error when it is. */
	struct error unsound[SITES_LINUX_SECTIONS];
	/* Records of all tables whose site lies in none of the three texts. */
	uint32_t elsewhere;
	/* Of .altinstructions: bytes of a record, 0 when there are none; records, distinct sites, and direct calls. */
	uint32_t record_size;
	uint32_t alternatives;
	uint32_t alternative_sites;
	uint32_t direct_calls;
	/* Bit 15 of a record's feature says "not", as some record shows (Linux 5.11 to 6.2). */
	bool feature_inverts;
	/* Of .parainstructions: records, distinct sites, and the address of the table that they call through. */
	uint32_t paravirt;
	uint32_t paravirt_sites;
	uint64_t paravirt_table;
	/* Of .smp_locks: records that are no padding, distinct sites; how many hold f0, 3e, and something else. */
	uint32_t locks;
	uint32_t lock_sites;
	uint32_t locks_there;
	uint32_t locks_gone;
	uint32_t locks_other;
	/* The first site that holds something else, 0 when none does. */
	uint64_t first_other;
	/* Sites of sound lock prefixes by address, for sites_linux_read(): keys of sort.h, in the arena, from `lock_base` on. */
	const uint64_t *lock;
	uint64_t lock_base;
};

/* The bytes of arena that sites_linux_verify() takes. */
uint64_t sites_linux_verify_space(const struct sites_linux *tables);

/*
 * Verifies all tables, each by itself: `found` says which are sound, and must not be used for longer than the arena.
 *
 * Errors that leave no table sound: SITE_MEMORY; TEXT_WINDOW (what is executed is more than 4 GiB apart).  Errors of a table,
 * with the section's name and, but for the first five, the record's number: those in `wrong`; TEXT_WINDOW (alternatives of more
 * than 4 GiB); LINUX_TABLE (no whole records);
 * LINUX_RECORD_SIZE (more than one size fits); LINUX_CHAIN (none does: the record at which the one that fits longest breaks);
 * LINUX_LENGTH, LINUX_FEATURE, LINUX_SITE, LINUX_SHARED, LINUX_CALL, LINUX_CALL_TABLE, LINUX_CALL_IMAGE.  Lock prefixes
 * are LINUX_SHARED too when one lies in a site of another table that is not sound, as far as that one's records can be read.
 */
struct error sites_linux_verify(const struct sites_linux *tables, struct arena *arena, struct sites_linux_found *found);

/*
 * The text that sites_linux_read()'s records name: the memory from the first to the last byte of the text and of
 * .altinstructions, whose records are changed too, wherever the sections are (a kernel's file, or where it will run).
 * `write` is `run`, and `address` is where it is in memory: that is what the records name sites by.  TEXT_WINDOW when the
 * sections are more than 4 GiB apart.
 */
struct error sites_linux_text(const struct sites_linux *tables, struct patched_text *out);

/* The CPUID registers that the safe set needs, as the kernel will see them (Xen PV: through Xen's CPUID). */
struct sites_linux_cpuid {
	/* 1:ECX, 7.0:EBX, 7.0:EDX, 0x80000001:ECX, 0x80000001:EDX; 0 when the CPU has no such leaf. */
	uint32_t leaf1_c;
	uint32_t leaf7_b;
	uint32_t leaf7_d;
	uint32_t extended1_c;
	uint32_t extended1_d;
};

/* What is to be patched. */
struct sites_linux_choice {
	/* The lock prefixes: only when one CPU is all that can ever exist. */
	bool one_cpu;
	/* The safe set of alternatives, for this CPU; NULL for none. */
	const struct sites_linux_cpuid *cpuid;
};

/* The bytes of arena that sites_linux_read() takes at most. */
uint64_t sites_linux_space(const struct sites_linux *tables, const struct sites_linux_choice *choice);

/* What plan_record.kind says, for plan.kind[]. */
enum sites_linux_kind {
	/* A record of the table that is made inert: no site of its own. */
	SITES_LINUX_INERT = 0,
	SITES_LINUX_LOCK = 1,
	SITES_LINUX_ALTERNATIVE = 2,
};

/*
 * Makes the records of those tables that are sound, and fills in the input's table, record and count; the caller adds the window,
 * then plan_make().  The sections' bytes and the arena must live as long as the records.
 *
 * Each lock prefix that is there is a record; those in .text are selected when `one_cpu`, to become 3e.  That is what
 * Linux itself does where one CPU is possible (alternatives_smp_unlock(), from _text to _etext): .init.text and .exit.text
 * keep theirs.  Sites elsewhere have no record.
 *
 * The safe set are sites that depend on nothing but CPUID: every record that can decide them asks for a feature that is
 * one bit of one CPUID leaf, none is a direct call, the site is no jump (Linux branches on features that it has yet to
 * enable), and the bytes mean the same at both places or are one call.  Sites that are decided get the bytes that
 * Linux itself would write, and each of their records is made one that Linux never selects (not ALWAYS), so that its
 * own pass leaves them.  Only for the record layouts in which that can be said.  Error: SITE_MEMORY.
 */
struct error sites_linux_read(const struct sites_linux *tables, const struct sites_linux_found *found,
			      const struct sites_linux_choice *choice, struct arena *arena, struct plan_input *input);

/* The table's name in messages of PLAN; an index there counts in the section that the address is found by. */
#define SITES_LINUX_NAME "Linux's sites"

#endif
