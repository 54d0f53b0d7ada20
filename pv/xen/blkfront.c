/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front ends of Xen's block devices (xen/include/public/io/blkif.h): finds them in xenstore, connects each to its
 * backend, and leaves them as a kernel expects them that has just started.
 *
 * How Linux wants a disk: the front end in state 1 and its backend in 2 (xenbus_probe_node(), blkback's
 * frontend_changed()), and no nodes of ours: a ring-page-order or a number of queues that somebody left would cost it
 * its disk.  A backend goes back to 2 only by way of 6, on our 1, and so we wait for that.
 */
#include <core/console.h>
#include <pv/deadline.h>
#include <pv/xen/blkfront.h>
#include <pv/xen/guest.h>
#include <pv/xen/store.h>
#include <pv/xen/store_reply.h>

#include <string.h>
#include <xen/io/xenbus.h>

#define DEVICES "device/vbd"
/* A backend may wait for a script, or for a device model to start. */
#define PATIENCE_SECONDS 30
/* Between two looks at a backend's state, twice as long each time: most answer at once, and xenstored has more to do. */
#define REST_NANOSECONDS 500000
#define REST_MOST        (64 * REST_NANOSECONDS)
#define CLOSING (1u << XenbusStateClosing)
#define CLOSED (1u << XenbusStateClosed)

static bool is_open;
static struct blkfront fronts[MACHINE_MAX_DISKS];
static uint8_t rings[MACHINE_MAX_DISKS][PAGE_SIZE] __attribute__((aligned(4096)));

static void rest(uint64_t *nanoseconds)
{
	uint64_t start = machine_clock();

	do
		xen_yield();
	while (machine_waited(start) < *nanoseconds);
	if (*nanoseconds < REST_MOST)
		*nanoseconds *= 2;
}

static struct error backend_state(const struct blkfront *front, uint64_t *state)
{
	/* A backend that is gone has closed. */
	return store_read_optional(front->backend, "state", UINT32_MAX, XenbusStateClosed, state);
}

/* Waits until the backend is in a state of a set, a bit for each.  Errors: BLK_BACKEND, and xenstore's. */
static struct error await_backend(const struct blkfront *front, uint32_t states, uint32_t wanted)
{
	struct deadline deadline = deadline_in(PATIENCE_SECONDS);
	uint64_t state, pause = REST_NANOSECONDS;

	for (;;) {
		TRY(backend_state(front, &state));
		if (state < 32 && (states >> state & 1))
			return error_none();
		if (deadline_passed(&deadline))
			return error_make(ERROR_BLK_BACKEND, front->name, wanted, state);
		rest(&pause);
	}
}

/* Waits until it is connected, or has given up. */
static struct error await_connected(const struct blkfront *front)
{
	uint64_t state;

	TRY(await_backend(front, 1u << XenbusStateConnected | CLOSING | CLOSED, XenbusStateConnected));
	TRY(backend_state(front, &state));
	if (state != XenbusStateConnected)
		return error_make(ERROR_BLK_BACKEND, front->name, XenbusStateConnected, state);
	return error_none();
}

static struct error set_state(const struct blkfront *front, uint32_t state)
{
	return store_write_number(front->path, "state", state);
}

static struct error close_states(const struct blkfront *front)
{
	TRY(set_state(front, XenbusStateClosing));
	TRY(await_backend(front, CLOSING | CLOSED, XenbusStateClosing));
	TRY(set_state(front, XenbusStateClosed));
	return await_backend(front, CLOSED, XenbusStateClosed);
}

static struct error remove_nodes(const struct blkfront *front)
{
	TRY(store_remove(front->path, "ring-ref"));
	TRY(store_remove(front->path, "event-channel"));
	TRY(store_remove(front->path, "protocol"));
	/* What only somebody before us can have left. */
	TRY(store_remove(front->path, "ring-page-order"));
	return store_remove(front->path, "multi-queue-num-queues");
}

