/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls in C's clothes, the consoles, exceptions, and the end.
 */
#include "pv.h"

static uint8_t ring_page[PAGE] SCRATCH;

long hypercall3(unsigned number, uintptr_t a, uintptr_t b, uintptr_t c) { return hypercall4(number, a, b, c, 0); }
long hypercall2(unsigned number, uintptr_t a, uintptr_t b) { return hypercall4(number, a, b, 0, 0); }

/* Until start_info has been read, and in a dom0 always, CONSOLEIO_write is all there is. */
void console_start(void)
{
	bool dom0 = info.flags & SIF_INITDOMAIN;

	xen_console_use(true, NULL, 0);
	if (!dom0 && info.console.domU.mfn && map_frame(ring_page, info.console.domU.mfn, true) == 0)
		xen_console_use(false, ring_page, info.console.domU.evtchn);
}

void console_write(const char *text, unsigned size) { xen_console_write(text, size); }

_Noreturn void machine_end(bool good)
{
	xen_console_drain();
	xen_shutdown(good);
}

void exceptions_start(void)
{
	extern const char exception_stubs[];
	static struct trap_info traps[33];

	for (unsigned i = 0; i < 32; i++) {
		traps[i].vector = (uint8_t)i;
		traps[i].cs = FLAT_KERNEL_CS;
		traps[i].address = (uintptr_t)exception_stubs + 16 * i;
	}
	hypercall2(__HYPERVISOR_set_trap_table, (uintptr_t)traps, 0);
}
