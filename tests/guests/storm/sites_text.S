/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sites.  Each answers with its signature in eax, put together of two instructions, so that half of one choice and
 * half of another answer neither.
 *
 * Every function stores KIND_SITES answers at rdi.
 */
#include <lull/site.h>

#include "storm.h"

/* The second half of every choice; the first makes up for it. */
#define HALF_NONE   0x11111111
#define HALF_UP     0x22222222
#define HALF_SMP    0x44444444
#define HALF_MIDDLE 0x08080808
#define ANSWER(kind, state, half) \
	movl $((SIGNATURE(kind, state) + number) ^ half), %eax ; xorl $half, %eax

	.macro	sites name
	.globl	\name
	.type	\name, @function
\name:
	.set	number, 0
	.rept	KIND_SITES
	site_\name
	stosl
	.set	number, number + 1
	.endr
	ret
	.size	\name, . - \name
	.endm

	/* Replaced for one CPU, and for more; never left as they are. */
	.macro	site_sites_alternative
	LULL_SITE_CODE(ANSWER(KIND_ALTERNATIVE, STATE_NONE, HALF_NONE))
	LULL_CHOICE(LULL_FEATURE_ONE_CPU, ANSWER(KIND_ALTERNATIVE, STATE_UP, HALF_UP))
	LULL_CHOICE(LULL_FEATURE_ONE_CPU + LULL_FEATURE_NOT, ANSWER(KIND_ALTERNATIVE, STATE_SMP, HALF_SMP))
	LULL_SITE_END
	.endm

	/* Traps until patched. */
	.macro	site_sites_trapped
	LULL_SITE_TRAPPED
	LULL_CHOICE(LULL_FEATURE_ONE_CPU, ANSWER(KIND_TRAPPED, STATE_UP, HALF_UP))
	LULL_CHOICE(LULL_FEATURE_ONE_CPU + LULL_FEATURE_NOT, ANSWER(KIND_TRAPPED, STATE_SMP, HALF_SMP))
	LULL_SITE_END
	.endm

	/* Two choices fit each plan, and the last wins: MIDDLE is never seen by who keeps the rule. */
	.macro	site_sites_nested
	LULL_SITE_CODE(ANSWER(KIND_NESTED, STATE_NONE, HALF_NONE))
	LULL_CHOICE(LULL_FEATURE_ALWAYS, ANSWER(KIND_NESTED, STATE_MIDDLE, HALF_MIDDLE))
	LULL_CHOICE(LULL_FEATURE_ONE_CPU, ANSWER(KIND_NESTED, STATE_UP, HALF_UP))
	LULL_CHOICE(LULL_FEATURE_ONE_CPU + LULL_FEATURE_NOT, ANSWER(KIND_NESTED, STATE_SMP, HALF_SMP))
	LULL_SITE_END
	.endm

	/*
	 * Unpatched, a call through the slot; for more CPUs, a call of what the slot held when the plan was made; for
	 * one, no call at all.
	 */
	.macro	site_sites_call
	LULL_SITE_CALL(sites_slot)
	LULL_CHOICE(LULL_FEATURE_ONE_CPU, movl $SIGNATURE(KIND_CALL, STATE_UP), %eax)
	LULL_SITE_END
	.endm

	/* Unpatched, the second one jumps; for one CPU, the first; for more, neither. */
	.macro	site_sites_branch
	LULL_BRANCH(LULL_FEATURE_ONE_CPU, 1f)
	LULL_BRANCH_TAKEN(LULL_FEATURE_ONE_CPU, 2f)
	movl	$SIGNATURE(KIND_BRANCH, STATE_SMP) + number, %eax
	jmp	3f
1:	movl	$SIGNATURE(KIND_BRANCH, STATE_UP) + number, %eax
	jmp	3f
2:	movl	$SIGNATURE(KIND_BRANCH, STATE_NONE) + number, %eax
3:
	.endm

	/* Replaced whole for one CPU; for more, the site in it is. */
	.macro	site_sites_outer
	LULL_OUTER
	LULL_SITE_CODE(ANSWER(KIND_OUTER, STATE_NONE, HALF_NONE))
	LULL_CHOICE(LULL_FEATURE_ALWAYS, ANSWER(KIND_OUTER, STATE_SMP, HALF_SMP))
	LULL_SITE_END
	LULL_OUTER_CHOICE(LULL_FEATURE_ONE_CPU, ANSWER(KIND_OUTER, STATE_UP, HALF_UP))
	LULL_OUTER_END
	.endm

	/* Before all other sites, and the nested ones first: what is stored first is what step.c can come between. */
	.section .text.sites, "ax"
	sites	sites_nested
	sites	sites_alternative
	sites	sites_trapped
	sites	sites_call
	sites	sites_branch
	sites	sites_outer

	.globl	sites_answer_slot, sites_answer_direct
sites_answer_slot:
	movl	$SIGNATURE(KIND_CALL, STATE_NONE), %eax
	ret
sites_answer_direct:
	movl	$SIGNATURE(KIND_CALL, STATE_SMP), %eax
	ret

	/* Increments the counter once through each lock site. */
	.globl	sites_increment, sites_first_lock
sites_increment:
sites_first_lock:
	.rept	KIND_SITES
	LULL_LOCK incq sites_counter(%rip)
	.endr
	ret

	.data
	.balign	8
	.globl	sites_slot, sites_counter
sites_slot:
	.quad	sites_answer_direct
sites_counter:
	.quad	0

	.section .note.GNU-stack, "", @progbits
