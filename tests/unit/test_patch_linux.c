/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stock Linux kernel in the shim's hands: what is patched of it, why the rest is left, and every way to stop. */
#include "test_engine.h"
#include "builder.h"
#include "machine_stub.h"

#include <shim/patch/linux.h>
#include <shim/payload/cmdline.h>

#define MEMORY (4 * MIB)

/* Where build_linux() has its alternatives, their records and its lock prefixes, in its only segment. */
enum { SITE = 0, OTHER_SITE = 16, RECORDS = 0x100, LOCK = 128, OTHER_LOCK = 144 };

static struct {
	struct file file;
	/* The kernel's segment in the file. */
	uint8_t *text;
	uint8_t *memory;
	struct boot_info info;
	struct machine machine;
	struct payload payload;
	const char *line;
	struct payload_receipt done;
	struct backend backend;
} t;

/* The header of one of the sections, in the order of build_linux(). */
enum { TEXT_HEADER = 1, ALTERNATIVES_HEADER, IMAGES_HEADER, PARAVIRT_HEADER, LOCKS_HEADER };

static uint64_t header_field(unsigned section, unsigned field)
{
	return span_u64(file_span(t.file), 40) + 64 * section + field;
}

static void set_size(unsigned section, uint64_t size) { file_put(t.file, header_field(section, 32), size, 8); }

static int begin(void **state)
{
	(void)state;
	fake_reset(NULL);
	memset(&t, 0, sizeof(t));
	t.file = build_linux();
	t.text = t.file.at + span_u64(file_span(t.file), elf_field(64, 0, "offset"));
	t.memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	assert_ptr_not_equal(t.memory, MAP_FAILED);
	t.info.memory = (struct memory_map){ .count = 1, .region = { { (uint64_t)t.memory, MEMORY, REGION_RAM } } };
	t.info.module_count = 1;
	t.info.module[0].where = (struct range){ (uint64_t)t.memory, (uint64_t)t.memory + PAGE_SIZE };
	t.backend = fake_backend;
	t.line = "";
	t.machine = (struct machine){ .backend = &t.backend, .cpus = 1 };
	lull_features_set(&t.machine.features, LULL_FEATURE_ONE_CPU);
	t.payload.kind = PAYLOAD_PVH_ELF64;
	t.payload.kernel.bytes = file_span(t.file);
	t.payload.notes.note[XEN_NOTE_GUEST_OS] = (struct xen_note){ true, span("linux", 6), 0 };
	assert_fine(elf_parse(file_span(t.file), &t.payload.elf));
	machine_stub_cpuid = UINT32_MAX;
	return 0;
}

static int end(void **state)
{
	(void)state;
	machine_stub_unreachable = false;
	machine_stub_register = (struct machine_stub_register){ 0 };
	munmap(t.memory, MEMORY);
	file_free(&t.file);
	return 0;
}

static void again(void)
{
	end(NULL);
	begin(NULL);
}

static struct error patch(void) { return patch_linux(&t.info, &t.machine, &t.payload, t.line, &t.done); }

/* Nothing is written, with this error, and this in the receipt. */
static void untouched(enum error_code code, enum payload_left left)
{
	const uint64_t before = hash(t.file.at, t.file.size);

	assert_error(patch(), code);
	assert_int_equal(hash(t.file.at, t.file.size), before);
	assert_int_equal(t.done.patched, 0);
	assert_int_equal(t.done.left, left);
}

/* What lull.linux_sites= asks for, and the kernel's line. */
static void says(uint8_t linux_sites, const char *line)
{
	t.payload.options.value[LULL_LINUX_SITES] = linux_sites;
	t.line = line;
}

