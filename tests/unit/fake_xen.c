/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_xen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/xen/blk_ring.h>
#include <pv/xen/guest.h>
#include <pv/xen/hypercall.h>
#include <xen/event_channel.h>
#include <xen/io/xs_wire.h>

#define NODES 64
#define STORE_PORT 1
#define DISK_PORT 7
#define FRONT "device/vbd/51712/"

struct fake_xen fake_xen;
uint8_t fake_disk[FAKE_DISK_SIZE];

static struct { char path[128]; char value[4096]; } nodes[NODES];
static struct xenstore_domain_interface ring;
static uint8_t pending[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
static uint32_t pending_size;
static uint8_t answers[4 * sizeof(pending)];
static uint32_t answers_size;
static struct grant_entry_v1 table[GRANT_ENTRIES] __attribute__((aligned(4096)));
static uint64_t addresses[65536];
static bool channel_is_open;
static uint32_t taken, produced;

/* Host addresses do not fit in a grant, so a frame is a number of ours: where the page was put down. */
static uint64_t frame(uint64_t address)
{
	uint64_t page = address & ~PAGE_MASK;
	uint32_t at = (uint32_t)(page >> PAGE_SHIFT) % 65536;

	while (addresses[at] != 0 && addresses[at] != page)
		at = (at + 1) % 65536;
	addresses[at] = page;
	return fake_xen.high_frame != 0 && --fake_xen.high_frame == 0 ? UINT64_C(1) << 32 : at;
}

static void *page_of(uint32_t entry) { return (void *)addresses[table[entry].frame]; }

static struct error map_grants(const struct boot_info *info, struct grant_entry_v1 **out)
{
	(void)info;
	*out = table;
	return fake_xen.grants_fail ? error_make(ERROR_HYPERCALL, "map", 0, 1) : error_none();
}

static struct error unmap_grants(void) { return error_none(); }

const struct sharing fake_sharing = { frame, map_grants, unmap_grants };
struct store_ring fake_ring(void) { return (struct store_ring){ &ring, STORE_PORT }; }

const char *fake_store_get(const char *path)
{
	for (unsigned i = 0; i < NODES; i++)
		if (strcmp(nodes[i].path, path) == 0)
			return nodes[i].value;
	return NULL;
}

void fake_store_set(const char *path, const char *value)
{
	unsigned i = 0;

	while (i < NODES && strcmp(nodes[i].path, path) != 0)
		i++;
	for (unsigned free_one = 0; i == NODES; free_one++)
		if (nodes[free_one].path[0] == '\0')
			i = free_one;
	snprintf(nodes[i].path, sizeof(nodes[i].path), "%s", value ? path : "");
	snprintf(nodes[i].value, sizeof(nodes[i].value), "%s", value ? value : "");
}

static unsigned number(const char *path)
{
	const char *value = fake_store_get(path);

	return value ? (unsigned)strtoul(value, NULL, 10) : 0;
}

static void set_backend(unsigned state)
{
	char text[8];

	snprintf(text, sizeof(text), "%u", state);
	fake_store_set(FAKE_BACKEND "/state", text);
}

/* What blkback makes of its front end's state (drivers/block/xen-blkback/xenbus.c, frontend_changed()). */
static void follow(void)
{
	unsigned front = number(FRONT "state"), back = number(FAKE_BACKEND "/state");

	if (front == 3 && back == 2)
		set_backend(fake_xen.backend_state ? fake_xen.backend_state : 4);
	else if (fake_xen.backend_stays)
		return;
	else if (front == 5 && back != 5)
		set_backend(5);
	else if (front == 6 && back != 6)
		set_backend(6);
	else if (front == 1 && back == 6)
		set_backend(2);
	if (front == 6 && fake_xen.keeps_ring != 0)
		table[number(FRONT "ring-ref")].flags |= GTF_reading;
	if (number(FAKE_BACKEND "/state") == 6)
		taken = produced = 0;
}

static void answer(const struct xsd_sockmsg *request, uint32_t type, const void *bytes, uint32_t size)
{
	struct xsd_sockmsg header = { .type = type, .req_id = request->req_id, .len = size };
	struct xsd_sockmsg event = { .type = XS_WATCH_EVENT, .len = 4 };

	if (fake_xen.store_watch) {
		memcpy(answers + answers_size, &event, sizeof(event));
		memcpy(answers + answers_size + sizeof(event), "a\0b", 4);
		answers_size += sizeof(event) + 4;
	}
	header.req_id += fake_xen.store_wrong_number;
	header.type = fake_xen.store_wrong_type ? fake_xen.store_wrong_type : type;
	header.len = fake_xen.store_wrong_length ? fake_xen.store_wrong_length : size;
	memcpy(answers + answers_size, &header, sizeof(header));
	memcpy(answers + answers_size + sizeof(header), bytes, size);
	answers_size += sizeof(header) + size;
}

static void refuse(const struct xsd_sockmsg *request, const char *name)
{
	answer(request, XS_ERROR, name, (uint32_t)strlen(name) + 1);
}

/* The names below a directory, each once, with their NULs. */
static void list(const struct xsd_sockmsg *request, const char *path)
{
	char names[4096];
	uint32_t size = 0;
	size_t length = strlen(path);

	for (unsigned i = 0; i < NODES; i++) {
		const char *name = nodes[i].path + length + 1;
		size_t end;
		bool seen = false;

		if (strncmp(nodes[i].path, path, length) != 0 || nodes[i].path[length] != '/')
			continue;
		end = strcspn(name, "/");
		for (uint32_t at = 0; at < size; at += (uint32_t)strlen(names + at) + 1)
			seen = seen || (strlen(names + at) == end && strncmp(names + at, name, end) == 0);
		if (seen)
			continue;
		memcpy(names + size, name, end);
		names[size + end] = '\0';
		size += (uint32_t)end + 1;
	}
	if (size == 0)
		refuse(request, "ENOENT");
	else
		answer(request, XS_DIRECTORY, names, size);
}

static void serve(const struct xsd_sockmsg *request, const char *path)
{
	const char *value = path + strlen(path) + 1;
	char text[128];
	uint32_t size = request->len - (uint32_t)strlen(path) - 1;

	if (request->type == XS_DIRECTORY) {
		list(request, path);
	} else if (request->type == XS_READ) {
		const char *found = fake_store_get(path);

		if (found)
			answer(request, XS_READ, found, (uint32_t)strlen(found));
		else
			refuse(request, "ENOENT");
	} else if (fake_xen.store_read_only) {
		refuse(request, fake_xen.store_read_only);
	} else if (request->type == XS_WRITE) {
		snprintf(text, sizeof(text), "%.*s", (int)size, value);
		fake_store_set(path, text);
		answer(request, XS_WRITE, "OK", 3);
	} else if (fake_store_get(path)) {
		fake_store_set(path, NULL);
		answer(request, XS_RM, "OK", 3);
	} else {
		refuse(request, "ENOENT");
	}
}

static void run_store(void)
{
	const struct xsd_sockmsg *request = (const struct xsd_sockmsg *)pending;

	if (fake_xen.store_silent)
		return;
	while (ring.req_cons != ring.req_prod)
		pending[pending_size++] = (uint8_t)ring.req[MASK_XENSTORE_IDX(ring.req_cons++)];
	if (pending_size >= sizeof(*request) && pending_size == sizeof(*request) + request->len) {
		pending_size = 0;
		if (fake_xen.store_answers_left != 0 && --fake_xen.store_answers_left == 0)
			fake_xen.store_silent = true;
		serve(request, (const char *)(request + 1));
		follow();
	}
	while (answers_size != 0 && ring.rsp_prod - ring.rsp_cons < XENSTORE_RING_SIZE) {
		ring.rsp[MASK_XENSTORE_IDX(ring.rsp_prod++)] = (char)answers[0];
		memmove(answers, answers + 1, --answers_size);
	}
	ring.rsp_prod += fake_xen.store_excess;
}

static void copy(const struct blkif_request_segment *segment, uint64_t *sector, bool *bad)
{
	for (unsigned i = segment->first_sect; i <= segment->last_sect; i++, ++*sector) {
		*bad = *bad || (fake_xen.disk_bad_sector != 0 && *sector == fake_xen.disk_bad_sector);
		memcpy((uint8_t *)page_of(segment->gref) + i * BLK_SECTOR, fake_disk + *sector * BLK_SECTOR, BLK_SECTOR);
	}
	if (fake_xen.keeps_grants && segment->first_sect == 0)
		table[segment->gref].flags |= GTF_writing;
}

/* Serves one request, and says how many pages it had. */
static unsigned serve_request(const struct blkif_request *direct, bool *bad)
{
	const struct blkif_request_indirect *indirect = (const void *)direct;
	const struct blkif_request_segment *segments = direct->seg;
	uint64_t sector = direct->sector_number;
	unsigned count = direct->nr_segments;

	if (direct->operation == BLKIF_OP_INDIRECT) {
		segments = page_of(indirect->indirect_grefs[0]);
		sector = indirect->sector_number;
		count = indirect->nr_segments;
		fake_xen.indirect++;
		if (fake_xen.keeps_grants)
			table[indirect->indirect_grefs[0]].flags |= GTF_reading;
	}
	for (unsigned i = 0; i < count; i++)
		copy(&segments[i], &sector, bad);
	return count;
}

static void answer_request(struct blkif_sring *shared, uint64_t id, bool bad)
{
	struct blkif_response response = { .id = id + fake_xen.disk_wrong_id, .status = bad ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY };

	memcpy(&shared->ring[produced++ % 32].rsp, &response, sizeof(response));
}

static void run_disk(void)
{
	struct blkif_sring *shared;
	unsigned ref = number(FRONT "ring-ref"), waiting;

	if (number(FAKE_BACKEND "/state") != 4 || ref == 0 || fake_xen.disk_silent)
		return;
	shared = page_of(ref);
	waiting = shared->req_prod - taken;
	if (waiting > fake_xen.most_at_once)
		fake_xen.most_at_once = waiting;
	for (bool more = true; more && taken != shared->req_prod; taken++) {
		struct blkif_request request = shared->ring[taken % 32].req;
		const struct blkif_request_indirect *indirect = (const void *)&request;
		uint64_t id = request.operation == BLKIF_OP_INDIRECT ? indirect->id : request.id;
		bool bad = false;

		more = !fake_xen.disk_slow;
		unsigned pages = serve_request(&request, &bad);

		fake_xen.requests++;
		fake_xen.most_pages = pages > fake_xen.most_pages ? pages : fake_xen.most_pages;
		answer_request(shared, id, bad);
		if (fake_xen.disk_twice)
			answer_request(shared, id, bad);
	}
	/* A slow one has enough to do, and need not be told of more. */
	shared->req_event = taken + (fake_xen.disk_slow ? 100 : 1);
	__atomic_store_n(&shared->rsp_prod, produced, __ATOMIC_RELEASE);
}

void xen_yield(void)
{
	run_store();
	run_disk();
	if (fake_xen.keeps_ring != 0 && number(FRONT "state") == 6 && --fake_xen.keeps_ring == 0)
		table[number(FRONT "ring-ref")].flags = GTF_permit_access;
}

struct error xen_result(const char *name, int64_t result)
{
	return result < 0 ? error_make(ERROR_HYPERCALL, name, 0, (uint64_t)-result) : error_none();
}

int64_t xen_hypercall(uint64_t call, uint64_t first, uint64_t second, uint64_t third, uint64_t fourth)
{
	(void)third;
	(void)fourth;
	if (call == __HYPERVISOR_grant_table_op)
		return fake_xen.version_result;
	if (call == __HYPERVISOR_memory_op)
		return fake_xen.memory_calls_left != 0 ? (fake_xen.memory_calls_left--, 0) : fake_xen.memory_result;
	if (fake_xen.channel_fails == first)
		return -1;
	if (first == EVTCHNOP_alloc_unbound) {
		((struct evtchn_alloc_unbound *)second)->port = DISK_PORT;
		channel_is_open = true;
	} else if (first == EVTCHNOP_close) {
		channel_is_open = false;
	} else if (first == EVTCHNOP_send) {
		if (((struct evtchn_send *)second)->port == STORE_PORT)
			run_store();
	}
	return 0;
}

unsigned fake_grants(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < GRANT_ENTRIES; i++)
		count += table[i].flags != 0;
	return count;
}

