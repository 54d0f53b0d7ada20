/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/x86/cpu.h>
#include <pv/cpu_features.h>
#include <pv/engine/x86/serialise.h>

void cpu_features_set(struct lull_features *features)
{
	struct cpuid extended = cpuid(0, 0).eax >= 7 ? cpuid(7, 0) : (struct cpuid){ 0 };

	if (extended.ebx & 1u << 9)
		lull_features_set(features, LULL_FEATURE_ERMS);
	if (extended.edx & 1u << 4)
		lull_features_set(features, LULL_FEATURE_FSRM);
	if (serialise_start())
		lull_features_set(features, LULL_FEATURE_SERIALIZE);
	if (cpu_is_amd())
		lull_features_set(features, LULL_FEATURE_VENDOR_AMD);
}
