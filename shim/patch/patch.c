/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/patch/linux.h>
#include <shim/patch/patch.h>
#include <shim/patch/sites.h>

struct error patch_payload(const struct boot_info *info, const struct machine *machine, const struct payload *payload,
			   const char *cmdline, struct payload_receipt *receipt)
{
	*receipt = (struct payload_receipt){ 0 };
	TRY(patch_sites(info, machine, payload, receipt));
	return patch_linux(info, machine, payload, cmdline, receipt);
}
