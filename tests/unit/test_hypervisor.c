/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which hypervisor it is: every order in which interfaces can stand, and CPUID as it answers where there is nothing. */
#include "unit.h"

#include <pv/hypervisor.h>

#define BASE 0x40000000u
#define BASES 256
#define STRANGER "bhyve bhyve "

/* The best first, as lull is meant to prefer them: a line for each of pv/hypervisor_known.h, and one for all others. */
static const struct {
	enum hypervisor hypervisor;
	const char *signature;
	uint32_t least;
} known[] = {
	{ HYPERVISOR_XEN, "XenVMMXenVMM", 2 },
	{ HYPERVISOR_KVM, "KVMKVMKVM\0\0", 0 },
	{ HYPERVISOR_VMWARE, "VMwareVMware", 0 },
	{ HYPERVISOR_HYPERV, "Microsoft Hv", 5 },
	{ HYPERVISOR_UNKNOWN, STRANGER, 0 },
};
#define KINDS (sizeof(known) / sizeof(known[0]))

static struct cpuid answer[BASES];
static bool bit;
static unsigned asked;

/* A leaf that does not exist reads as `beyond`: zeros on AMD, the highest basic leaf on Intel. */
static struct cpuid beyond;

static struct cpuid ask(uint32_t leaf, uint32_t subleaf)
{
	uint32_t number = (leaf - BASE) / 0x100;

	assert_int_equal(subleaf, 0);
	if (leaf == 1)
		return (struct cpuid){ .ecx = bit ? 1u << 31 : 0 };
	asked++;
	assert_true(leaf >= BASE && number < BASES && leaf % 0x100 == 0);
	return answer[number].ebx ? answer[number] : beyond;
}

static void forget(void)
{
	memset(answer, 0, sizeof(answer));
	beyond = (struct cpuid){ 0 };
	bit = true;
	asked = 0;
}

/* Puts an interface at a boundary; it has the leaves 0 to `last`. */
static void put(unsigned number, const char *signature, uint32_t last)
{
	struct cpuid *leaf = &answer[number];

	leaf->eax = BASE + number * 0x100 + last;
	memcpy(&leaf->ebx, signature, 4);
	memcpy(&leaf->ecx, signature + 4, 4);
	memcpy(&leaf->edx, signature + 8, 4);
}

static struct hypervisor_choice choose(void)
{
	struct hypervisor_list list;
	bool there = hypervisor_list(ask, &list);

	return hypervisor_choose(there, &list);
}

static void assert_choice(enum hypervisor wanted, unsigned number)
{
	struct hypervisor_choice choice = choose();

	assert_int_equal(choice.hypervisor, wanted);
	assert_int_equal(choice.interface.base, BASE + number * 0x100);
}

static void nobody(void **state)
{
	(void)state;
	forget();
	put(0, "XenVMMXenVMM", 5);
	bit = false;
	struct hypervisor_choice choice = choose();
	assert_int_equal(choice.hypervisor, HYPERVISOR_NONE);
	assert_int_equal(choice.interface.base, 0);
	assert_int_equal(asked, 0);
}

static void each_alone(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < KINDS; kind++) {
		forget();
		put(0, known[kind].signature, known[kind].least);
		assert_choice(known[kind].hypervisor, 0);
		assert_int_equal(asked, 2);
	}
}

/* Puts one more interface behind `count` others, and every other one behind it, without repetition. */
static unsigned arrange(unsigned count, unsigned used, unsigned order[])
{
	unsigned tried = 0;

	if (count > 0) {
		unsigned best = 0;

		for (unsigned i = 1; i < count; i++)
			if (order[i] < order[best])
				best = i;
		/* Of strangers alone, the first stands for all. */
		assert_choice(known[order[best]].hypervisor, best);
		tried = 1;
	}
	for (unsigned kind = 0; kind < KINDS; kind++) {
		if (used & 1u << kind)
			continue;
		order[count] = kind;
		put(count, known[kind].signature, known[kind].least);
		tried += arrange(count + 1, used | 1u << kind, order);
		answer[count] = (struct cpuid){ 0 };
	}
	return tried;
}

