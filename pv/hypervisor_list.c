/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pv/hypervisor.h>

#include <string.h>

#define FIRST_BASE 0x40000000u
#define LAST_BASE  0x4000ff00u
#define LAST_LEAF  0x4000ffffu
#define BASE_STEP  0x100u

#define KVM_SIGNATURE "KVMKVMKVM\0\0"

static const struct {
	enum hypervisor hypervisor;
	char signature[HYPERVISOR_SIGNATURE_SIZE + 1];
	uint32_t least;
} preferred[] = {
#define KNOWN_HYPERVISOR(id, file, feature, name, signature, least) { HYPERVISOR_##id, signature, least },
#include <pv/hypervisor_known.h>
#undef KNOWN_HYPERVISOR
};

/* False when nobody answers there.  On some CPUs a leaf that does not exist reads as another one, so `last` is checked. */
static bool read_interface(hypervisor_cpuid *ask, uint32_t base, struct hypervisor_interface *interface)
{
	struct cpuid leaf = ask(base, 0);
	uint32_t words[3] = { leaf.ebx, leaf.ecx, leaf.edx };

	interface->base = base;
	interface->last = leaf.eax;
	memcpy(interface->signature, words, sizeof(words));
	/* Old KVM says 0 and means 1 (Linux, Documentation/virt/kvm/x86/cpuid.rst). */
	if (leaf.eax == 0 && memcmp(words, KVM_SIGNATURE, sizeof(words)) == 0)
		interface->last = base + 1;
	return interface->last >= base && interface->last <= LAST_LEAF;
}

bool hypervisor_list(hypervisor_cpuid *ask, struct hypervisor_list *list)
{
	list->count = 0;
	if (!(ask(1, 0).ecx & 1u << 31))
		return false;
	for (uint32_t base = FIRST_BASE; base <= LAST_BASE && list->count < HYPERVISOR_INTERFACES; base += BASE_STEP) {
		if (read_interface(ask, base, &list->interface[list->count]))
			list->count++;
		else if (list->count > 0)
			break;
	}
	return true;
}

static const struct hypervisor_interface *find(const struct hypervisor_list *list, const char *signature,
					       uint32_t least)
{
	for (unsigned i = 0; i < list->count; i++) {
		const struct hypervisor_interface *interface = &list->interface[i];

		if (memcmp(interface->signature, signature, HYPERVISOR_SIGNATURE_SIZE) == 0 &&
		    interface->last - interface->base >= least)
			return interface;
	}
	return NULL;
}

struct hypervisor_choice hypervisor_choose(bool there, const struct hypervisor_list *list)
{
	if (!there)
		return (struct hypervisor_choice){ .hypervisor = HYPERVISOR_NONE };
	for (unsigned i = 0; i < sizeof(preferred) / sizeof(preferred[0]); i++) {
		const struct hypervisor_interface *found = find(list, preferred[i].signature, preferred[i].least);

		if (found)
			return (struct hypervisor_choice){ preferred[i].hypervisor, *found };
	}
	if (list->count == 0)
		return (struct hypervisor_choice){ .hypervisor = HYPERVISOR_UNKNOWN };
	return (struct hypervisor_choice){ HYPERVISOR_UNKNOWN, list->interface[0] };
}

void hypervisor_name(const struct hypervisor_interface *interface, char name[HYPERVISOR_SIGNATURE_SIZE + 1])
{
	unsigned length = HYPERVISOR_SIGNATURE_SIZE;

	while (length > 0 && interface->signature[length - 1] == 0)
		length--;
	for (unsigned i = 0; i < length; i++) {
		char c = interface->signature[i];

		name[i] = c >= ' ' && c <= '~' && c != '"' ? c : '.';
	}
	name[length] = 0;
}