/* Ends what is shared with the backend.  Errors: BLK_LENT, when it has the ring still mapped. */
static struct error end_sharing(struct blkfront *front)
{
	struct deadline deadline = deadline_in(PATIENCE_SECONDS);
	uint64_t pause = REST_NANOSECONDS;

	while (front->entry != 0 && !grant_end(front->entry)) {
		if (deadline_passed(&deadline))
			return error_make(ERROR_BLK_LENT, front->name, 0, 1);
		rest(&pause);
	}
	front->entry = 0;
	if (front->port != 0)
		TRY(channel_close(front->port));
	front->port = 0;
	return error_none();
}

/* From whatever state the two are in to one in which a kernel finds a disk that nobody has used. */
static struct error disconnect(struct blkfront *front)
{
	struct error closed = close_states(front);

	/* Whatever the backend says: nothing of ours may stay shared. */
	TRY(end_sharing(front));
	TRY(closed);
	TRY(remove_nodes(front));
	TRY(set_state(front, XenbusStateInitialising));
	return await_backend(front, 1u << XenbusStateInitWait, XenbusStateInitWait);
}

/* Offers a ring to the backend, which waits for one. */
static struct error offer_ring(struct blkfront *front, uint32_t index)
{
	struct blkif_sring *shared = (struct blkif_sring *)rings[index];

	TRY(grants_reach((uint64_t)shared, PAGE_SIZE));
	front->touched = true;
	XEN_FRONT_RING_INIT(&front->ring, shared, PAGE_SIZE);
	front->entry = GRANT_FIRST + index;
	grant_page(front->entry, front->domain, (uint64_t)shared);
	TRY(channel_open(front->domain, &front->port));
	TRY(store_write_number(front->path, "ring-ref", front->entry));
	TRY(store_write_number(front->path, "event-channel", front->port));
	TRY(store_write(front->path, "protocol", "x86_64-abi"));
	return set_state(front, XenbusStateInitialised);
}

/* What a backend says of a disk once it is connected. */
static struct error read_size(struct blkfront *front, struct disk *disk)
{
	uint64_t sectors, sector_size, indirect;

	TRY(store_read_number(front->backend, "sectors", UINT64_MAX / BLK_SECTOR, &sectors));
	TRY(store_read_optional(front->backend, "sector-size", PAGE_SIZE, BLK_SECTOR, &sector_size));
	TRY(store_read_optional(front->backend, "feature-max-indirect-segments", UINT32_MAX, 0, &indirect));
	if (sector_size < BLK_SECTOR || (sector_size & (sector_size - 1)) != 0)
		return error_make(ERROR_XENSTORE_VALUE, "sector-size", PAGE_SIZE, sector_size);
	disk->size = sectors * BLK_SECTOR;
	disk->sector_size = (uint32_t)sector_size;
	front->indirect = indirect > BLK_DIRECT_SEGMENTS;
	front->most_segments = BLK_DIRECT_SEGMENTS;
	front->slot_count = BLK_MOST_SLOTS;
	if (front->indirect) {
		front->most_segments = indirect < BLK_INDIRECT_SEGMENTS ? (uint32_t)indirect : BLK_INDIRECT_SEGMENTS;
		front->slot_count = BLK_INDIRECT_SLOTS;
	}
	return error_none();
}

static struct error connect(struct blkfront *front, uint32_t index, struct disk *disk)
{
	uint64_t state;

	TRY(store_read_number(front->path, "state", UINT32_MAX, &state));
	if (state != XenbusStateInitialising)
		TRY(disconnect(front));
	TRY(await_backend(front, 1u << XenbusStateInitWait, XenbusStateInitWait));
	TRY(offer_ring(front, index));
	TRY(await_connected(front));
	TRY(read_size(front, disk));
	return set_state(front, XenbusStateConnected);
}

/* A drive without a medium has a backend that never connects. */
static struct error is_empty(const struct blkfront *front, bool *empty)
{
	struct span value;

