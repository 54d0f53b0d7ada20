/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two masks that look right and mask nothing, for the seeded faults: each is the other kind of guest's, without its
 * suits(), which would refuse.
 */
#ifndef STORM_WRONG_MASK_H
#define STORM_WRONG_MASK_H

#include <pv/engine/mask.h>

/* CLI in a PV guest: Xen emulates it as a no-op for a guest that has asked for I/O privilege. */
#ifdef LULL_FAULT_CLI_UNDER_PV
#define FAULT_CLI_UNDER_PV 1
#else
#define FAULT_CLI_UNDER_PV 0
#endif

/* evtchn_upcall_mask in a PVH guest: Xen does not look at it there. */
#ifdef LULL_FAULT_BYTE_UNDER_HVM
#define FAULT_BYTE_UNDER_HVM 1
#else
#define FAULT_BYTE_UNDER_HVM 0
#endif

/* Members of a struct backend; is_masked() of the first tells what was asked for, as the flag itself would tell. */
extern const struct backend mask_cli_under_pv;
extern const struct backend mask_byte_under_hvm;

#endif
