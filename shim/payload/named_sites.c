/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/named_sites.h>

static struct sites_lull tables_of(const struct lull_notes *notes)
{
	const struct lull_part *part = notes->part;

	return (struct sites_lull){
		.sites = part[LULL_NOTE_SITES].bytes,
		.sites_address = part[LULL_NOTE_SITES].address,
		.images = { part[LULL_NOTE_IMAGES].bytes, part[LULL_NOTE_IMAGES].address },
		.data = part[LULL_NOTE_DATA].bytes,
		.data_address = part[LULL_NOTE_DATA].address,
	};
}

uint64_t named_sites_space(const struct lull_notes *notes)
{
	const struct sites_lull tables = tables_of(notes);

	return sites_lull_space(&tables);
}

struct error named_sites_read(const struct lull_notes *notes, const struct lull_features *features, struct arena *arena,
			     struct named_sites *out)
{
	const struct lull_part *text = &notes->part[LULL_NOTE_TEXT];
	const struct sites_lull tables = tables_of(notes);

	out->text = (struct patched_text){
		.run = text->bytes.at,
		.write = (uint8_t *)text->bytes.at,
		.address = text->address,
		.length = text->bytes.size,
	};
	out->input = (struct plan_input){ .text = &out->text };
	return sites_lull_read(&tables, features, arena, &out->input);
}

uint64_t named_sites_check_space(const struct lull_notes *notes)
{
	const uint64_t records = notes->part[LULL_NOTE_SITES].bytes.size / sizeof(struct lull_site);
	const struct plan_record longest = { .site_length = UINT8_MAX };

	return named_sites_space(notes) + records * plan_space(&longest, 1);
}

/* Plans the sites once; `must` says whether a site that traps has to have a choice that fits. */
static struct error plan_once(const struct lull_notes *notes, const struct lull_features *features, bool must,
			      struct arena *arena)
{
	struct plan_record *record;
	struct named_sites sites;
	struct plan plan;

	arena->used = 0;
	TRY(named_sites_read(notes, features, arena, &sites));
	/* The arena is ours, and the records in it. */
	record = (struct plan_record *)sites.input.record;
	for (uint32_t i = 0; i < sites.input.count && !must; i++)
		record[i].flags &= ~RECORD_MUST;
	return plan_make(&plan, &sites.input, arena);
}

/* What CPUID and the number of CPUs can add to a backend, each there or not. */
static const uint8_t free_features[] = {
	LULL_FEATURE_ERMS, LULL_FEATURE_FSRM, LULL_FEATURE_SERIALIZE, LULL_FEATURE_VENDOR_AMD, LULL_FEATURE_ONE_CPU,
};

#define FREE (sizeof(free_features) / sizeof(free_features[0]))

static const uint8_t backends[] = {
	LULL_FEATURE_BACKEND_NATIVE, LULL_FEATURE_BACKEND_XEN_PV,
#define KNOWN_HYPERVISOR(id, file, feature, name, signature, least) LULL_FEATURE_BACKEND_##feature,
#include <pv/hypervisor_known.h>
#undef KNOWN_HYPERVISOR
};

static struct lull_features machine(unsigned backend, unsigned bits)
{
	struct lull_features features = { { 0, 0 } };

	lull_features_set(&features, backend);
	lull_features_set(&features, backend == LULL_FEATURE_BACKEND_XEN_PV ? LULL_FEATURE_MASK_BYTE : LULL_FEATURE_MASK_FLAG);
	for (unsigned i = 0; i < FREE; i++)
		if ((bits >> i & 1) != 0)
			lull_features_set(&features, free_features[i]);
	return features;
}

struct error named_sites_check(const struct lull_notes *notes, struct arena *arena)
{
	struct lull_features features = { { 0, 0 } };
	struct error error;

	TRY(plan_once(notes, &features, false, arena));
	for (unsigned i = 0; i < sizeof(backends); i++)
		for (unsigned bits = 0; bits < 1u << FREE; bits++) {
			features = machine(backends[i], bits);
			error = plan_once(notes, &features, true, arena);
			if (!failed(error))
				return error;
		}
	return error;
}
