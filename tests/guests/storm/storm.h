/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The storm: a kernel of our own whose handlers run patch sites while liblull patches them, again and again.  What its
 * files share.
 *
 * CPU 0 patches; all of them take events.  Every handler checks every site: its signature must be that of the plan that
 * is applied, whole, and never a mixture, the trap fill, or what another plan would put there.
 */
#ifndef STORM_H
#define STORM_H

/* How the rest of the file is laid out, in numbers that assembly shares. */
#define STORM_CPUS 4
#define STACK_SIZE 16384

/* What the text holds.  NONE is the text as it was linked; MIDDLE is what no plan ends with (sites_text.S). */
#define STATE_NONE   0
#define STATE_UP     1
#define STATE_SMP    2
#define STATE_MIDDLE 3

/* Kinds of sites, how many of each, and the signature of one. */
#define KIND_ALTERNATIVE 1
#define KIND_TRAPPED     2
#define KIND_NESTED      3
#define KIND_CALL        4
#define KIND_BRANCH      5
#define KIND_OUTER       6
#define KIND_SITES       2
#define SIGNATURE(kind, state) ((kind) * 0x10000 + (state) * 0x100)

#define VECTOR_TIMER  0x20
#define VECTOR_OWN    0x21
#define VECTOR_CALL   0x22
#define VECTOR_UPCALL 0x23
#define VECTORS       0x30

#ifndef __ASSEMBLER__

#include <arch/x86/cpu.h>
#include <core/error.h>
#include <pv/engine/mask.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event {
	EVENT_TIMER,
	/* What CPU 0 makes pending in every window, once for each CPU. */
	EVENT_OWN,
	/* Come to the rendezvous. */
	EVENT_CALL,
	EVENT_COUNT,
};

/* At the bottom of each CPU's stack; written by its own CPU, but for `raised` and, in a window, `unserialised`. */
struct cpu {
	unsigned number;
	volatile bool here;
	volatile bool offline;
	/* True from the first store of a window until this CPU has serialised. */
	volatile bool unserialised;
	volatile uint32_t raised;
	volatile uint32_t count[EVENT_COUNT];
	/* What the timer was last set to, and whether this CPU has done something else since. */
	uint32_t period;
	volatile bool progress;
	/* How often that was, and when last, by the time stamp counter. */
	volatile uint32_t armed;
	volatile uint64_t armed_at;
	/* Increments of the counter behind the lock sites. */
	volatile uint64_t locked;
	/* Xen: event channels, and where the upcall is announced. */
	uint32_t port[EVENT_COUNT];
	volatile struct vcpu_info *vcpu;
	/* The local APIC's number. */
	uint32_t apic;
};

/* What an exception or an interrupt leaves on the stack (head.S). */
struct frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* What a platform supplies.  Members with a star run inside the window: QUIET_CODE. */
struct platform {
	const char *name;
	/* suits, is_masked*, mask*, unmask*: those of pv/. */
	struct backend mask;
	/* What to add to an address of the text to write there. */
	uint64_t alias;
	/* Sets up the events of the CPU it runs on.  Masked. */
	void (*open)(struct cpu *cpu);
	/* Starts CPUs 1 to count - 1 at other_cpu(). */
	void (*start_others)(unsigned count);
	/* Makes the timer come once, after cpu->period. */
	void (*start_timer)(struct cpu *cpu);
	/* Prints what the timer of the CPU that it runs on does, and reads it all before.  NULL where nothing shows it. */
	void (*report_timer)(void);
	/* The shortest period, in the timer's own units. */
	uint32_t shortest;
	/* * Makes an event pending on a CPU. */
	void (*raise)(struct cpu *cpu, enum event event);
	/* * True while it is pending there. */
	bool (*pending)(struct cpu *cpu, enum event event);
	/* * Masks and unmasks events on the CPU that it runs on. */
	void (*close)(struct cpu *cpu);
	void (*admit)(struct cpu *cpu);
	/* Sends an NMI to the CPU that it runs on.  NULL where none gets in. */
	void (*send_nmi)(struct cpu *cpu);
	/* True where an NMI that waited for an IRET comes right behind it. */
	bool nmi_waits;
	/* * One turn of waiting for another CPU. */
	void (*pause)(void);
	/* Hands an interrupt's vector to on_event(), and ends the interrupt. */
	void (*interrupt)(struct frame *frame, struct cpu *cpu);
	/*
	 * Makes the return from a trap one that delivers nothing, as the instructions that it interrupts would find
	 * things without the trap.  NULL where every return is.
	 */
	void (*resume)(struct frame *frame, struct cpu *cpu);
	void (*write)(const char *text, size_t size);
	void (*end)(bool good) __attribute__((noreturn));
};
extern const struct platform *platform;

/* The CPU this runs on. */
static inline __attribute__((always_inline)) struct cpu *this_cpu(void)
{
	uint64_t stack;

	asm volatile("movq %%rsp, %0" : "=r"(stack));
	return (struct cpu *)(stack & ~(uint64_t)(STACK_SIZE - 1));
}
struct cpu *cpu_at(unsigned number);

