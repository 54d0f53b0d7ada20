/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <pv/xen/store_reply.h>

static void answers_and_refusals(void **state)
{
	struct xsd_sockmsg header = { .type = XS_READ, .req_id = 7, .len = 4096 };
	enum store_reply reply;

	(void)state;
	assert_fine(store_reply_read(&header, XS_READ, 7, &reply));
	assert_int_equal(reply, STORE_ANSWER);
	header.type = XS_ERROR;
	assert_fine(store_reply_read(&header, XS_READ, 7, &reply));
	assert_int_equal(reply, STORE_REFUSAL);
	header.type = XS_WATCH_EVENT;
	header.req_id = 0;
	assert_fine(store_reply_read(&header, XS_READ, 7, &reply));
	assert_int_equal(reply, STORE_OTHER);
}

static void strange_headers(void **state)
{
	enum store_reply reply;

	(void)state;
	assert_error(store_reply_read(&(struct xsd_sockmsg){ XS_READ, 7, 0, 4097 }, XS_READ, 7, &reply), ERROR_XENSTORE_REPLY);
	assert_error(store_reply_read(&(struct xsd_sockmsg){ XS_READ, 8, 0, 1 }, XS_READ, 7, &reply), ERROR_XENSTORE_REPLY);
	assert_error(store_reply_read(&(struct xsd_sockmsg){ XS_RM, 7, 0, 1 }, XS_READ, 7, &reply), ERROR_XENSTORE_REPLY);
}

static void bytes_in_a_ring(void **state)
{
	uint32_t bytes;

	(void)state;
	assert_fine(store_ring_bytes(3, 0xfffffff0, &bytes));
	assert_int_equal(bytes, 19);
	assert_fine(store_ring_bytes(1024, 0, &bytes));
	assert_error(store_ring_bytes(1025, 0, &bytes), ERROR_XENSTORE_RING);
	assert_error(store_ring_bytes(0, 1, &bytes), ERROR_XENSTORE_RING);
}

static void names_of_errors(void **state)
{
	(void)state;
	assert_int_equal(store_error_number(span("ENOENT", 6)), 2);
	assert_int_equal(store_error_number(span("ENOENT", 7)), 2);
	assert_int_equal(store_error_number(span("E2BIG", 6)), 7);
	assert_int_equal(store_error_number(span("EIO!", 4)), 0);
	assert_int_equal(store_error_number(span(NULL, 0)), 0);
}

static void numbers(void **state)
{
	uint64_t number;

	(void)state;
	assert_true(store_number(span("18446744073709551615", 20), &number));
	assert_true(number == UINT64_MAX);
	assert_false(store_number(span("18446744073709551616", 20), &number));
	assert_false(store_number(span("184467440737095516150", 21), &number));
	assert_false(store_number(span("", 0), &number));
	assert_false(store_number(span("1 ", 2), &number));
	assert_false(store_number(span("a", 1), &number));
}

static void listings(void **state)
{
	struct span listing = span("51712\0\0x", 8), name;

	(void)state;
	assert_true(store_next_name(&listing, &name));
	assert_span(name, "51712");
	assert_true(store_next_name(&listing, &name));
	assert_int_equal(name.size, 0);
	/* The last one does not end. */
	assert_false(store_next_name(&listing, &name));
}

static void assert_name(uint64_t number, const char *wanted)
{
	char name[DISK_NAME_SIZE];

	store_disk_name(number, name);
	assert_string_equal(name, wanted);
}

static void names_of_disks(void **state)
{
	(void)state;
	assert_name(51712, "xvda");
	assert_name(51713, "xvda1");
	assert_name(51712 + 16 * 15 + 15, "xvdp15");
	assert_name(1 << 28 | 16 << 8, "xvdq");
	assert_name(1 << 28 | 26 << 8 | 2, "xvdaa2");
	assert_name(1 << 28 | 0xfffff00, "xvdbgqcv");
	assert_name(768, "hda");
	assert_name(768 + 65, "hdb1");
	assert_name(22 << 8, "hdc");
	assert_name(2048 + 16 + 3, "sdb3");
	assert_name(5, "vbd-5");
	assert_name(UINT64_MAX, "vbd-18446744073");
}

static void drives_without_a_medium(void **state)
{
	(void)state;
	assert_true(store_is_empty_drive(span(NULL, 0)));
	assert_true(store_is_empty_drive(span("aio:", 4)));
	assert_false(store_is_empty_drive(span("aio:/a.iso", 10)));
}

int main(void)
{
	return RUN_TESTS("store_reply", answers_and_refusals, strange_headers, bytes_in_a_ring, names_of_errors,
			 numbers, listings, names_of_disks, drives_without_a_medium);
}
