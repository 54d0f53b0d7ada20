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

/* Offsets in shared_info of both widths (public/xen.h): 32 struct vcpu_info of 64 bytes come first in each. */
#define PENDING_SELECTOR_64 8
#define PENDING_SELECTOR_32 4
#define PENDING 2048
#define MASK_64 (PENDING + 8 * 64)
#define MASK_32 (PENDING + 4 * 32)

/* events.c: event channels. */

/* True for the two ports that a toolstack makes for console and store; each guest knows them in its own way. */
bool expected_port(evtchn_port_t port);
evtchn_port_t bind_ipi(void);
void send(evtchn_port_t port);
void check_ports(void);
/* Nothing may be pending in shared_info but what the toolstack's own two channels made. */
void check_pending(const volatile uint8_t *shared_page);

#endif