static void every_arrangement(void **state)
{
	unsigned order[KINDS], all = 0, of_this_length = 1;

	(void)state;
	/* Of n kinds n, n(n - 1), n(n - 1)(n - 2), ... */
	for (unsigned left = KINDS; left > 0; left--) {
		of_this_length *= left;
		all += of_this_length;
	}
	forget();
	assert_int_equal(KINDS, HYPERVISOR_KINDS - HYPERVISOR_UNKNOWN);
	assert_int_equal(arrange(0, 0, order), all);
}

static void too_few_leaves(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < KINDS; kind++) {
		if (known[kind].least == 0)
			continue;
		forget();
		put(0, known[kind].signature, known[kind].least - 1);
		assert_choice(HYPERVISOR_UNKNOWN, 0);
		put(1, "KVMKVMKVM\0\0", 1);
		assert_choice(HYPERVISOR_KVM, 1);
	}
}

static void old_kvm(void **state)
{
	(void)state;
	forget();
	put(0, "KVMKVMKVM\0\0", 0);
	answer[0].eax = 0;
	assert_choice(HYPERVISOR_KVM, 0);
	assert_int_equal(choose().interface.last, BASE + 1);
	/* Nobody else may say 0. */
	put(0, STRANGER, 0);
	answer[0].eax = 0;
	assert_choice(HYPERVISOR_UNKNOWN, (unsigned)(0 - BASE) / 0x100);
}

/* Intel's answer to a leaf that does not exist is the highest basic leaf, whatever that holds. */
static void basic_leaf_for_an_answer(void **state)
{
	(void)state;
	forget();
	beyond = (struct cpuid){ .eax = 0x0bb8, .ebx = 0x0ed8, .ecx = 0x64 };
	put(0, "Microsoft Hv", 0xb);
	put(1, "KVMKVMKVM\0\0", 1);
	assert_choice(HYPERVISOR_KVM, 1);
	assert_int_equal(asked, 3);
	beyond.eax = 0x80000008;
	assert_choice(HYPERVISOR_KVM, 1);
}

static void behind_gaps(void **state)
{
	(void)state;
	forget();
	put(BASES - 1, "XenVMMXenVMM", 5);
	assert_choice(HYPERVISOR_XEN, BASES - 1);
	/* An interface takes the first free boundary, so behind a gap is nothing more. */
	put(2, "Microsoft Hv", 5);
	assert_choice(HYPERVISOR_HYPERV, 2);
}

static void nothing_shows(void **state)
{
	(void)state;
	forget();
	struct hypervisor_choice choice = choose();
	assert_int_equal(choice.hypervisor, HYPERVISOR_UNKNOWN);
	assert_int_equal(choice.interface.base, 0);
	assert_int_equal(asked, BASES);
}

static void more_than_fit(void **state)
{
	struct hypervisor_list list;

	(void)state;
	forget();
	for (unsigned i = 0; i < HYPERVISOR_INTERFACES + 1; i++)
		put(i, STRANGER, 0);
	assert_true(hypervisor_list(ask, &list));
	assert_int_equal(list.count, HYPERVISOR_INTERFACES);
	assert_int_equal(asked, HYPERVISOR_INTERFACES);
}

static void names(void **state)
{
	static const struct {
		char signature[HYPERVISOR_SIGNATURE_SIZE + 1];
		const char *name;
	} some[] = {
		{ "XenVMMXenVMM", "XenVMMXenVMM" },
		{ "KVMKVMKVM\0\0", "KVMKVMKVM" },
		{ "", "" },
		{ "\0" "a", ".a" },
		{ "\"\x1f ~\x7f\xff\n!\0z", ".. ~...!.z" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		struct hypervisor_interface interface = { BASE, BASE, { 0 } };
		char name[HYPERVISOR_SIGNATURE_SIZE + 1];

		memcpy(interface.signature, some[i].signature, HYPERVISOR_SIGNATURE_SIZE);
		hypervisor_name(&interface, name);
		assert_string_equal(name, some[i].name);
	}
}

int main(void)
{
	return RUN_TESTS("hypervisor", nobody, each_alone, every_arrangement, too_few_leaves, old_kvm,
			 basic_leaf_for_an_answer, behind_gaps, nothing_shows, more_than_fit, names);
}
