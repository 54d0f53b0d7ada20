/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the command line, the count of what is wrong, and the last line.
 */
#include "guest.h"

static unsigned wrong_count;
static char first_wrong[100];

const char *command_line;

/* The first word at or after `at`, or NULL. */
static const char *word_from(const char *at)
{
	while (at && *at == ' ')
		at++;
	return at && *at ? at : NULL;
}

static const char *word_end(const char *at)
{
	while (*at && *at != ' ')
		at++;
	return at;
}

bool asked(const char *word)
{
	unsigned length = text_length(word);

	for (const char *at = word_from(command_line); at; at = word_from(word_end(at)))
		if ((unsigned)(word_end(at) - at) == length && text_equal(at, word, length))
			return true;
	return false;
}

bool asked_number(const char *name, uint64_t *number)
{
	unsigned length = text_length(name);

	for (const char *at = word_from(command_line); at; at = word_from(word_end(at)))
		if ((unsigned)(word_end(at) - at) > length && at[length] == '=' && text_equal(at, name, length)) {
			*number = 0;
			for (at += length + 1; *at && *at != ' '; at++)
				*number = *number * 16 + (uint64_t)(*at <= '9' ? *at - '0' : (*at | 0x20) - 'a' + 10);
			return true;
		}
	return false;
}

bool fault(const char *name)
{
	char word[40] = "fault=";
	unsigned length = text_length(name);

	memcpy(word + 6, name, length + 1);
	return asked(word);
}

void wrong(const char *format, ...)
{
	__builtin_va_list arguments;

	/* The sentence without its numbers is enough for the last line. */
	if (wrong_count++ == 0)
		for (unsigned i = 0; i + 1 < sizeof(first_wrong) && format[i] && format[i] != '%'; i++)
			first_wrong[i] = format[i];
	print("guest: WRONG: ");
	__builtin_va_start(arguments, format);
	print_arguments(format, &arguments);
	__builtin_va_end(arguments);
	print("\n");
}

void exception(uintptr_t vector, uintptr_t error, uintptr_t ip)
{
	static bool again;

	if (!again) {
		again = true;
		print("\nGUEST FAIL exception %u error %llx ip %llx\n", (uint32_t)vector, (uint64_t)error, (uint64_t)ip);
	}
	machine_end(false);
}

void check_cmdline(void)
{
	const char *at = command_line ? command_line : "";

	fact("cmdline \"%s\"", at);
	for (; *at; at++)
		if (text_equal(at, "lull.", 5) && (at == command_line || at[-1] == ' '))
			wrong("a word for the shim reached the guest's command line");
}

_Noreturn void verdict(void)
{
	if (fault("exception"))
		__asm__ volatile("ud2");
	if (wrong_count)
		print("GUEST FAIL %s (%u wrong)\n", first_wrong, wrong_count);
	else
		print("GUEST OK\n");
	machine_end(wrong_count == 0);
}