	*empty = false;
	TRY(store_read(front->path, "device-type", &value));
	if (!span_is(value, 0, "cdrom", 5))
		return error_none();
	TRY(store_read(front->backend, "params", &value));
	*empty = store_is_empty_drive(value);
	return error_none();
}

/* Reads where the backend of a device is: all that the device's own directory says. */
static struct error find_backend(struct blkfront *front, uint64_t number)
{
	struct span value;
	uint64_t domain;

	format_text(front->path, sizeof(front->path), DEVICES "/%llu", (unsigned long long)number);
	front->handle = (uint16_t)number;
	TRY(store_read(front->path, "backend", &value));
	if (value.size == 0 || value.size >= sizeof(front->backend))
		return error_make(ERROR_XENSTORE_VALUE, "backend", sizeof(front->backend) - 1, value.size);
	memset(front->backend, 0, sizeof(front->backend));
	memcpy(front->backend, value.at, value.size);
	TRY(store_read_number(front->path, "backend-id", DOMID_FIRST_RESERVED - 1, &domain));
	front->domain = (uint16_t)domain;
	return error_none();
}

/* Once: a backend that did not come is not waited for again. */
static struct error connect_disk(struct machine_disk *disk)
{
	struct blkfront *front = disk->disk.context;
	uint32_t index = (uint32_t)(front - fronts);

	TRY(front->failure);
	if (!front->connected)
		front->failure = connect(front, index, &disk->disk);
	front->connected = !failed(front->failure);
	return front->failure;
}

/* Adds a device, unless it is a drive without a medium.  What is wrong with it is found when it is to be connected. */
static void add_disk(uint64_t number, struct machine_disks *disks)
{
	struct machine_disk *shown = &disks->disk[disks->count];
	struct blkfront *front = &fronts[disks->count];
	bool empty = false;

	*front = (struct blkfront){ .name = shown->name };
	*shown = (struct machine_disk){
		.disk = { .sector_size = BLK_SECTOR, .name = shown->name, .read = blk_read, .context = front },
		.connect = connect_disk,
	};
	store_disk_name(number, shown->name);
	front->failure = find_backend(front, number);
	if (!failed(front->failure))
		front->failure = is_empty(front, &empty);
	if (!empty)
		disks->count++;
}

/* The names of devices are numbers; what is none is nobody's disk.  A copy, because each call of xenstore takes the memory. */
static struct error list_devices(uint64_t numbers[MACHINE_MAX_DISKS], uint32_t *count, uint32_t *passed_over)
{
	struct span names, name;
	struct error error = store_list("device", "vbd", &names);

	*count = 0;
	*passed_over = 0;
	if (error.code == ERROR_XENSTORE_NODE)
		return error_none();
	TRY(error);
	while (store_next_name(&names, &name)) {
		uint64_t number;

		if (!store_number(name, &number))
			continue;
		if (*count < MACHINE_MAX_DISKS)
			numbers[(*count)++] = number;
		else
			++*passed_over;
	}
	return error_none();
}

struct error blkfront_open(const struct sharing *sharing, struct store_ring ring, const struct boot_info *info,
			   struct machine_disks *disks)
{
	uint64_t numbers[MACHINE_MAX_DISKS];
	uint32_t count;

	is_open = false;
	if (!ring.page)
		return error_none();
	store_start(ring.page, ring.port);
	TRY(list_devices(numbers, &count, &disks->passed_over));
	if (count == 0)
		return error_none();
	is_open = true;
	TRY(grants_start(sharing, info));
	for (uint32_t i = 0; i < count; i++)
		add_disk(numbers[i], disks);
	return error_none();
}

struct error blkfront_close(struct machine_disks *disks)
{
	if (!is_open)
		return error_none();
	for (uint32_t i = 0; i < disks->count; i++) {
		if (fronts[i].touched)
			disks->left[i] = disconnect(&fronts[i]);
		/* What goes wrong with a disk alone is the next kernel's affair, but not what is still shared. */
		TRY(end_sharing(&fronts[i]));
	}
	TRY(blk_lent());
	return grants_stop();
}