/* storm.c: the story. */

/* On CPU 0's stack, masked. */
_Noreturn void storm(const struct platform *on, const char *cmdline);
_Noreturn void other_cpu(void);
_Noreturn void fail(const char *format, ...);
extern unsigned cpu_count;

/* Ticks of the time stamp counter before a wait is given up: seconds on any machine. */
#define PATIENCE (UINT64_C(1) << 34)
/* True as soon as it is. */
#define WAIT_FOR(condition) \
	({ \
		const uint64_t wait_start_ = read_tsc(); \
		bool wait_met_; \
		while (!(wait_met_ = (condition)) && read_tsc() - wait_start_ < PATIENCE) { \
			this_cpu()->progress = true; \
			platform->pause(); \
		} \
		wait_met_; \
	})

/* window.c: one window, seen from inside. */

struct journal;
extern struct rendezvous rendezvous;
/* True from the first to the last store of a window. */
extern volatile bool window_open;
/* Chooses the mask, and sets up the rendezvous. */
void window_prepare(void);
/* One window, and the wait for what was raised in it.  Counts what is lost. */
void one_window(struct journal *from, struct journal *to);

/* step.c: an event at every instruction boundary of the window. */

/* True while a window is stepped. */
bool step_active(void);
/* Where our own code is called in a window: before it is masked, at its two ends, and after its stores. */
enum step_phase {
	STEP_ENTER,
	STEP_OPEN,
	STEP_STORED,
	STEP_CLOSE,
};

/* Called there.  Begins to step when this is the place.  QUIET_CODE. */
void step_from(enum step_phase phase);
/* The single-step trap. */
void step_trap(struct frame *frame);
/* Returns how many boundaries there were, and prints which. */
unsigned step_every_boundary(void);

/* nmi.c: NMIs of our own, in a handler without sites. */

/* From a trap's handler; `target` is the instruction that was trapped.  Nothing where no NMI gets in. */
void nmi_send(uint64_t target);
void nmi_trap(const struct frame *frame);
/* Waits for those that were sent.  Counts it as lost when other than that many came. */
void nmi_settle(void);

/* events.c: what happens when an event comes, and what was counted. */

/* Every count that must be 0, how many events were held, and how many NMIs came. */
extern struct tally {
	volatile uint32_t torn, inside, lost, late, middle;
	volatile uint32_t held, nmi;
} tally;
void on_event(struct cpu *cpu, enum event event);
/* Makes the timer come once more. */
void timer_arm(struct cpu *cpu);
/* Exceptions and interrupts, from head.S. */
void trap(struct frame *frame);
void tally_add(volatile uint32_t *counter);

/* sites.c: plans, and what the sites must answer. */

extern volatile unsigned sites_state;
extern struct journal sites_up, sites_smp;
/* Plans for one CPU and for several, of the text as it is linked.  `alias` as in struct platform. */
struct error sites_plan(uint64_t alias);
/* Runs all sites, and counts what is not as the state wants it.  Masked. */
void sites_check(struct cpu *cpu);
/* Increments through the lock sites, without the rest.  At any time. */
void sites_lock(struct cpu *cpu);
/* True when no increment was lost. */
bool sites_locked_all(void);

/* hvm.c: without a hypervisor, and in a PVH guest of Xen. */

_Noreturn void hvm_main(uint32_t start_info);

/* pv.c: a PV guest of Xen. */

struct start_info;
_Noreturn void pv_main(struct start_info *info);

/* lapic.c: the local APIC's timer and interrupts. */

void lapic_open(struct cpu *cpu);
void lapic_timer(struct cpu *cpu);
void lapic_report(void);
void lapic_start_others(unsigned count);
void lapic_send(struct cpu *cpu, uint8_t vector);
void lapic_send_nmi(struct cpu *cpu);
bool lapic_requested(uint8_t vector);
void lapic_end(void);

/* xen.c: hypercalls and event channels, of a PV and of an HVM guest alike. */

/* How hypercalls are made; then the page that xen_shared_page stands for must become Xen's. */
void xen_start(bool pv);
/* Where text goes: to a ring, or, without one, to Xen's own console. */
void xen_console(void *ring, uint32_t port);
int64_t xen_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c);
/* `vcpu` is Xen's number of the one that this runs on. */
void xen_open(struct cpu *cpu, uint32_t vcpu);
void xen_send(struct cpu *cpu, enum event event);
bool xen_pending(struct cpu *cpu, enum event event);
void xen_upcall(struct cpu *cpu);
void xen_pause(void);
void xen_write(const char *text, size_t size);
_Noreturn void xen_end(bool good);
extern uint8_t xen_shared_page[4096];

/* ../print.c */
void print(const char *format, ...);
void print_arguments(const char *format, __builtin_va_list *arguments);
void console_write(const char *text, unsigned size);
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
/* Of storm.c, for the engine. */
int memcmp(const void *a, const void *b, size_t size);

#endif
#endif