unsigned fake_channels(void) { return channel_is_open; }

bool fake_store_is_quiet(void)
{
	return ring.req_cons == ring.req_prod && ring.rsp_cons == ring.rsp_prod;
}

void fake_xen_start(void)
{
	static const char *const start[][2] = {
		{ FRONT "backend", FAKE_BACKEND }, { FRONT "backend-id", "0" }, { FRONT "state", "1" },
		{ FRONT "device-type", "disk" }, { FRONT "virtual-device", "51712" },
		{ FAKE_BACKEND "/state", "2" }, { FAKE_BACKEND "/params", "/dev/loop0" },
		{ FAKE_BACKEND "/sectors", "12296" }, { FAKE_BACKEND "/sector-size", "512" },
	};

	memset(&fake_xen, 0, sizeof(fake_xen));
	memset(nodes, 0, sizeof(nodes));
	memset(table, 0, sizeof(table));
	memset(&ring, 0, sizeof(ring));
	/* The indexes run freely, and here soon around. */
	ring.req_cons = ring.req_prod = ring.rsp_cons = ring.rsp_prod = (XENSTORE_RING_IDX)-700;
	pending_size = answers_size = 0;
	memset(addresses, 0, sizeof(addresses));
	taken = produced = 0;
	channel_is_open = false;
	fake_xen.channel_fails = ~0u;
	fake_xen.memory_calls_left = 100;
	fake_xen.memory_result = -1;
	for (unsigned i = 0; i < sizeof(start) / sizeof(start[0]); i++)
		fake_store_set(start[i][0], start[i][1]);
	/* Once is enough: nobody writes to it. */
	if (fake_disk[1] == 0)
		for (uint64_t i = 0; i < FAKE_DISK_SIZE; i++)
			fake_disk[i] = (uint8_t)(i * 7 + i / 512 * 31 + i / MIB);
}
