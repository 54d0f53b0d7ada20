/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order in which the guest looks, and its verdict.
 *
 * Words it knows on the command line:
 *   width64         Xen must treat shared_info as the 64-bit layout
 *   expect-initrd   module 0 must be a test initrd (initrd.c)
 *   expect-all      every module must be one
 *   modules=N       there must be N modules
 *   lineN           module N must have the command line "lineN of it"
 *   fault=NAME      break something first, to prove that the check for it reports it (see FAULTS in run.py)
 */
#include "pvh.h"

/* Gates for the 32 exceptions; interrupts stay disabled. */
static void exceptions_start(void)
{
	extern const char exception_stubs[];
#ifdef __x86_64__
	static uint64_t gates[32][2];
	const uint64_t selector = 0x10;
#else
	static uint64_t gates[32][1];
	const uint64_t selector = 0x08;
#endif
	struct __attribute__((packed)) { uint16_t limit; uintptr_t base; } pointer = { sizeof(gates) - 1, (uintptr_t)gates };

	for (unsigned i = 0; i < 32; i++) {
		uint64_t stub = (uintptr_t)exception_stubs + 16 * i;

		gates[i][0] = (stub & 0xffff) | selector << 16 | UINT64_C(0x8e00) << 32 | (stub >> 16 & 0xffff) << 48;
	}
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

void look(void)
{
	uintptr_t bss = image_bss_wrong();
	bool read;

	exceptions_start();
	read = read_start_info();
	machine_start(found.flags);
	fact("this is %s%u", LOOK_NAME, (uint32_t)(8 * sizeof(void *)));
	if (bss || fault("bss"))
		wrong(".bss is not zero at %llx", (uint64_t)bss);
	check_image();
	check_entry_state();
	check_start_info();
	if (read) {
		check_cmdline();
		check_memory_map();
		check_modules();
		check_memory("first");
		check_machine();
		if (on_xen()) {
			check_traces();
			check_memory("after mapping");
			check_image();
		}
	}
	verdict();
}
