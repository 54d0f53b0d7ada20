/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The half of boot_log.h that knows what a boot says: boot_log_read().
 */
#include <string.h>

#include <tools/boot_log.h>
#include <tools/log_text.h>

/* How whoever loads lull is known on the console. */
static const struct { const char *text, *name; } loaders[] = {
	{ "GRUB", "GRUB" }, { "(XEN)", "Xen" }, { "SeaBIOS", "BIOS" }, { "BdsDxe", "UEFI firmware" }, { "iPXE", "iPXE" },
};

/* lull's own lines; each is looked for behind the one before it. */
static const char *const status_line[] = {
	[MARK_PAYLOAD] = "lull: payload ", [MARK_RECEIPT] = "lull: receipt ", [MARK_HANDOVER] = "lull: handover ",
};

static bool is_there(const struct boot_log *boot, enum boot_mark mark)
{
	return boot->mark[mark].number != 0;
}

static void set_mark(struct boot_log *boot, enum boot_mark mark, const struct log_line *line)
{
	if (!is_there(boot, mark))
		boot->mark[mark] = *line;
}

static bool is_door(struct span text)
{
	const uint8_t digit = span_u8(text, 5);

	return text_is(text, 0, "lull ") && digit >= '0' && digit <= '9' && text_has(text, " door=");
}

/* The line without the kernel's time stamp. */
static struct span without_stamp(const struct log_line *line)
{
	const uint8_t *end;

	if (!line->stamped)
		return line->text;
	end = memchr(line->text.at, ']', line->text.size);
	return text_trim(span(end + 1, line->text.size - (uint64_t)(end + 1 - line->text.at)));
}

static bool is_user(const struct log_line *line)
{
	const struct span text = without_stamp(line);

	return text_is(text, 0, "USERSPACE UP") || text_is(text, 0, "systemd[1]: ") ||
	       (text_is(text, 0, "Run /") && text_has(text, " as init process")) ||
	       (text_is(text, 0, "Welcome to ") && !text_is(text, 0, "Welcome to GRUB"));
}

/* The framed block begins, or goes on. */
static void read_error(struct boot_error *error, const struct log_line *line)
{
	static const char begin[] = "================ lull error ";
	const struct span text = line->text;
	struct span rest;
	uint64_t colon;

	if (error->line == 0 && text_is(text, 0, begin)) {
		error->line = line->number;
		span_cut(text, sizeof(begin) - 1, text.size - (sizeof(begin) - 1), &rest);
		for (colon = 0; colon < rest.size && rest.at[colon] != ':'; colon++)
			;
		span_cut(rest, 0, colon, &error->number);
		if (!span_cut(rest, colon + 1, rest.size - colon - 1, &rest))
			return;
		while (rest.size > 0 && rest.at[rest.size - 1] == '=')
			rest.size--;
		error->title = text_trim(rest);
		return;
	}
	if (error->line == 0 || line->number > error->line + 3)
		return;
	for (colon = 0; colon < text.size && text.at[colon] != ':'; colon++)
		;
	if (!span_cut(text, colon + 1, text.size - colon - 1, &rest))
		return;
	if (text_is(text, 0, "expected:"))
		error->expected = text_trim(rest);
	if (text_is(text, 0, "found:"))
		error->found = text_trim(rest);
	if (text_is(text, 0, "do:"))
		error->action = text_trim(rest);
}

/* lull is awake: a kernel and a user space that were there before have loaded it (kexec). */
static void take_door(struct boot_log *boot, const struct log_line *line)
{
	if (is_there(boot, MARK_KERNEL) || is_there(boot, MARK_USER)) {
		if (!is_there(boot, MARK_LOADER))
			boot->mark[MARK_LOADER] = boot->mark[is_there(boot, MARK_KERNEL) ? MARK_KERNEL : MARK_USER];
		boot->loader = "Linux";
	}
	boot->mark[MARK_KERNEL] = boot->mark[MARK_USER] = (struct log_line){ .number = 0 };
	boot->mark[MARK_DOOR] = *line;
}

