/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel's own sites, patched in its file: groups, the receipt, and every way to stop before a byte is written. */
#include "test_engine.h"
#include "builder.h"
#include "machine_stub.h"

#include <lull/receipt.h>
#include <shim/patch/patch.h>

/* More bytes of branches than one window takes. */
#define BRANCHES 7000
#define SITES    (BRANCHES + 3)
#define TABLE    (TEXT_ADDRESS + 0x1000000)
#define MEMORY   (4 * MIB)

static struct {
	uint8_t text[BRANCHES * 5 + 16];
	struct lull_site site[SITES];
	struct lull_receipt receipt;
	uint8_t *memory;
	struct boot_info info;
	struct machine machine;
	struct payload payload;
	struct payload_receipt done;
	struct backend backend;
} t;

static void add(unsigned index, unsigned kind, unsigned key, uint64_t offset, unsigned length, int32_t image)
{
	t.site[index] = (struct lull_site){
		.site = (int32_t)(TEXT_ADDRESS + offset - (TABLE + index * 16)), .image = image, .key = (uint16_t)key,
		.kind = (uint8_t)kind, .site_length = (uint8_t)length,
	};
}

static struct lull_part *name(unsigned type, const void *bytes, uint64_t size, uint64_t address)
{
	t.payload.sites.part[type] = (struct lull_part){ true, span(bytes, size), address };
	return &t.payload.sites.part[type];
}

/* Branches, one jump that is already as it should be, one lock prefix, one piece of code that no choice is for. */
static int begin(void **state)
{
	(void)state;
	fake_reset(NULL);
	memset(&t, 0, sizeof(t));
	for (unsigned i = 0; i < BRANCHES; i++) {
		memcpy(t.text + i * 5, "\x0f\x1f\x44\0\0", 5);
		add(i, LULL_KIND_BRANCH, LULL_FEATURE_ALWAYS, i * 5, 5, 0);
	}
	t.site[BRANCHES - 1].key = LULL_FEATURE_OWN(1);
	t.text[BRANCHES * 5] = 0xf0;
	add(BRANCHES, LULL_KIND_LOCK, LULL_FEATURE_ONE_CPU, BRANCHES * 5, 1, 0);
	memset(t.text + BRANCHES * 5 + 1, 0x90, 3);
	add(BRANCHES + 1, LULL_KIND_CHOICE, LULL_FEATURE_OWN(2), BRANCHES * 5 + 1, 3, 0);
	add(BRANCHES + 2, LULL_KIND_OUTER, 0, BRANCHES * 5 + 1, 3, 0);
	t.receipt = (struct lull_receipt)LULL_RECEIPT;

	t.memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	assert_ptr_not_equal(t.memory, MAP_FAILED);
	t.info.memory = (struct memory_map){ .count = 1, .region = { { (uint64_t)t.memory, MEMORY, REGION_RAM } } };
	t.info.module_count = 1;
	t.info.module[0].where = (struct range){ (uint64_t)t.memory, (uint64_t)t.memory + PAGE_SIZE };
	t.backend = fake_backend;
	t.machine = (struct machine){ .backend = &t.backend, .cpus = 2 };
	lull_features_set(&t.machine.features, LULL_FEATURE_BACKEND_KVM);
	t.payload.sites.present = true;
	name(LULL_NOTE_TEXT, t.text, sizeof(t.text), TEXT_ADDRESS);
	name(LULL_NOTE_SITES, t.site, sizeof(t.site), TABLE);
	name(LULL_NOTE_IMAGES, t.text, 16, TABLE + BRANCHES * 16);
	name(LULL_NOTE_RECEIPT, &t.receipt, sizeof(t.receipt), 0);
	t.site[BRANCHES + 1].image = -20;
	return 0;
}

static int end(void **state)
{
	(void)state;
	munmap(t.memory, MEMORY);
	return 0;
}

static struct error patch(void) { return patch_payload(&t.info, &t.machine, &t.payload, "", &t.done); }

/* Nothing of the kernel is written when this is the error. */
static void refused(enum error_code code)
{
	const uint64_t text = hash(t.text, sizeof(t.text)), receipt = hash(&t.receipt, sizeof(t.receipt));

	assert_error(patch(), code);
	assert_int_equal(hash(t.text, sizeof(t.text)), text);
	assert_int_equal(hash(&t.receipt, sizeof(t.receipt)), receipt);
	assert_int_equal(t.done.sites, 0);
}

static void no_sites(void **state)
{
	(void)state;
	t.payload.sites = (struct lull_notes){ 0 };
	assert_fine(patch());
	assert_int_equal(t.done.sites, 0);
	assert_int_equal(t.done.window.windows, 0);
	assert_string_equal(fake.log, "");
}

static void assert_kind(unsigned kind, uint32_t patched, uint32_t left, uint32_t why)
{
	assert_int_equal(t.receipt.kind[kind].patched, patched);
	assert_int_equal(t.receipt.kind[kind].left, left);
	assert_int_equal(t.receipt.kind[kind].left_why, why);
}