/* What was patched, of four sites or of the two locks that count without the alternatives. */
static void patched(bool locks, bool alternatives, enum payload_left left)
{
	assert_fine(patch());
	assert_int_equal(t.text[LOCK], locks ? 0x3e : 0xf0);
	assert_int_equal(t.text[OTHER_LOCK], locks ? 0x3e : 0xf0);
	assert_memory_equal(t.text + SITE, alternatives ? "\xf3\x0f\xb8\xc7\x66\x90" : "\0\0\0\0\0\0", 6);
	assert_memory_equal(t.text + OTHER_SITE, t.text + SITE, 6);
	assert_int_equal(t.done.patched, 2 * locks + 2 * alternatives);
	assert_int_equal(t.done.sites, 2 + 2 * alternatives);
	assert_int_equal(t.done.window.windows, locks || alternatives);
	assert_int_equal(t.done.left, left);
}

static void one_cpu(void **state)
{
	(void)state;
	patched(true, false, PAYLOAD_LEFT_NONE);
	assert_string_equal(fake.log, "bsmrzue");
	assert_int_equal(t.done.window.held, 1);
	assert_int_equal(t.done.window.delivered, 1);
	assert_int_equal(t.done.window.sites, 2);
	again();
	says(LINUX_SITES_AUTO, "lull.linux_sites=off");
	patched(true, false, PAYLOAD_LEFT_NONE);
}

static void off(void **state)
{
	(void)state;
	says(LINUX_SITES_OFF, "a");
	untouched(ERROR_NONE, PAYLOAD_LEFT_OFF);
	assert_int_equal(t.done.sites, 0);
	assert_string_equal(fake.log, "");
}

static void more_cpus(void)
{
	t.machine.cpus = 2;
	t.machine.features = (struct lull_features){ { 0 } };
}

static void cpus(void **state)
{
	(void)state;
	more_cpus();
	patched(false, false, PAYLOAD_LEFT_CPUS);
	assert_string_equal(fake.log, "");
	again();
	more_cpus();
	says(LINUX_SITES_SAFE, "");
	patched(false, true, PAYLOAD_LEFT_CPUS);
	again();
	/* One is counted, but nobody vouches for it. */
	more_cpus();
	t.machine.cpus = 1;
	patched(false, false, PAYLOAD_LEFT_CPUS_UNKNOWN);
}

static void safe(void **state)
{
	(void)state;
	says(LINUX_SITES_SAFE, "");
	patched(true, true, PAYLOAD_LEFT_NONE);
	/* Never selected: NOT, ALWAYS. */
	assert_memory_equal(t.text + RECORDS + 8, "\x75\0\1\0", 4);
	again();
	says(LINUX_SITES_SAFE, "");
	machine_stub_cpuid = 0;
	patched(true, false, PAYLOAD_LEFT_NONE);
	assert_memory_equal(t.text + RECORDS + 8, "\x97\0\0\0", 4);
}

/* Features of every register that the safe set asks for, in records that ask for nothing else. */
static void registers(void **state)
{
	static const struct { unsigned feature; struct machine_stub_register where; } cases[] = {
		{ 4 * 32 + 23, { 1, 2, 1u << 23 } }, { 9 * 32 + 9, { 7, 1, 1u << 9 } }, { 18 * 32 + 4, { 7, 3, 1u << 4 } },
		{ 6 * 32 + 8, { 0x80000001, 2, 1u << 8 } }, { 1 * 32 + 27, { 0x80000001, 3, 1u << 27 } },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		again();
		says(LINUX_SITES_SAFE, "");
		for (unsigned record = 0; record < 2; record++) {
			t.text[RECORDS + 14 * record + 8] = (uint8_t)cases[i].feature;
			t.text[RECORDS + 14 * record + 9] = (uint8_t)(cases[i].feature >> 8);
		}
		machine_stub_cpuid = 0;
		machine_stub_register = cases[i].where;
		patched(true, true, PAYLOAD_LEFT_NONE);
	}
}

