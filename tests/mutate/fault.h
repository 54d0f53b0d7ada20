/* SPDX-License-Identifier: MIT */
/*
 * Which seeded fault the engine was built with (faults.edits makes them), for tests that expect what it does.
 */
#ifndef LULL_TESTS_FAULT_H
#define LULL_TESTS_FAULT_H

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