static void two_windows(void **state)
{
	(void)state;
	assert_fine(patch());
	assert_int_equal(t.text[0], 0xe9);
	assert_int_equal(t.text[(BRANCHES - 2) * 5], 0xe9);
	assert_int_equal(t.text[(BRANCHES - 1) * 5], 0x0f);
	assert_int_equal(t.text[BRANCHES * 5], 0xf0);
	assert_int_equal(t.done.patched, BRANCHES - 1);
	assert_int_equal(t.done.sites, BRANCHES + 2);
	assert_int_equal(t.done.window.windows, 2);
	assert_int_equal(t.done.window.sites, BRANCHES - 1);
	assert_int_equal(t.done.window.held, 2);
	assert_int_equal(t.done.window.delivered, 2);
	assert_string_equal(fake.log, "bsmrzuebsmrzue");
	assert_memory_equal(&t.receipt, "lullrcpt", 8);
	assert_int_equal(t.receipt.size, LULL_RECEIPT_SIZE);
	assert_int_equal(t.receipt.version, LULL_RECEIPT_VERSION);
	assert_int_equal(t.receipt.backend, LULL_FEATURE_BACKEND_KVM);
	assert_int_equal(t.receipt.features[0], 1u << LULL_FEATURE_BACKEND_KVM);
	assert_int_equal(t.receipt.cpus, 2);
	assert_int_equal(t.receipt.windows, 2);
	assert_int_equal(t.receipt.patched, BRANCHES - 1);
	assert_int_equal(t.receipt.sites, BRANCHES + 2);
	assert_int_equal(t.receipt.masked_ns, 2 * 20);
	assert_kind(LULL_KIND_BRANCH, BRANCHES - 1, 1, LULL_LEFT_RIGHT);
	assert_kind(LULL_KIND_LOCK, 0, 1, LULL_LEFT_CPUS);
	assert_kind(LULL_KIND_OUTER, 0, 1, LULL_LEFT_CHOICE);
	assert_kind(LULL_KIND_TRAPPED, 0, 0, LULL_LEFT_NONE);
}

/* One CPU that somebody vouches for, and one that nobody does; a backend without a number; a receipt that is longer. */
static void cpus(void **state)
{
	struct { struct lull_receipt receipt; uint64_t more; } longer = { .receipt = LULL_RECEIPT, .more = 77 };

	(void)state;
	t.machine.cpus = 1;
	t.machine.features = (struct lull_features){ { 0, 0 } };
	t.payload.sites.part[LULL_NOTE_SITES].bytes.size = (BRANCHES + 1) * 16;
	longer.receipt.size = sizeof(longer);
	name(LULL_NOTE_RECEIPT, &longer, sizeof(longer), 0);
	assert_fine(patch());
	t.receipt = longer.receipt;
	assert_int_equal(longer.more, 77);
	assert_int_equal(t.receipt.size, sizeof(longer));
	assert_int_equal(t.receipt.cpus, 0);
	assert_int_equal(t.receipt.backend, LULL_FEATURE_BACKEND_LAST);
	assert_kind(LULL_KIND_LOCK, 0, 1, LULL_LEFT_CPUS_UNKNOWN);
	end(NULL);

	begin(NULL);
	t.machine.cpus = 1;
	lull_features_set(&t.machine.features, LULL_FEATURE_ONE_CPU);
	assert_fine(patch());
	assert_int_equal(t.receipt.cpus, 1);
	assert_kind(LULL_KIND_LOCK, 1, 0, LULL_LEFT_NONE);
	assert_int_equal(t.text[BRANCHES * 5], 0x3e);
}

static void no_receipt(void **state)
{
	(void)state;
	t.payload.sites.part[LULL_NOTE_RECEIPT].present = false;
	assert_fine(patch());
	assert_int_equal(t.done.patched, BRANCHES - 1);
	assert_int_equal(t.receipt.version, 0);
}

/* No room for the records, and none for the plan behind them; the module's page counts as taken. */
static void no_room(void **state)
{
	(void)state;
	t.info.memory.region[0].size = PAGE_SIZE + SITES * 48 - 48;
	refused(ERROR_SITES_ROOM);
	assert_int_equal(patch().expected, SITES * 48 / KIB + 1);
	t.info.memory.region[0].size = PAGE_SIZE + SITES * 50;
	refused(ERROR_SITES_ROOM);
	assert_int_equal(patch().found, SITES * 2 / KIB);
}

static void memory_out_of_reach(void **state)
{
	(void)state;
	machine_stub_unreachable = true;
	refused(ERROR_REACH);
	machine_stub_unreachable = false;
}

static void bad_table(void **state)
{
	(void)state;
	t.site[SITES - 1].kind = 200;
	refused(ERROR_SITE_KIND);
}

static void bad_text(void **state)
{
	(void)state;
	t.text[BRANCHES * 5] = 0x3e;
	refused(ERROR_SITE_BYTES);
}

static void no_mask(void **state)
{
	(void)state;
	fake.mask_does_nothing = true;
	refused(ERROR_MASK_EFFECT);
}

static void spoil(void)
{
	t.text[0] ^= 1;
	fake_end();
}

/* Somebody else writes to what was patched. */
static void spoilt(void **state)
{
	(void)state;
	t.backend.proof_end = spoil;
	assert_error(patch(), ERROR_SITE_BYTES);
}

/* From a file with notes to patched bytes in it. */
static void whole_file(void **state)
{
	struct file file = build_sites();
	struct span text;

	(void)state;
	lull_features_set(&t.machine.features, LULL_FEATURE_ONE_CPU);
	assert_fine(payload_read_kernel(file_span(file), &t.payload));
	assert_fine(patch());
	assert_int_equal(t.done.patched, 4);
	assert_int_equal(t.done.sites, 4);
	text = t.payload.sites.part[LULL_NOTE_TEXT].bytes;
	assert_memory_equal(text.at, "\x3e" "\xe9\x0e\0\0\0" "\0\0\0" "\x2e\xe8\1\0\0\0", 15);
	file_free(&file);
}

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "the payload's sites", no_sites, two_windows, cpus, no_receipt, no_room,
			 memory_out_of_reach, bad_table, bad_text, no_mask, spoilt, whole_file);
}
