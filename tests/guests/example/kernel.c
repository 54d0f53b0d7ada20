/* SPDX-License-Identifier: MIT */
/*
 * The example of lull-sites(7): a kernel that uses every kind of patch site, and checks that each became what this
 * machine wants and that the receipt says so.  Without lull it says that it was not patched, and goes no further.
 */
#include <cpuid.h>
#include <lull/receipt.h>
#include <lull/site.h>

/* The last is QEMU's isa-debug-exit. */
enum { COM1 = 0x3f8, DEBUG_PORT = 0xe9, EXIT_PORT = 0xf4, EXIT_GOOD = 0x10, EXIT_BAD = 0x31 };
/* Xen's public headers: xen.h, sched.h. */
enum { CONSOLE_IO = 18, CONSOLEIO_WRITE = 0, SCHED_OP = 29, SCHEDOP_SHUTDOWN = 2, SHUTDOWN_POWEROFF = 0, SHUTDOWN_CRASH = 3 };

extern struct lull_receipt receipt;
extern const uint8_t lock_site[];
int on_native(void);
int count_up(int *counter);
int nested(int *counter);

static inline void out(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

static inline uint8_t in(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static long ports_write(const char *text, unsigned long size)
{
	for (unsigned long i = 0; i < size; i++) {
		for (unsigned wait = 0; wait < 100000 && !(in(COM1 + 5) & 0x20); wait++)
			;
		out(COM1, (uint8_t)text[i]);
		out(DEBUG_PORT, (uint8_t)text[i]);
	}
	return 0;
}

/* A site that holds int3 until it is patched, and two choices: the CPU's vendor decides between two instructions. */
static long hypercall(long number, unsigned long first, unsigned long second, const void *third)
{
	__asm__ volatile(LULL_SITE_TRAPPED
			 LULL_CHOICE(LULL_FEATURE_ALWAYS, "vmcall")
			 LULL_CHOICE(LULL_FEATURE_VENDOR_AMD, "vmmcall")
			 LULL_SITE_END : "+a"(number), "+D"(first), "+S"(second), "+d"(third) : : "memory");
	return number;
}

/* Xen's own console, which is dom0's; any other guest has the debug port, which Xen logs. */
long xen_write(const char *text, unsigned long size)
{
	if (hypercall(CONSOLE_IO, CONSOLEIO_WRITE, size, text) == 0)
		return 0;
	return ports_write(text, size);
}

/* A paravirtual call: through the slot until it is patched; then a direct call of what the slot held, or the choice. */
long (*write_slot)(const char *text, unsigned long size) = ports_write;

static void write(const char *text, unsigned long size)
{
	__asm__ volatile(LULL_SITE_CALL(write_slot)
			 LULL_CHOICE(LULL_FEATURE_BACKEND_XEN_HVM, LULL_CALL_TO(xen_write))
			 LULL_SITE_END : "+D"(text), "+S"(size)
			 : : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "cc", "memory");
}

/* Code that is right as it stands, and better choices for CPUs that have them: the last one that fits wins. */
static int copy_method(void)
{
	int method;

	__asm__ volatile(LULL_SITE_CODE("mov $1, %0")
			 LULL_CHOICE(LULL_FEATURE_ERMS, "mov $2, %0")
			 LULL_CHOICE(LULL_FEATURE_FSRM, "mov $3, %0")
			 LULL_SITE_END : "=r"(method) :);
	return method;
}

#define say(text) write(text, sizeof(text) - 1)
#define check(what, found, wanted) report(what "\n", sizeof(what), (unsigned)(found), (unsigned)(wanted))

static bool good = true;

static void report(const char *what, unsigned size, unsigned found, unsigned wanted)
{
	char line[] = "0000 of 0000 ";

	for (unsigned i = 0, a = found, b = wanted; i < 4; i++, a >>= 4, b >>= 4) {
		line[3 - i] = "0123456789abcdef"[a & 15];
		line[11 - i] = "0123456789abcdef"[b & 15];
	}
	say("example: ");
	if (found != wanted)
		say("WRONG: ");
	say(line);
	write(what, size);
	good &= found == wanted;
}

static bool on_xen(void)
{
	unsigned a, name, c, d;

	__cpuid(1, a, name, c, d);
	if (!(c & 1u << 31))
		return false;
	__cpuid(0x40000000, a, name, c, d);
	return name == 0x566e6558;		/* "XenV" */
}

/* What copy_method() must be, asked of the CPU itself. */
static unsigned method_wanted(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
		return 1;
	return d & 1u << 4 ? 3 : b & 1u << 9 ? 2 : 1;
}

static void check_sites(bool xen)
{
	bool native = receipt.backend == LULL_FEATURE_BACKEND_NATIVE;
	int counter = 40;

	check("which way to copy memory", copy_method(), method_wanted());
	check("the lock prefix", *lock_site, receipt.cpus == 1 ? 0x3e : 0xf0);
	check("counted", count_up(&counter), 40);
	check("nested sites", nested(&counter), native ? 100 : 7);
	check("the counter", counter, native ? 41 : 48);
	check("a static branch, in assembly", on_native(), native);
	check("a static branch, in C", lull_branch(LULL_FEATURE_BACKEND_XEN_HVM), xen);
	check("one that jumps unless", lull_branch_taken(LULL_FEATURE_NOT | LULL_FEATURE_MASK_BYTE), true);
	/* The call does not ask its slot any more. */
	write_slot = NULL;
}

static void check_receipt(bool xen)
{
	const struct lull_receipt_kind *lock = &receipt.kind[LULL_KIND_LOCK];
	unsigned sites = 0;

	for (unsigned kind = 0; kind < LULL_RECEIPT_KINDS; kind++)
		sites += receipt.kind[kind].patched + receipt.kind[kind].left;
	check("the receipt's version", receipt.version, LULL_RECEIPT_VERSION);
	check("the backend", receipt.backend == LULL_FEATURE_BACKEND_XEN_HVM, xen);
	check("windows", receipt.windows != 0, true);
	/* QEMU's CPUs do not state how fast they are; Xen does, and another hypervisor may. */
	if (xen || receipt.backend == LULL_FEATURE_BACKEND_NATIVE)
		check("time in them", receipt.masked_ns != 0, xen);
	/* A nest is one of the first number, and three sites here. */
	check("sites of every kind", sites, receipt.sites + 2);
	check("lock prefixes", lock->patched, receipt.cpus == 1 ? 2 : receipt.backend == LULL_FEATURE_BACKEND_NATIVE);
	check("why they were left", lock->left_why, receipt.cpus == 1 ? LULL_LEFT_NONE :
	      receipt.cpus == 0 ? LULL_LEFT_CPUS_UNKNOWN : LULL_LEFT_CPUS);
}

void kernel(void)
{
	static const char unpatched[] = "example: lull did not patch this kernel\nGUEST FAIL\n";
	bool patched = lull_self_test() == LULL_SELF_TEST_PATCHED, xen = on_xen();
	uint32_t reason;

	if (patched) {
		check_sites(xen);
		check_receipt(xen);
		write(good ? "GUEST OK\n" : "GUEST FAIL\n", good ? 9 : 11);
	} else {
		ports_write(unpatched, sizeof(unpatched) - 1);
	}
	good &= patched;
	reason = good ? SHUTDOWN_POWEROFF : SHUTDOWN_CRASH;
	if (patched && xen)
		hypercall(SCHED_OP, SCHEDOP_SHUTDOWN, (unsigned long)&reason, NULL);
	out(EXIT_PORT, good ? EXIT_GOOD : EXIT_BAD);
}
