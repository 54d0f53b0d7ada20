/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine as the story sees it: who runs it, where text goes, what time it is, how it ends.  pv/machine.c implements
 * this over the platform (pv/platform.h) that it finds.
 */
#ifndef LULL_CORE_MACHINE_H
#define LULL_CORE_MACHINE_H

#include <core/boot_info.h>
#include <lull/site.h>
#include <stddef.h>

struct backend;

struct machine {
	/* As the first status line prints it (lull-boot(7), "backend"). */
	const char *backend_name;
	/* Some hypervisor runs this machine, but lull knows none of its interfaces; the backend is then "native". */
	bool unknown_hypervisor;
	/* The signature of its first interface, as text; "" where none shows. */
	char hypervisor[13];
	/* What masks here (pv/engine/mask.h). */
	const struct backend *backend;
	/* CPUs that can ever exist, parked and hot-pluggable ones included; 1 when nobody says. */
	unsigned cpus;
	/* The feature vector, frozen: sites are planned with it and nothing changes it afterwards. */
	struct lull_features features;
};

/*
 * Finds the hypervisor, opens its consoles, completes the memory map where the door could not (a version 0 start_info
 * has none), counts CPUs, freezes the features.  Called once, before anything is printed.
 * Errors: HYPERCALL.
 */
struct error machine_wake(struct boot_info *info, struct machine *machine);

/*
 * Writes to every console; `urgent` text goes to those too that are too slow or too noisy for status lines (the debug
 * port that Xen logs).  Works at any time, before machine_wake() as well as after a failure.
 */
void machine_console_write(const char *text, size_t size, bool urgent);

/* Takes a byte that came on any console; false when there is none, and the machine has rested for a moment. */
bool machine_console_read(char *out);

/* Ticks of the time stamp counter. */
uint64_t machine_clock(void);

/* Ticks into nanoseconds by the frequency that the platform or the CPU states; 0 where nobody does. */
uint64_t machine_nanoseconds(uint64_t ticks);

/*
 * The nanoseconds that a bounded wait has lasted since `start`, which machine_clock() gave.  Where nobody states a frequency they
 * are those of a counter that is faster than most, so that the wait ends, late rather than early.
 */
uint64_t machine_waited(uint64_t start);

/*
 * A random number, out of the CPU's own (RDRAND, RDSEED), where it has them, the time stamp counter, and `seed`: whatever the
 * caller knows that others may not.
 */
uint64_t machine_random(uint64_t seed);

/* Says whether the machine may use its patch sites: true once the shim's text was verified, false once something failed. */
void machine_sites_ready(bool ready);

/* CPUID as the next kernel will see it: eax, ebx, ecx, edx; all 0 for a leaf that the CPU does not have. */
void machine_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

/* True when this guest is the hypervisor's control domain. */
bool machine_is_control_domain(const struct boot_info *info);

/*
 * Makes guest-physical memory reachable at its own address, to be read and written.  To be called before any memory is used
 * that neither the door nor the loader has filled.  False when the range is empty or cannot be reached.
 */
bool machine_reach(struct range range);

/*
 * Before hand-over: waits, for a bounded time, until every console has taken its text, then puts back whatever was
 * changed outside our own memory, so that the next kernel finds the machine as the loader left it.
 */
void machine_retire(void);

/* Ends the machine with the platform's crash status: SHUTDOWN_crash, isa-debug-exit, or a halt with a last word. */
_Noreturn void machine_crash(void);

#endif
