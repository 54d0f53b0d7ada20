/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public headers, from the distribution's libxen-dev, as this guest uses them.
 */
#ifndef XEN_GUEST_H
#define XEN_GUEST_H

#include "guest.h"

#define __XEN_INTERFACE_VERSION__ 0x00040a00
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>

#endif
