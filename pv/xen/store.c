/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>
#include <pv/deadline.h>
#include <pv/xen/guest.h>
#include <pv/xen/sharing.h>
#include <pv/xen/store.h>
#include <pv/xen/store_reply.h>

#include <string.h>
#include <xen/xen.h>

/* xenstored answers in microseconds, and where it shares its CPU with many guests in milliseconds. */
#define PATIENCE_SECONDS 20
#define ENOENT_NUMBER 2

static struct {
	struct xenstore_domain_interface *ring;
	uint32_t port;
	uint32_t request;
	/* What it failed with: from then on requests and answers may be out of step. */
	struct error broken;
	/* The last answer, and room for a terminator. */
	uint8_t answer[XENSTORE_PAYLOAD_MAX + 1];
} store;

void store_start(struct xenstore_domain_interface *ring, uint32_t port)
{
	store.ring = ring;
	store.port = port;
	store.broken = error_none();
}

/* Waits until there are bytes to read (`reading`), or room to write to, and says how many. */
static struct error wait_for_bytes(bool reading, uint32_t *out)
{
	struct xenstore_domain_interface *ring = store.ring;
	struct deadline deadline = deadline_in(PATIENCE_SECONDS);
	uint32_t count;

	for (;;) {
		if (reading)
			TRY(store_ring_bytes(__atomic_load_n(&ring->rsp_prod, __ATOMIC_ACQUIRE), ring->rsp_cons, &count));
		else
			TRY(store_ring_bytes(ring->req_prod, __atomic_load_n(&ring->req_cons, __ATOMIC_ACQUIRE), &count));
		*out = reading ? count : XENSTORE_RING_SIZE - count;
		if (*out != 0)
			return error_none();
		if (deadline_passed(&deadline))
			return error_make(ERROR_XENSTORE_SILENT, NULL, PATIENCE_SECONDS, 0);
		xen_yield();
	}
}

/* How much of `left` can be moved at once: so much as there is, up to the end of the ring. */
static uint32_t piece(uint32_t index, uint32_t there, uint64_t left)
{
	uint32_t size = XENSTORE_RING_SIZE - MASK_XENSTORE_IDX(index);

	if (size > there)
		size = there;
	return size > left ? (uint32_t)left : size;
}

static struct error put(const void *bytes, uint64_t size)
{
	struct xenstore_domain_interface *ring = store.ring;
	const uint8_t *from = bytes;

	while (size != 0) {
		uint32_t room;

		TRY(wait_for_bytes(false, &room));
		room = piece(ring->req_prod, room, size);
		memcpy(ring->req + MASK_XENSTORE_IDX(ring->req_prod), from, room);
		__atomic_store_n(&ring->req_prod, ring->req_prod + room, __ATOMIC_RELEASE);
		channel_notify(store.port);
		from += room;
		size -= room;
	}
	return error_none();
}

static struct error get(void *bytes, uint64_t size)
{
	struct xenstore_domain_interface *ring = store.ring;
	uint8_t *to = bytes;

	while (size != 0) {
		uint32_t there;

		TRY(wait_for_bytes(true, &there));
		there = piece(ring->rsp_cons, there, size);
		memcpy(to, ring->rsp + MASK_XENSTORE_IDX(ring->rsp_cons), there);
		__atomic_store_n(&ring->rsp_cons, ring->rsp_cons + there, __ATOMIC_RELEASE);
		channel_notify(store.port);
		to += there;
		size -= there;
	}
	return error_none();
}

struct request {
	uint32_t type;
	const char *directory, *node;
	struct span value;
};

static struct error send(const struct request *request)
{
	uint64_t directory = strlen(request->directory), node = strlen(request->node) + 1;
	struct xsd_sockmsg header = {
		.type = request->type,
		.req_id = ++store.request,
		.len = (uint32_t)(directory + 1 + node + request->value.size),
	};

	TRY(put(&header, sizeof(header)));
	TRY(put(request->directory, directory));
	TRY(put("/", 1));
	TRY(put(request->node, node));
	return put(request->value.at, request->value.size);
}

static struct error exchange(const struct request *request, struct span *answer)
{
	struct xsd_sockmsg header;
	enum store_reply reply;

	TRY(send(request));
	do {
		TRY(get(&header, sizeof(header)));
		TRY(store_reply_read(&header, request->type, store.request, &reply));
		TRY(get(store.answer, header.len));
	} while (reply == STORE_OTHER);
	store.answer[header.len] = '\0';
	*answer = span(store.answer, header.len);
	if (reply == STORE_REFUSAL)
		return error_make(ERROR_XENSTORE_NODE, request->node, 0, store_error_number(*answer));
	return error_none();
}

static struct error ask(uint32_t type, const char *directory, const char *node, struct span value, struct span *answer)
{
	struct request request = { type, directory, node, value };
	struct error error;

	TRY(store.broken);
	error = exchange(&request, answer);
	if (failed(error) && error.code != ERROR_XENSTORE_NODE)
		store.broken = error;
	return error;
}

struct error store_read(const char *directory, const char *node, struct span *value)
{
	return ask(XS_READ, directory, node, span(NULL, 0), value);
}

struct error store_list(const char *directory, const char *node, struct span *names)
{
	return ask(XS_DIRECTORY, directory, node, span(NULL, 0), names);
}

struct error store_read_number(const char *directory, const char *node, uint64_t most, uint64_t *out)
{
	struct span value;

	TRY(store_read(directory, node, &value));
	if (!store_number(value, out) || *out > most)
		return error_make(ERROR_XENSTORE_VALUE, node, most, *out);
	return error_none();
}

struct error store_read_optional(const char *directory, const char *node, uint64_t most, uint64_t otherwise, uint64_t *out)
{
	struct error error = store_read_number(directory, node, most, out);

	if (error.code != ERROR_XENSTORE_NODE)
		return error;
	*out = otherwise;
	return error_none();
}

struct error store_write(const char *directory, const char *node, const char *value)
{
	struct span answer;

	return ask(XS_WRITE, directory, node, span(value, strlen(value)), &answer);
}

struct error store_write_number(const char *directory, const char *node, uint64_t value)
{
	char text[24];

	format_text(text, sizeof(text), "%llu", (unsigned long long)value);
	return store_write(directory, node, text);
}

struct error store_remove(const char *directory, const char *node)
{
	struct span answer;
	struct error error = ask(XS_RM, directory, node, span(NULL, 0), &answer);

	return error.code == ERROR_XENSTORE_NODE && error.found == ENOENT_NUMBER ? error_none() : error;
}
