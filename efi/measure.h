/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure.c: tells a TPM what of this image is used (UAPI Group specification "Unified Kernel Image", "PE sections" and
 * "Measurements"; TCG EFI Protocol specification, family 2.0).
 */
#ifndef LULL_EFI_MEASURE_H
#define LULL_EFI_MEASURE_H

#include <efi/addons.h>

/*
 * Measures the sections of the image into PCR 11, each by its name and then by its bytes, in the order that the specification
 * has.  Does nothing without a TPM; warns when one refuses.
 */
void measure_image(void);

/* The same of the sections that add-ons have, into PCR 12, in the order in which the add-ons count. */
void measure_addons(const struct addons *addons);

#endif
