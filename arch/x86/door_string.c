/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/x86/doors.h>

/* How far the end of a string is looked for: no loader's line is this long. */
#define STRING_MOST (64 * KIB)

/* The end of a longer string than fits is found too, to say whose limit that is. */
struct error door_string(uint64_t address, reach_function reach, char *out)
{
	for (unsigned i = 0; i < STRING_MOST; i++) {
		struct span byte = reach(address + i, 1);

		if (byte.size == 0)
			break;
		if (i < BOOT_CMDLINE_SIZE)
			out[i] = (char)byte.at[0];
		if (byte.at[0] != '\0')
			continue;
		if (i < BOOT_CMDLINE_SIZE)
			return error_none();
		out[0] = '\0';
		return error_make(ERROR_CMDLINE_BUFFER, NULL, BOOT_CMDLINE_SIZE - 1, i);
	}
	out[0] = '\0';
	return error_make(ERROR_DOOR_CMDLINE, NULL, STRING_MOST, address);
}
