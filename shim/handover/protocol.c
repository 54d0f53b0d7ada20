/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/handover/protocol.h>

struct error protocol_choose(const struct payload *payload, bool control_domain, enum protocol *out)
{
	uint8_t asked = payload->options.value[LULL_PROTO];

	*out = control_domain || payload->kind != PAYLOAD_LINUX_BZIMAGE ? PROTOCOL_PVH : PROTOCOL_LINUX64;
	if (payload->as_xen_pv)
		*out = PROTOCOL_XEN_PV;
	if (payload->as_xen_pv || payload->kind != PAYLOAD_LINUX_BZIMAGE || asked == PROTO_UNASKED)
		return error_none();
	if (asked == PROTO_LINUX64 && control_domain)
		return error_make(ERROR_LINUX_CONTROL_DOMAIN, NULL, 0, 0);
	*out = asked == PROTO_PVH ? PROTOCOL_PVH : PROTOCOL_LINUX64;
	return error_none();
}

bool protocol_wants_vmlinux(enum protocol protocol, const struct payload *payload)
{
	return payload->kind == PAYLOAD_LINUX_BZIMAGE && protocol != PROTOCOL_LINUX64;
}
