/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pack_store.c: in which form OUT.elf has the kernel.
 */
#ifndef LULL_TOOLS_PACK_STORE_H
#define LULL_TOOLS_PACK_STORE_H

#include <tools/judge.h>
#include <tools/pack_options.h>

/*
 * Stores the kernel, module 0 of `source`, as the request says.  `out` is empty where it is to be kept as it is: because that was
 * asked for, because it cannot be stored, or because a door that starts it would refuse it in the stored form.  Says why,
 * unless that was asked for.  False, with a message, when something failed.
 */
bool pack_store(const struct pack_request *request, const struct payload_source *source, const struct judgement *judgement,
		struct span *out);

#endif
