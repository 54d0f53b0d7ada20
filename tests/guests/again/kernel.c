/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PVH kernel, linked low or at the top of the address space, that lull patches at boot and that patches itself again with
 * liblull.a (tests/guests/example/again.c).  It goes to other features and back, twice, and looks at every kind of site.
 */
#include <core/check.h>
#include <lull/receipt.h>
#include <stddef.h>

#include "../example/again.h"

enum { COM1 = 0x3f8, DEBUG_PORT = 0xe9, EXIT_PORT = 0xf4, EXIT_GOOD = 0x10, EXIT_BAD = 0x31 };

extern struct lull_receipt receipt;
extern const char text_start[], text_end[];
extern const uint8_t lock_site[];
uint64_t __stack_chk_guard = UINT64_C(0x1badb002deadbeef);
_Noreturn void __stack_chk_fail(void);

static inline void out(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

static void say(const char *text)
{
	for (; *text != 0; text++) {
		out(COM1, (uint8_t)*text);
		out(DEBUG_PORT, (uint8_t)*text);
	}
}

static _Noreturn void finish(bool good)
{
	say(good ? "GUEST OK\n" : "GUEST FAIL\n");
	for (;;)
		out(EXIT_PORT, good ? EXIT_GOOD : EXIT_BAD);
}

_Noreturn void check_failed(const char *condition, const char *file, unsigned line)
{
	(void)file, (void)line;
	say("again: CHECK ");
	say(condition);
	say("\n");
	finish(false);
}

_Noreturn void __stack_chk_fail(void) { check_failed("the canary", "", 0); }

static void check(const char *what, uint64_t found, uint64_t wanted)
{
	char digits[] = "0000000000000000 ";

	if (found == wanted)
		return;
	for (unsigned i = 0; i < 16; i++)
		digits[15 - i] = "0123456789abcdef"[found >> 4 * i & 15];
	say("again: WRONG: ");
	say(digits);
	say(what);
	say("\n");
	finish(false);
}

/* Sites of every kind; each says which plan is applied. */

static unsigned code(void)
{
	unsigned answer;

	__asm__ volatile(LULL_SITE_CODE("movl $1, %0") LULL_CHOICE(LULL_FEATURE_OWN(0), "movl $2, %0") LULL_SITE_END
			 : "=r"(answer) :);
	return answer;
}

static unsigned trapped(void)
{
	unsigned answer;

	__asm__ volatile(LULL_SITE_TRAPPED
			 LULL_CHOICE(LULL_FEATURE_ALWAYS, "movl $1, %0")
			 LULL_CHOICE(LULL_FEATURE_OWN(0), "xorl %0, %0; incl %0; incl %0")
			 LULL_SITE_END : "=r"(answer) : : "cc");
	return answer;
}

unsigned answer_one(void);
unsigned answer_two(void);
unsigned answer_one(void) { return 1; }
unsigned answer_two(void) { return 2; }
unsigned (*slot)(void) = answer_one;

static unsigned call(void)
{
	unsigned answer;

	__asm__ volatile(LULL_SITE_CALL(slot) LULL_CHOICE(LULL_FEATURE_OWN(0), LULL_CALL_TO(answer_two)) LULL_SITE_END
			 : "=a"(answer) : : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc", "memory");
	return answer;
}

static unsigned branch(void)
{
	if (lull_branch(LULL_FEATURE_OWN(0)))
		return 2;
	return lull_branch_taken(LULL_FEATURE_OWN(0) | LULL_FEATURE_NOT) ? 1 : 3;
}

/* At boot no outer choice is taken. */
static unsigned outer(void)
{
	unsigned answer = 0;

	__asm__ volatile(LULL_OUTER "nop\n\t"
			 LULL_SITE_CODE("addl $3, %0") LULL_CHOICE(LULL_FEATURE_ALWAYS, "addl $1, %0") LULL_SITE_END
			 LULL_OUTER_CHOICE(LULL_FEATURE_OWN(0), "movl $2, %0; nop")
			 LULL_OUTER_END : "+r"(answer) : : "cc");
	return answer;
}

static void look(unsigned answer)
{
	check("code", code(), answer);
	check("trapped", trapped(), answer);
	check("call", call(), answer);
	check("branch", branch(), answer);
	check("outer", outer(), answer);
	check("lock", *(const volatile uint8_t *)lock_site, answer == 2 ? 0xf0 : 0x3e);
	check("self test", lull_self_test(), LULL_SELF_TEST_PATCHED);
}

static uint64_t sum_text(void)
{
	uint64_t sum = 0;

	for (const volatile char *at = text_start; at < (const volatile char *)text_end; at++)
		sum = sum * 31 + (uint8_t)*at;
	return sum;
}

void kernel(uint8_t *alias);
void kernel(uint8_t *alias)
{
	struct lull_features features = { { receipt.features[0] & ~(UINT64_C(1) << LULL_FEATURE_ONE_CPU), 0 } };
	struct window_result result;
	struct error error;
	uint64_t sum;

	check("patched by lull", receipt.version, LULL_RECEIPT_VERSION);
	check("one CPU", receipt.cpus, 1);
	look(1);
	sum = sum_text();
	/* Of what was not applied there is no plan. */
	receipt.features[0] ^= 1u << LULL_FEATURE_ONE_CPU;
	check("wrong features", again_plan(alias, &features).code, ERROR_SITE_BYTES);
	receipt.features[0] ^= 1u << LULL_FEATURE_ONE_CPU;

	lull_features_set(&features, LULL_FEATURE_OWN(0));
	error = again_plan(alias, &features);
	check("plan", error.code, ERROR_NONE);
	check("text while planned", sum_text(), sum);
	slot = NULL;
	for (unsigned i = 0; i < 2; i++) {
		check("switch", again_switch(&result).code, ERROR_NONE);
		look(2);
		check("windows", result.windows, 1);
		check("switch back", again_switch(&result).code, ERROR_NONE);
		look(1);
		check("the text of the boot", sum_text(), sum);
	}
	say(alias == (const uint8_t *)text_start ? "again: no alias\n" : "again: there and back\n");
	finish(alias != (const uint8_t *)text_start);
}
