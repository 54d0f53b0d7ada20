/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/handover/protocol.h>
#include <shim/payload/cmdline.h>

static bool is_word(struct span value, const char *word)
{
	return value.size == __builtin_strlen(word) && span_is(value, 0, word, value.size);
}

struct error protocol_choose(struct span door_line, const struct payload *payload, bool control_domain,
			     enum protocol *out)
{
	struct span value;

	*out = control_domain || payload->kind != PAYLOAD_LINUX_BZIMAGE ? PROTOCOL_PVH : PROTOCOL_LINUX64;
	if (payload->as_xen_pv)
		*out = PROTOCOL_XEN_PV;
	if (!cmdline_option(door_line, "proto", &value) && !cmdline_option(payload->cmdline, "proto", &value))
		return error_none();
	if (!is_word(value, "pvh") && !is_word(value, "linux64"))
		return error_make(ERROR_CMDLINE_PROTO, NULL, 0, value.size);
	if (payload->as_xen_pv || payload->kind != PAYLOAD_LINUX_BZIMAGE)
		return error_none();
	if (is_word(value, "pvh")) {
		*out = PROTOCOL_PVH;
		return error_none();
	}
	if (control_domain)
		return error_make(ERROR_LINUX_CONTROL_DOMAIN, NULL, 0, 0);
	*out = PROTOCOL_LINUX64;
	return error_none();
}
