/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest that repeats its command line, byte for byte, in hexadecimal; as a PVH kernel, and with ECHO_PV as a PV one.
 */
#ifdef ECHO_PV
#include "pv/pv.h"
#else
#include "pvh.h"
#endif

#define ROW 64u

static void echo_row(const char *at, unsigned size)
{
	char text[2 * ROW + 1];

	for (unsigned i = 0; i < size; i++) {
		text[2 * i] = "0123456789abcdef"[(uint8_t)at[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[(uint8_t)at[i] & 15];
	}
	text[2 * size] = 0;
	fact("line %s", text);
}

static void echo(void)
{
	unsigned size = text_length(command_line);

	for (unsigned at = 0; at < size; at += ROW)
		echo_row(command_line + at, size - at < ROW ? size - at : ROW);
	fact("line of %u bytes", size);
}

void look(void)
{
	bool read;

#ifdef ECHO_PV
	xen_console_use(true, NULL, 0);
	exceptions_start();
	read = read_start_info();
	console_start();
#else
	read = read_start_info();
	machine_start(found.flags);
#endif
	if (read && command_line)
		echo();
	else
		wrong("there is no command line");
	verdict();
}