/* What Linux itself would not do for the words on its own command line. */
static void words_of_linux(void **state)
{
	static const struct {
		uint8_t sites;
		const char *line;
		bool locks, alternatives;
		enum payload_left left;
	} cases[] = {
		{ LINUX_SITES_UNASKED, "quiet noreplace-smp", false, false, PAYLOAD_LEFT_CMDLINE },
		{ LINUX_SITES_SAFE, "quiet noreplace-smp", false, true, PAYLOAD_LEFT_CMDLINE },
		{ LINUX_SITES_SAFE, "clearcpuid=popcnt quiet", true, false, PAYLOAD_LEFT_CMDLINE },
		{ LINUX_SITES_SAFE, "setcpuid=151", true, false, PAYLOAD_LEFT_CMDLINE },
		/* They say nothing of what was not asked for. */
		{ LINUX_SITES_UNASKED, "clearcpuid=151", true, false, PAYLOAD_LEFT_NONE },
		/* As Linux finds them: the first in words, the others in bytes. */
		{ LINUX_SITES_UNASKED, "noreplace_smp=1", false, false, PAYLOAD_LEFT_CMDLINE },
		{ LINUX_SITES_UNASKED, "quiet -- noreplace-smp", true, false, PAYLOAD_LEFT_NONE },
		{ LINUX_SITES_SAFE, "quiet -- clearcpuid=151", true, false, PAYLOAD_LEFT_CMDLINE },
		{ LINUX_SITES_SAFE, "clearcpuid=151 clearcpuid= setcpuid=", true, true, PAYLOAD_LEFT_NONE },
		{ LINUX_SITES_SAFE, "noclflush", true, false, PAYLOAD_LEFT_CMDLINE },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		says(cases[i].sites, cases[i].line);
		patched(cases[i].locks, cases[i].alternatives, cases[i].left);
		again();
	}
	more_cpus();
	says(LINUX_SITES_SAFE, "clearcpuid=151");
	patched(false, false, PAYLOAD_LEFT_CMDLINE);
}

static void not_linux(void **state)
{
	(void)state;
	says(LINUX_SITES_SAFE, "");
	t.payload.kind = PAYLOAD_LINUX_BZIMAGE;
	untouched(ERROR_NONE, PAYLOAD_LEFT_NONE);
	t.payload.kind = PAYLOAD_PVH_ELF64;
	t.payload.sites.present = true;
	untouched(ERROR_NONE, PAYLOAD_LEFT_NONE);
	t.payload.sites.present = false;
	t.payload.notes.note[XEN_NOTE_GUEST_OS] = (struct xen_note){ true, span("minix", 6), 0 };
	untouched(ERROR_NONE, PAYLOAD_LEFT_NONE);
}

static void no_tables(void **state)
{
	(void)state;
	for (unsigned section = ALTERNATIVES_HEADER; section <= LOCKS_HEADER; section++)
		set_size(section, 0);
	untouched(ERROR_NONE, PAYLOAD_LEFT_NO_TABLES);
}

/* Nothing to patch, and so no memory to plan in. */
static void no_locks(void **state)
{
	(void)state;
	set_size(LOCKS_HEADER, 0);
	untouched(ERROR_NONE, PAYLOAD_LEFT_NONE);
	assert_int_equal(t.done.sites, 0);
	assert_int_equal(t.done.window.windows, 0);
}

static void said(enum error_code code)
{
	assert_int_equal(t.done.unsound_count, 1);
	assert_int_equal(t.done.unsound[0].code, code);
}

static void unsound(enum error_code code)
{
	untouched(ERROR_NONE, PAYLOAD_LEFT_UNSOUND);
	said(code);
}

