/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pv/xen/store_reply.h>

#include <string.h>

struct error store_reply_read(const struct xsd_sockmsg *header, uint32_t type, uint32_t request, enum store_reply *out)
{
	*out = STORE_OTHER;
	if (header->len > XENSTORE_PAYLOAD_MAX)
		return error_make(ERROR_XENSTORE_REPLY, "length", XENSTORE_PAYLOAD_MAX, header->len);
	if (header->type == XS_WATCH_EVENT)
		return error_none();
	if (header->req_id != request)
		return error_make(ERROR_XENSTORE_REPLY, "number", request, header->req_id);
	if (header->type != type && header->type != XS_ERROR)
		return error_make(ERROR_XENSTORE_REPLY, "type", type, header->type);
	*out = header->type == XS_ERROR ? STORE_REFUSAL : STORE_ANSWER;
	return error_none();
}

struct error store_ring_bytes(uint32_t producer, uint32_t consumer, uint32_t *out)
{
	*out = producer - consumer;
	if (*out > XENSTORE_RING_SIZE)
		return error_make(ERROR_XENSTORE_RING, NULL, XENSTORE_RING_SIZE, *out);
	return error_none();
}

/* What xenstored says to a guest (xs_wire.h, xsd_errors), by the numbers that Xen has for them (public/errno.h). */
static const struct {
	char name[8];
	uint32_t number;
} errors[] = {
	{ "EPERM", 1 }, { "ENOENT", 2 }, { "EIO", 5 }, { "E2BIG", 7 }, { "EAGAIN", 11 }, { "ENOMEM", 12 }, { "EACCES", 13 },
	{ "EBUSY", 16 }, { "EEXIST", 17 }, { "EINVAL", 22 }, { "ENOSPC", 28 }, { "EROFS", 30 }, { "ENOSYS", 38 },
};

uint32_t store_error_number(struct span name)
{
	for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		uint64_t size = strlen(errors[i].name);

		/* With or without its NUL. */
		if (span_is(name, 0, errors[i].name, size) && (name.size == size || name.at[size] == '\0'))
			return errors[i].number;
	}
	return 0;
}

bool store_number(struct span text, uint64_t *out)
{
	uint64_t value = 0;

	*out = 0;
	for (uint64_t i = 0; i < text.size; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, text.at[i] - '0', &value))
			return false;
	}
	*out = value;
	return text.size != 0;
}

bool store_next_name(struct span *listing, struct span *name)
{
	for (uint64_t i = 0; i < listing->size; i++) {
		if (listing->at[i] != '\0')
			continue;
		*name = span(listing->at, i);
		span_cut(*listing, i + 1, listing->size - i - 1, listing);
		return true;
	}
	return false;
}

/* What a name is made of, from its end to its beginning: at most 20 digits, or 7 letters and 3 digits. */
struct name {
	char text[24];
	unsigned at;
};

static void put_before(struct name *name, char c)
{
	name->text[--name->at] = c;
}

static void number_before(struct name *name, uint64_t number)
{
	do {
		put_before(name, (char)('0' + number % 10));
		number /= 10;
	} while (number != 0);
}

static void prefix(const struct name *name, const char *before, char out[DISK_NAME_SIZE])
{
	size_t length = strlen(before), size = sizeof(name->text) - name->at;

	if (size > DISK_NAME_SIZE - 1 - length)
		size = DISK_NAME_SIZE - 1 - length;
	memset(out, 0, DISK_NAME_SIZE);
	memcpy(out, before, length);
	memcpy(out + length, name->text + name->at, size);
}

/* Letters as Linux counts disks: a to z, then aa; and the partition's number, where there is one. */
static void name_disk(const char *before, uint32_t disk, uint32_t partition, char out[DISK_NAME_SIZE])
{
	struct name name = { .at = sizeof(name.text) };

	if (partition != 0)
		number_before(&name, partition);
	for (uint32_t left = disk + 1; left != 0; left = (left - 1) / 26)
		put_before(&name, (char)('a' + (left - 1) % 26));
	prefix(&name, before, out);
}

void store_disk_name(uint64_t number, char out[DISK_NAME_SIZE])
{
	struct name digits = { .at = sizeof(digits.text) };
	uint32_t minor = number & 0xff;

	switch (number >> 8) {
	case 3:
		name_disk("hd", minor >> 6, minor & 63, out);
		return;
	case 22:
		name_disk("hd", 2 + (minor >> 6), minor & 63, out);
		return;
	case 8:
		name_disk("sd", minor >> 4, minor & 15, out);
		return;
	case 202:
		name_disk("xvd", minor >> 4, minor & 15, out);
		return;
	}
	if (number >> 28 == 1) {
		name_disk("xvd", (uint32_t)(number >> 8) & 0xfffff, minor, out);
		return;
	}
	number_before(&digits, number);
	prefix(&digits, "vbd-", out);
}

bool store_is_empty_drive(struct span params)
{
	return params.size == 0 || params.at[params.size - 1] == ':';
}
