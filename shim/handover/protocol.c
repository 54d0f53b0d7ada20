/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/handover/protocol.h>

/* The protocol that lull.proto= asks for, where a payload of this kind has it; else `otherwise`, which it is entered by unasked. */
static enum protocol asked_protocol(const struct payload *payload, enum protocol otherwise)
{
	const bool packed = payload->kind == PAYLOAD_LINUX_BZIMAGE;

	switch (payload->options.value[LULL_PROTO]) {
	case PROTO_LINUX64:
		return packed ? PROTOCOL_LINUX64 : otherwise;
	case PROTO_VMLINUX:
		return packed || payload->has_startup ? PROTOCOL_VMLINUX : otherwise;
	case PROTO_PVH:
		return PROTOCOL_PVH;
	default:
		return otherwise;
	}
}

static bool enters_by_multiboot(const struct payload *payload)
{
	return payload->kind == PAYLOAD_MULTIBOOT1 || payload->kind == PAYLOAD_MULTIBOOT2;
}

static enum protocol default_protocol(const struct payload *payload, bool control_domain)
{
	if (payload->kind == PAYLOAD_LINUX_ELF64)
		return PROTOCOL_VMLINUX;
	if (control_domain)
		return PROTOCOL_PVH;
	if (payload->kind == PAYLOAD_LINUX_BZIMAGE)
		return PROTOCOL_LINUX64;
	return payload->has_startup ? PROTOCOL_VMLINUX : PROTOCOL_PVH;
}

struct error protocol_choose(const struct payload *payload, bool control_domain, enum protocol *out)
{
	*out = PROTOCOL_XEN_PV;
	if (payload->as_xen_pv)
		return error_none();
	*out = PROTOCOL_MULTIBOOT;
	if (enters_by_multiboot(payload))
		return error_none();
	*out = asked_protocol(payload, default_protocol(payload, control_domain));
	if (control_domain && *out != PROTOCOL_PVH)
		return error_make(ERROR_LINUX_CONTROL_DOMAIN, NULL, 0, 0);
	return error_none();
}

bool protocol_wants_vmlinux(enum protocol protocol, const struct payload *payload)
{
	return payload->kind == PAYLOAD_LINUX_BZIMAGE && protocol != PROTOCOL_LINUX64;
}

struct error protocol_settle(enum protocol protocol, struct payload *payload)
{
	if (protocol == PROTOCOL_VMLINUX && !payload->has_startup)
		return error_make(ERROR_LINUX_NO_STARTUP, NULL, 0, payload->elf.entry.v);
	if (protocol == PROTOCOL_PVH && payload->kind == PAYLOAD_LINUX_ELF64)
		return error_make(ERROR_LINUX_NO_PVH, NULL, 0, 0);
	if (protocol == PROTOCOL_VMLINUX)
		payload->kind = PAYLOAD_LINUX_ELF64;
	return error_none();
}
