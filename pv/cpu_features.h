/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu_features.c: the features of a patch site's choice that the CPU itself has, whoever runs the machine.
 */
#ifndef LULL_PV_CPU_FEATURES_H
#define LULL_PV_CPU_FEATURES_H

#include <lull/site.h>

/* Sets ERMS, FSRM, SERIALIZE and VENDOR_AMD as CPUID has them (SDM volume 2A, CPUID, leaf 7), and makes serialise() usable. */
void cpu_features_set(struct lull_features *features);

#endif
