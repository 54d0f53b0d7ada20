/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order in which the PV guest looks.
 *
 * Words it knows on the command line, numbers in hexadecimal:
 *   expect-initrd   the module must be a test initrd (../initrd.c)
 *   modules=N       there must be N modules, 0 or 1
 *   flags=N         start_info's flags must be N
 *   xen-shim        Xen is its own shim, a guest of another Xen (traces.c)
 *   patched         lull must have patched our sites (sites.c)
 *   fault=NAME      break something first, to prove that the check for it reports it (see pv_cases.py)
 */
#include "pv.h"

void look(void)
{
	uintptr_t bss = image_bss_wrong();
	bool read;

	xen_console_use(true, NULL, 0);
	read = read_start_info();
	look_at_context();
	exceptions_start();
	console_start();
	fact("this is pv_look at %llx, %s", (uint64_t)(uintptr_t)image_start, info.flags & SIF_INITDOMAIN ? "dom0" : "domU");
	if (bss || fault("bss"))
		wrong(".bss is not zero at %llx", (uint64_t)bss);
	check_image();
	check_entry_state();
	check_start_info();
	if (read) {
		check_cmdline();
		check_context();
		check_sites();
		check_p2m();
		check_shared_info();
		find_layout();
		check_tables();
		check_layout();
		check_module();
		check_memory();
		check_traces();
		check_image();
	}
	verdict();
}