/* A line before lull's hand-over. */
static void read_lull(struct boot_log *boot, const struct log_line *line)
{
	if (text_is(line->text, 0, "lull: warning ")) {
		if (boot->warnings < BOOT_WARNINGS)
			boot->warning[boot->warnings] = line->text;
		boot->warnings++;
	}
	for (enum boot_mark mark = MARK_PAYLOAD; is_there(boot, MARK_DOOR) && mark <= MARK_HANDOVER; mark++)
		if (text_is(line->text, 0, status_line[mark]))
			set_mark(boot, mark, line);
	read_error(&boot->error, line);
}

/* A line where there is no lull, or behind its hand-over. */
static void read_kernel(struct boot_log *boot, const struct log_line *line)
{
	const bool known = line->stamped || text_has(line->text, "Linux version ");

	if (is_user(line))
		set_mark(boot, MARK_USER, line);
	else if (!is_there(boot, MARK_USER) && (known || is_there(boot, MARK_HANDOVER)))
		set_mark(boot, MARK_KERNEL, line);
	else if (!is_there(boot, MARK_USER) && !is_there(boot, MARK_KERNEL))
		set_mark(boot, MARK_LOADER, line);
}

static void read_line(struct boot_log *boot, const struct log_line *line)
{
	const bool awake = is_there(boot, MARK_DOOR), left = is_there(boot, MARK_HANDOVER);

	if (!awake && is_door(line->text)) {
		take_door(boot, line);
		return;
	}
	if (!left)
		read_lull(boot, line);
	if (awake == left && text_trim(line->text).size > 0)
		read_kernel(boot, line);
	if (awake || is_there(boot, MARK_KERNEL))
		return;
	for (unsigned i = 0; i < sizeof(loaders) / sizeof(loaders[0]) && *boot->loader == '\0'; i++)
		if (text_has(line->text, loaders[i].text))
			boot->loader = loaders[i].name;
}

/* What the receipt says of the time that lull took. */
static uint64_t lull_us(const struct boot_log *boot)
{
	const struct span line = boot->mark[MARK_RECEIPT].text;
	struct log_field field;
	uint64_t at = 0, ns;

	while (log_field(line, &at, &field))
		if (text_equals(field.name, "shim_ns") && text_number(field.value, &ns))
			return ns / 1000;
	return 0;
}

static void set_time(struct log_line *line, uint64_t us)
{
	line->us = us;
	line->timed = line->number != 0;
}

/* Where nobody wrote down when the lines came: from lull's door on by lull's count, from the kernel's start on by its stamps. */
static void count_own(struct boot_log *boot)
{
	const uint64_t door_to_kernel = lull_us(boot);
	struct log_line *kernel = &boot->mark[MARK_KERNEL], *user = &boot->mark[MARK_USER];
	uint64_t us;

	set_time(&boot->mark[MARK_DOOR], 0);
	set_time(&boot->mark[MARK_RECEIPT], door_to_kernel);
	set_time(&boot->mark[MARK_HANDOVER], door_to_kernel);
	if (kernel->stamped && !__builtin_add_overflow(door_to_kernel, kernel->stamp, &us))
		set_time(kernel, us);
	if (user->stamped && !__builtin_add_overflow(door_to_kernel, user->stamp, &us))
		set_time(user, us);
	for (unsigned i = 0; i < BOOT_MARKS; i++)
		if (boot->mark[i].timed && boot->mark[i].us > 0)
			boot->clock = BOOT_CLOCK_OWN;
}

struct error boot_log_read(struct span log, struct span times, struct boot_log *boot)
{
	struct log_reader reader;
	struct log_line line;

	*boot = (struct boot_log){ .loader = "" };
	TRY(log_open(&reader, log, times));
	while (log_next(&reader, &line)) {
		boot->lines = line.number;
		if (line.timed)
			boot->clock = BOOT_CLOCK_ARRIVAL;
		read_line(boot, &line);
	}
	if (boot->clock == BOOT_CLOCK_NONE)
		count_own(boot);
	return error_none();
}
