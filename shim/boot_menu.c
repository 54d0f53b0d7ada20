/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>
#include <core/machine.h>
#include <shim/boot_menu.h>
#include <shim/boot_search.h>

#include <string.h>

#define NANOSECONDS UINT64_C(1000000000)
/* How far apart the bytes of one key come at most. */
#define KEY_NANOSECONDS (NANOSECONDS / 20)

enum key {
	KEY_DELETE_WORD = 0x17,
	KEY_DELETE_LINE = 0x15,
	KEY_BACKSPACE = 0x08,
	KEY_ESCAPE = 0x1b,
	KEY_DELETE = 0x7f,
	/* No bytes. */
	KEY_UP = 0x100,
	KEY_DOWN,
	KEY_OTHER,
	KEY_NONE,
};

/* The next byte of a key that has several; 0 when none comes. */
static char more_of_key(void)
{
	uint64_t since = machine_clock();
	char byte;

	while (machine_waited(since) < KEY_NANOSECONDS)
		if (machine_console_read(&byte))
			return byte;
	return 0;
}

/* A byte, or an arrow, which a terminal sends as ESC [ A or ESC O A (ECMA-48, "CUU"). */
static unsigned read_key(void)
{
	char byte;

	if (!machine_console_read(&byte))
		return KEY_NONE;
	if (byte != KEY_ESCAPE)
		return (uint8_t)byte;
	byte = more_of_key();
	if (byte != '[' && byte != 'O')
		return KEY_ESCAPE;
	byte = more_of_key();
	return byte == 'A' ? KEY_UP : byte == 'B' ? KEY_DOWN : KEY_OTHER;
}

static unsigned await_key(void)
{
	unsigned key;

	while ((key = read_key()) == KEY_NONE)
		;
	return key;
}

static bool is_enter(unsigned key) { return key == '\r' || key == '\n'; }

/* Every byte takes one column, whatever it is. */
static void show(const char *text)
{
	for (; *text != '\0'; text++)
		console_printf("%c", *text >= ' ' && *text < 0x7f ? *text : '?');
}

/* Takes bytes off the end of a line. */
static void take_off(char *line, uint64_t count)
{
	uint64_t length = strlen(line);

	for (; count != 0 && length != 0; count--) {
		line[--length] = '\0';
		console_puts("\b \b");
	}
}

/* The bytes of the last word, and of the blanks behind it. */
static uint64_t last_word(const char *line)
{
	uint64_t length = strlen(line), rest = length;

	while (rest != 0 && line[rest - 1] == ' ')
		rest--;
	while (rest != 0 && line[rest - 1] != ' ')
		rest--;
	return length - rest;
}

/* False when it is to be left as it was. */
static bool edit(struct menu *menu)
{
	char *line = menu->line;
	unsigned key;

	console_printf("\nlull: the line of entry %u: Enter starts it, Ctrl-U empties it, Escape goes back\n", menu->chosen);
	show(line);
	while (!is_enter(key = await_key())) {
		const uint64_t length = strlen(line);

		if (key == KEY_ESCAPE)
			return false;
		if (key == KEY_BACKSPACE || key == KEY_DELETE)
			take_off(line, 1);
		else if (key == KEY_DELETE_LINE)
			take_off(line, length);
		else if (key == KEY_DELETE_WORD)
			take_off(line, last_word(line));
		else if (key >= ' ' && key < KEY_UP && length + 1 < menu->line_size) {
			line[length] = (char)key;
			line[length + 1] = '\0';
			show(line + length);
		}
	}
	return true;
}

/* Of one width, so that each covers the one before it; `left` 0: nobody is waited for any more. */
static void prompt(const struct menu *menu, uint64_t left)
{
	console_printf("\rlull: entry %3u", menu->chosen);
	if (left != 0)
		console_printf(" starts in %5llu s", (unsigned long long)left);
	else
		console_puts("                   ");
	console_puts(": a number chooses, e edits, Enter starts ");
}

/* A digit goes behind those before it, as long as there is such an entry. */
static uint32_t choose(const struct menu *menu, unsigned key)
{
	const uint32_t count = menu->list->count, digit = key - '0', longer = menu->chosen * 10 + digit;

	if (key == KEY_UP)
		return menu->chosen != 0 ? menu->chosen - 1 : 0;
	if (key == KEY_DOWN)
		return menu->chosen + 1 < count ? menu->chosen + 1 : menu->chosen;
	if (key < '0' || key > '9')
		return menu->chosen;
	if (longer < count)
		return longer;
	return digit < count ? digit : menu->chosen;
}

/* The first key that comes in time; KEY_NONE where none does. */
static unsigned count_down(const struct menu *menu)
{
	const uint64_t since = machine_clock();
	uint64_t shown = 0;
	unsigned key;

	do {
		const uint64_t seconds = machine_waited(since) / NANOSECONDS, left = menu->seconds - seconds;

		if (seconds >= menu->seconds)
			return KEY_NONE;
		if (left != shown)
			prompt(menu, left);
		shown = left;
		key = read_key();
	} while (key == KEY_NONE);
	return key;
}

void boot_menu(struct menu *menu)
{
	unsigned key;

	boot_say_entries(menu->list);
	for (key = count_down(menu); key != KEY_NONE && !is_enter(key); key = await_key()) {
		menu->chosen = choose(menu, key);
		/* A line that has no room is not there to be edited; why, is said as it is passed over. */
		if (key == 'e' && !failed(entry_line(&menu->list->entry[menu->chosen], menu->words, menu->line, menu->line_size)))
			menu->is_edited = edit(menu);
		if (menu->is_edited)
			break;
		prompt(menu, 0);
	}
	console_puts("\n");
}
