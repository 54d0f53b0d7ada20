/* SPDX-License-Identifier: MIT */
/*
 * The seeded faults: each breaks the rule in a way that somebody once shipped.  Test builds only; the tests must notice
 * every one (make unit, make seed-bug).  Constants and not #ifdefs, so that both arms always compile.
 */
#ifndef LULL_PV_ENGINE_FAULT_H
#define LULL_PV_ENGINE_FAULT_H

/* 2006: no mask at all. */
#ifdef LULL_FAULT_NO_MASK
#define FAULT_NO_MASK 1
#else
#define FAULT_NO_MASK 0
#endif

/* 2023: serialised after unmasking. */
#ifdef LULL_FAULT_LATE_SERIALISE
#define FAULT_LATE_SERIALISE 1
#else
#define FAULT_LATE_SERIALISE 0
#endif

/* 2026: a site with two matches is written once for each. */
#ifdef LULL_FAULT_TWO_STEPS
#define FAULT_TWO_STEPS 1
#else
#define FAULT_TWO_STEPS 0
#endif

/* Unmasking by Xen's byte tests pending before it stores: an event in between is not delivered. */
#ifdef LULL_FAULT_EARLY_TEST
#define FAULT_EARLY_TEST 1
#else
#define FAULT_EARLY_TEST 0
#endif

/* The other CPUs are not asked to park. */
#ifdef LULL_FAULT_UNPARKED
#define FAULT_UNPARKED 1
#else
#define FAULT_UNPARKED 0
#endif

#endif
