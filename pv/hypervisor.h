/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which hypervisor this is, by CPUID's hypervisor leaves: 0x40000000, and every 0x100 above.  One hypervisor may offer
 * several interfaces, each with leaves of its own, another's first and its own behind it: Xen with viridian and KVM
 * with Hyper-V leaves do.
 */
#ifndef LULL_PV_HYPERVISOR_H
#define LULL_PV_HYPERVISOR_H

#include <arch/x86/cpu.h>
#include <stdbool.h>
#include <stdint.h>

#define HYPERVISOR_SIGNATURE_SIZE 12
/* More than anybody stacks: QEMU with KVM has three, Hyper-V's, Xen's and KVM's. */
#define HYPERVISOR_INTERFACES 8

/* One interface: `signature` is ebx, ecx and edx of leaf `base`, `last` (eax) the highest leaf that belongs to it. */
struct hypervisor_interface {
	uint32_t base;
	uint32_t last;
	char signature[HYPERVISOR_SIGNATURE_SIZE];
};

struct hypervisor_list {
	unsigned count;
	struct hypervisor_interface interface[HYPERVISOR_INTERFACES];
};

enum hypervisor {
	/* CPUID leaf 1 says that there is none. */
	HYPERVISOR_NONE,
	/* There is one, but none that lull knows. */
	HYPERVISOR_UNKNOWN,
#define KNOWN_HYPERVISOR(id, file, feature, name, signature, least) HYPERVISOR_##id,
#include <pv/hypervisor_known.h>
#undef KNOWN_HYPERVISOR
	HYPERVISOR_KINDS
};

/* What was decided.  The interface is the one to use, of an unknown hypervisor its first; zeros where there is none. */
struct hypervisor_choice {
	enum hypervisor hypervisor;
	struct hypervisor_interface interface;
};

/* hypervisor_list.c: pure functions. */

/* CPUID, or what stands for it in a test. */
typedef struct cpuid hypervisor_cpuid(uint32_t leaf, uint32_t subleaf);

/*
 * Writes down every interface.  Boundaries at which nobody answers are passed over until there is one interface;
 * behind it the first such boundary is the end, since an interface takes the first one that is free (Xen's public
 * header arch-x86/cpuid.h).  Returns false, and an empty list, when CPUID leaf 1 says that no hypervisor is there.
 */
bool hypervisor_list(hypervisor_cpuid *ask, struct hypervisor_list *list);

/* Picks the interface to use.  `there` is what hypervisor_list() returned. */
struct hypervisor_choice hypervisor_choose(bool there, const struct hypervisor_list *list);

/* The signature as text for a status line: without the zeros at its end, and '.' for what cannot be printed there. */
void hypervisor_name(const struct hypervisor_interface *interface, char name[HYPERVISOR_SIGNATURE_SIZE + 1]);

/* hypervisor.c: this machine's. */

/* What runs this CPU.  CPUID is asked once. */
const struct hypervisor_choice *hypervisor(void);

/* Leaf `number` of the interface that was chosen, counted from its base; zeros where it has no such leaf. */
struct cpuid hypervisor_leaf(uint32_t number);

#endif
