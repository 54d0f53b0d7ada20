/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * receipt.c: the four status lines.  Their field names are stable: add fields, never rename one.
 */
#ifndef LULL_SHIM_SAY_RECEIPT_H
#define LULL_SHIM_SAY_RECEIPT_H

#include <core/machine.h>
#include <pv/self.h>
#include <shim/find.h>
#include <shim/handover/handover.h>
#include <shim/patch/patch.h>
#include <shim/say/steps.h>

/* The first line: how lull came in, and where; and a warning when the hypervisor is not known. */
void say_door(const struct boot_info *info, const struct machine *machine);
/* The second line: what is started, and with which command line. */
void say_payload(const struct payload *payload, const struct command_line *line);
/* The windows of the shim and of the payload are printed as one sum. */
void say_receipt(const struct self_receipt *self, const struct payload_receipt *payload, const struct steps *steps);
/* Where KASLR has moved the kernel, the line has the entry that it is linked with: nobody reads the offset there. */
void say_handover(const struct handover *handover, const struct payload *payload);

#endif
