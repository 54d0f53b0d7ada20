/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trips: each trips one protection of the shim, in an image made of the shim's own objects and these.  The linker's
 * --wrap puts a function here between caller and callee (trip.mk lists them), so that the shim needs no #ifdef.
 * The word lull.trip=NAME on the loader's command line chooses one; without it the image behaves like the shim.
 */
#ifndef LULL_TESTS_TRIP_H
#define LULL_TESTS_TRIP_H

#include <core/machine.h>
#include <stdbool.h>
#include <stdint.h>

/* Defines what callers of NAME reach; the shim's own is __real_NAME. */
#define WRAP(type, name, ...) \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

/* Chooses this boot's trip by the loader's command line.  Called before the shim has done anything. */
void choose_trip(const char *line);

/* True when this boot was asked for that trip. */
bool tripping(const char *name);

/* What follows on a prefix in the name of this boot's trip, up to a blank or the end of the line; NULL for another trip. */
const char *trip_argument(const char *prefix);

/* How this machine masks; NULL before it is awake. */
const struct backend *trip_backend(void);

/* pv.c: true once the hand-over to a Xen PV kernel has begun. */
bool trip_leaving(void);

/* faults.c: when a fault is made. */
enum stage {
	/* In the door: nothing is known of the machine yet. */
	STAGE_DOOR,
	/* The consoles are open and no site is patched. */
	STAGE_AWAKE,
	/* The sites are patched. */
	STAGE_PATCHED,
};

/* Makes the fault of this boot's trip when it belongs to the stage. */
void fault_at(enum stage stage);

/* faults.c: makes interrupts pending that nobody waits for. */
void strays_pend(void);

/* engine.c: breaks the rules of the window, once the sites are patched. */
void misuse_window(void);

/* engine.c: makes a site hold what it did not hold when it was linked. */
void change_site(void);

/* engine.c: a number made of all the bytes of the text. */
uint64_t text_hash(void);

/* machine.c: what no firmware leaves in the 8259s and the local APIC; and what is there now. */
void controllers_set(void);
void controllers_say(void);

/* machine.c: says what the shim runs with in the registers that a loader may leave in any state. */
void registers_say(void);

/* machine.c: makes an NMI arrive on this CPU, and waits for it. */
void send_nmi(void);

#endif
