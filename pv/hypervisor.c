/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pv/hypervisor.h>

const struct hypervisor_choice *hypervisor(void)
{
	static struct hypervisor_choice choice;
	static bool chosen;

	if (!chosen) {
		struct hypervisor_list list;
		bool there = hypervisor_list(cpuid, &list);

		choice = hypervisor_choose(there, &list);
		chosen = true;
	}
	return &choice;
}

struct cpuid hypervisor_leaf(uint32_t number)
{
	const struct hypervisor_interface *interface = &hypervisor()->interface;

	if (number > interface->last - interface->base)
		return (struct cpuid){ 0 };
	return cpuid(interface->base + number, 0);
}