/* Each table by itself: the others are patched all the same, and what is left is what that one would have told. */
static void unsound_tables(void **state)
{
	(void)state;
	set_size(LOCKS_HEADER, 7);
	unsound(ERROR_LINUX_TABLE);
	again();
	set_size(LOCKS_HEADER, 7);
	says(LINUX_SITES_SAFE, "");
	assert_fine(patch());
	said(ERROR_LINUX_TABLE);
	assert_int_equal(t.done.patched, 2);
	assert_int_equal(t.done.left, PAYLOAD_LEFT_UNSOUND);
	assert_memory_equal(t.text + SITE, "\xf3\x0f\xb8\xc7\x66\x90", 6);
	again();
	set_size(PARAVIRT_HEADER, 9);
	patched(true, false, PAYLOAD_LEFT_NONE);
	said(ERROR_LINUX_TABLE);
	again();
	t.text[RECORDS + 4]++;
	patched(true, false, PAYLOAD_LEFT_NONE);
	said(ERROR_LINUX_CHAIN);
	again();
	t.text[RECORDS + 4]++;
	says(LINUX_SITES_SAFE, "");
	patched(true, false, PAYLOAD_LEFT_UNSOUND);
	said(ERROR_LINUX_CHAIN);
	again();
	/* Nothing was to be patched by any of them. */
	set_size(LOCKS_HEADER, 7);
	set_size(PARAVIRT_HEADER, 9);
	t.text[RECORDS + 4]++;
	more_cpus();
	untouched(ERROR_NONE, PAYLOAD_LEFT_CPUS);
	assert_int_equal(t.done.unsound_count, PAYLOAD_TABLES);
}

/* Each table is sound by itself, but a site cuts the record of another that is to be made inert: the alternatives are left. */
static void no_plan(void **state)
{
	(void)state;
	set_size(TEXT_HEADER, RECORDS + 28);
	memcpy(t.text + RECORDS + 14, "\xfc\xff\xff\xff", 4);
	says(LINUX_SITES_SAFE, "");
	patched(true, false, PAYLOAD_LEFT_UNSOUND);
	said(ERROR_SITE_OVERLAP);
}

/* Sections that are further apart in the file than a window can be long, though not in the kernel's own addresses. */
static void file_too_long(void **state)
{
	const uint64_t far = 4 * GIB, size = far + MIB;
	struct elf_image *elf = &t.payload.elf;
	uint8_t *large = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct file file = { large, size };
	uint64_t field;

	(void)state;
	assert_ptr_not_equal(large, MAP_FAILED);
	memcpy(large, t.file.at, t.file.size);
	memcpy(large + far, t.file.at, t.file.size);
	field = header_field(ALTERNATIVES_HEADER, 24);
	file_put(file, field, span_u64(file_span(file), field) + far, 8);
	elf->file = file_span(file);
	elf->segment[1] = elf->segment[0];
	elf->segment[1].offset += far;
	elf->segment_count = 2;
	unsound(ERROR_TEXT_WINDOW);
	munmap(large, size);
}

/* No room to verify in, none for the records, none for the plan; the module's page counts as taken. */
static void no_room(void **state)
{
	static const uint64_t sizes[] = { 32, 48, 64 };

	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		t.info.memory.region[0].size = PAGE_SIZE + sizes[i];
		says(i == 1 ? LINUX_SITES_SAFE : LINUX_SITES_UNASKED, "");
		untouched(ERROR_SITES_ROOM, PAYLOAD_LEFT_NONE);
		assert_int_equal(patch().expected, 1);
		assert_int_equal(patch().found, 0);
	}
}

static void memory_out_of_reach(void **state)
{
	(void)state;
	machine_stub_unreachable = true;
	untouched(ERROR_SITES_ROOM, PAYLOAD_LEFT_NONE);
	assert_int_equal(patch().found, (MEMORY - PAGE_SIZE) / KIB);
}

static void no_mask(void **state)
{
	const uint64_t before = hash(t.file.at, t.file.size);

	(void)state;
	fake.mask_does_nothing = true;
	assert_error(patch(), ERROR_MASK_EFFECT);
	assert_int_equal(hash(t.file.at, t.file.size), before);
}

static void spoil(void)
{
	t.text[LOCK] ^= 1;
	fake_end();
}

/* Somebody else writes to what was patched. */
static void spoilt(void **state)
{
	(void)state;
	t.backend.proof_end = spoil;
	assert_error(patch(), ERROR_SITE_BYTES);
}

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "Linux's sites", one_cpu, off, cpus, safe, registers, words_of_linux,
			 not_linux, no_tables, no_locks, unsound_tables, no_plan, file_too_long, no_room,
			 memory_out_of_reach, no_mask, spoilt);
}
