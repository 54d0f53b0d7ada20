/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel's own sites as the host judges them: what the shim would say, on every machine there is. */
#include "unit.h"
#include "builder.h"

#include <shim/payload/named_sites.h>
#include <shim/payload/payload.h>

static struct {
	struct file file;
	struct lull_notes notes;
	struct arena arena;
} t;

static int begin(void **state)
{
	struct elf_image image;

	(void)state;
	t.file = build_sites();
	assert_fine(elf_parse(file_span(t.file), &image));
	assert_fine(lull_notes_find(&image, &t.notes));
	t.arena = (struct arena){ .size = named_sites_check_space(&t.notes) };
	t.arena.at = aligned_alloc(8, t.arena.size);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(t.arena.at);
	file_free(&t.file);
	return 0;
}

/* The table is bytes of the file. */
static struct lull_site *record(unsigned index)
{
	return (struct lull_site *)t.notes.part[LULL_NOTE_SITES].bytes.at + index;
}

static struct error check(void) { return named_sites_check(&t.notes, &t.arena); }

static void sound(void **state)
{
	(void)state;
	assert_fine(check());
}

/* Each machine that there is makes a kernel sound which asks for it: the site that traps has no other choice. */
static void some_machine(void **state)
{
	static const unsigned char keys[] = {
		LULL_FEATURE_ERMS, LULL_FEATURE_FSRM, LULL_FEATURE_SERIALIZE, LULL_FEATURE_VENDOR_AMD, LULL_FEATURE_ONE_CPU,
		LULL_FEATURE_MASK_FLAG, LULL_FEATURE_MASK_BYTE, LULL_FEATURE_BACKEND_NATIVE, LULL_FEATURE_BACKEND_XEN_PV,
#define KNOWN_HYPERVISOR(id, file, feature, name, signature, least) LULL_FEATURE_BACKEND_##feature,
#include <pv/hypervisor_known.h>
#undef KNOWN_HYPERVISOR
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(keys); i++) {
		record(3)->key = keys[i];
		assert_fine(check());
		record(3)->key = keys[i] | LULL_FEATURE_NOT;
		assert_fine(check());
	}
}

static void no_machine(void **state)
{
	struct error error;

	(void)state;
	record(3)->key = LULL_FEATURE_OWN(0);
	error = check();
	assert_error(error, ERROR_SITE_UNCHOSEN);
	assert_int_equal(error.expected, 2);
	record(3)->key = LULL_FEATURE_ALWAYS | LULL_FEATURE_NOT;
	assert_error(check(), ERROR_SITE_UNCHOSEN);
}

/* What is wrong on every machine is said before what is wrong on some. */
static void broken(void **state)
{
	(void)state;
	record(3)->key = LULL_FEATURE_OWN(0);
	record(4)->site++;
	assert_error(check(), ERROR_SITE_BYTES);
	record(4)->kind = 99;
	assert_error(check(), ERROR_SITE_KIND);
	record(4)->kind = LULL_KIND_CALL;
	t.notes.part[LULL_NOTE_SITES].bytes.size--;
	assert_error(check(), ERROR_SITE_TABLE);
}

static void empty(void **state)
{
	(void)state;
	t.notes.part[LULL_NOTE_SITES].bytes.size = 0;
	assert_int_equal(named_sites_check_space(&t.notes), 0);
	t.arena.size = 0;
	assert_fine(check());
}

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "a kernel's own sites", sound, some_machine, no_machine, broken, empty);
}
