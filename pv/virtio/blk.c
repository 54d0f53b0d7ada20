/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads from virtio-blk devices.  A request is three descriptors: its header, the destination itself, and a byte for the status.
 */
#include <arch/x86/cpu.h>
#include <arch/x86/paging.h>
#include <pv/deadline.h>
#include <pv/virtio/virtio.h>

#include <string.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ring.h>

#define SECTOR UINT64_C(512)
#define REQUEST_MOST MIB
#define PATIENCE_SECONDS 60
#define RESET_SECONDS 5
#define FEATURE(bit) (UINT64_C(1) << (bit))
#define STATUS_UNANSWERED 0xff
/* blk.h has their bits, virtio 1.2 in 5.2.4 their offsets in the configuration. */
#define CONFIG_CAPACITY 0
#define CONFIG_SIZE_MAX 8
#define CONFIG_BLK_SIZE 20

static struct virtio_device devices[MACHINE_MAX_DISKS];
static uint8_t memory[VIRTIO_RING_MEMORY] __attribute__((aligned(4096)));
/* One sector. */
static uint8_t buffer[PAGE_SIZE] __attribute__((aligned(4096)));
static struct virtio_blk_outhdr headers[VIRTIO_SLOTS];
static volatile uint8_t statuses[VIRTIO_SLOTS];

/* The device that has the ring. */
static struct {
	struct virtio_device *device;
	const char *name;
	struct virtio_ring ring;
	uint16_t made, taken;
	bool busy[VIRTIO_SLOTS];
	uint32_t busy_count;
	/* Why it is not asked any more. */
	struct error broken;
} active;

/* Status 0, read back: only then does it not write to our memory any more. */
static struct error reset(const struct virtio_device *device, const char *name)
{
	struct deadline deadline = deadline_in(RESET_SECONDS);

	device->registers->set_status(device, 0);
	while (device->registers->status(device) != 0) {
		if (deadline_passed(&deadline))
			return error_make(ERROR_VIRTIO_RESET, name, 0, device->registers->status(device));
		cpu_pause();
	}
	return error_none();
}

static struct error deactivate(void)
{
	const struct virtio_device *device = active.device;

	if (!device)
		return error_none();
	TRY(reset(device, active.name));
	active.device = NULL;
	return error_none();
}

static struct error agree(const struct virtio_device *device, uint64_t *features)
{
	uint64_t wanted = FEATURE(VIRTIO_BLK_F_SIZE_MAX) | FEATURE(VIRTIO_BLK_F_RO) | FEATURE(VIRTIO_BLK_F_BLK_SIZE);
	uint8_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
	const struct virtio_registers *registers = device->registers;

	if (!registers->is_legacy)
		wanted |= FEATURE(VIRTIO_F_VERSION_1) | FEATURE(VIRTIO_F_ACCESS_PLATFORM) | FEATURE(VIRTIO_F_ORDER_PLATFORM);
	registers->set_status(device, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	registers->set_status(device, status);
	*features = registers->offered(device) & wanted;
	registers->accept(device, *features);
	if (registers->is_legacy)
		return error_none();
	registers->set_status(device, status | VIRTIO_CONFIG_S_FEATURES_OK);
	status = registers->status(device);
	if (!(status & VIRTIO_CONFIG_S_FEATURES_OK) || !(*features & FEATURE(VIRTIO_F_VERSION_1)))
		return error_make(ERROR_VIRTIO_SETUP, "what is asked of it", *features, status);
	return error_none();
}

static uint64_t config(const struct virtio_device *device, uint32_t offset, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = bytes; i-- > 0;)
		value = value << 8 | device->registers->config(device, offset + i);
	return value;
}

static struct error read_size(struct virtio_device *device, struct disk *disk, uint64_t features)
{
	uint64_t sectors = config(device, CONFIG_CAPACITY, 8), sector = SECTOR, most = REQUEST_MOST;

	if (features & FEATURE(VIRTIO_BLK_F_BLK_SIZE))
		sector = config(device, CONFIG_BLK_SIZE, 4);
	if (features & FEATURE(VIRTIO_BLK_F_SIZE_MAX))
		most = config(device, CONFIG_SIZE_MAX, 4);
	if (sector < SECTOR || sector > PAGE_SIZE || (sector & (sector - 1)) != 0)
		return error_make(ERROR_VIRTIO_SETUP, "a sector of 512 to 4096 bytes", SECTOR, sector);
	if (sectors > UINT64_MAX / SECTOR)
		return error_make(ERROR_VIRTIO_SETUP, "a size in 64 bits", UINT64_MAX / SECTOR, sectors);
	if (most < sector)
		return error_make(ERROR_VIRTIO_SETUP, "requests of a sector", sector, most);
	device->most = round_down(most < REQUEST_MOST ? most : REQUEST_MOST, sector);
	disk->sector_size = (uint32_t)sector;
	disk->size = sectors * SECTOR;
	return error_none();
}

static struct error start(struct virtio_device *device, struct disk *disk)
{
	uint64_t features;

	TRY(reset(device, disk->name));
	TRY(agree(device, &features));
	TRY(read_size(device, disk, features));
	memset(memory, 0, sizeof(memory));
	TRY(virtio_ring_place((uint64_t)memory, device->registers->queue_most(device), device->registers->is_legacy,
			      &active.ring));
	device->registers->queue_start(device, &active.ring);
	device->registers->set_status(device, device->registers->status(device) | VIRTIO_CONFIG_S_DRIVER_OK);
	return error_none();
}

/* Gives a device the ring, which another may have. */
static struct error activate(struct disk *disk)
{
	struct virtio_device *device = disk->context;
	struct error error;

	if (!device->registers)
		return error_make(ERROR_VIRTIO_REGISTERS, disk->name, PAGING_REGISTERS_END, device->unreached);
	if (active.device == device)
		return active.broken;
	TRY(deactivate());
	memset(&active, 0, sizeof(active));
	active.device = device;
	active.name = disk->name;
	error = start(device, disk);
	active.broken = error;
	return error;
}

static struct vring_desc *descriptor(uint32_t slot, uint32_t part)
{
	return (struct vring_desc *)active.ring.descriptors + slot * VIRTIO_CHAIN + part;
}

static void describe(uint32_t slot, uint32_t part, uint64_t address, uint64_t size, uint16_t flags)
{
	*descriptor(slot, part) = (struct vring_desc){
		.addr = address,
		.len = (uint32_t)size,
		.flags = flags,
		.next = (uint16_t)(slot * VIRTIO_CHAIN + part + 1),
	};
}

static void submit(uint32_t slot, uint64_t offset, uint64_t address, uint64_t size)
{
	struct vring_avail *available = (struct vring_avail *)active.ring.available;

	headers[slot] = (struct virtio_blk_outhdr){ .type = VIRTIO_BLK_T_IN, .sector = offset / SECTOR };
	statuses[slot] = STATUS_UNANSWERED;
	describe(slot, 0, (uint64_t)&headers[slot], sizeof(headers[slot]), VRING_DESC_F_NEXT);
	describe(slot, 1, address, size, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE);
	describe(slot, 2, (uint64_t)&statuses[slot], 1, VRING_DESC_F_WRITE);
	available->ring[active.made % active.ring.entries] = (uint16_t)(slot * VIRTIO_CHAIN);
	active.made++;
	__atomic_store_n(&available->idx, active.made, __ATOMIC_SEQ_CST);
	active.busy[slot] = true;
	active.busy_count++;
}

/* Waits for answers and takes them.  What is returned breaks the connection; `failure` is one read's. */
static struct error take_answers(const uint64_t offsets[VIRTIO_SLOTS], struct error *failure)
{
	struct vring_used *used = (struct vring_used *)active.ring.used;
	struct deadline deadline = deadline_in(PATIENCE_SECONDS);
	uint32_t count = 0, slot;

	while (count == 0) {
		TRY(virtio_answers(__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE), active.taken, active.busy_count, active.name,
				   &count));
		if (count == 0 && deadline_passed(&deadline))
			return error_make(ERROR_VIRTIO_SILENT, active.name, PATIENCE_SECONDS, active.busy_count);
		cpu_pause();
	}
	for (; count > 0; count--) {
		/* A copy: the device can write to the ring while we look. */
		uint32_t id = *(volatile uint32_t *)&used->ring[active.taken++ % active.ring.entries].id;

		TRY(virtio_answer(id, active.busy, active.name, &slot));
		active.busy[slot] = false;
		active.busy_count--;
		if (statuses[slot] != VIRTIO_BLK_S_OK)
			*failure = error_make(ERROR_DISK_READ, active.name, offsets[slot], statuses[slot]);
	}
	return error_none();
}

/* Reads whole sectors; all is answered, or nothing is asked any more, when it returns. */
static struct error read_sectors(const struct virtio_device *device, uint64_t offset, void *to, uint64_t size)
{
	uint64_t offsets[VIRTIO_SLOTS] = { 0 }, address = (uint64_t)to;
	struct error failure = error_none();

	while ((size != 0 && !failed(failure)) || active.busy_count != 0) {
		for (uint32_t i = 0; i < VIRTIO_SLOTS && size != 0 && !failed(failure); i++) {
			uint64_t bytes = size < device->most ? size : device->most;

			if (active.busy[i])
				continue;
			offsets[i] = offset;
			submit(i, offset, address, bytes);
			offset += bytes;
			address += bytes;
			size -= bytes;
		}
		device->registers->notify(device);
		active.broken = take_answers(offsets, &failure);
		if (failed(active.broken)) {
			/* A device that is not reset can still write to what it was given: then this is the error. */
			TRY(reset(device, active.name));
			return active.broken;
		}
	}
	return failure;
}

/* Reads bytes of one sector. */
static struct error read_buffered(struct disk *disk, uint64_t offset, void *to, uint64_t size)
{
	uint64_t start = round_down(offset, disk->sector_size), before = offset - start;

	TRY(read_sectors(disk->context, start, buffer, disk->sector_size));
	memcpy(to, buffer + before, size);
	return error_none();
}

/* The device writes to any address, so only the disk's side must be whole sectors. */
static struct error virtio_read(struct disk *disk, uint64_t offset, void *to, size_t size)
{
	TRY(activate(disk));
	while (size != 0) {
		uint64_t head = -offset & (disk->sector_size - 1), bytes = round_down(size, disk->sector_size);

		if (head == 0 && bytes != 0) {
			TRY(read_sectors(disk->context, offset, to, bytes));
		} else {
			bytes = head != 0 && head < size ? head : size;
			TRY(read_buffered(disk, offset, to, bytes));
		}
		offset += bytes;
		to = (uint8_t *)to + bytes;
		size -= bytes;
	}
	return error_none();
}

static struct error connect(struct machine_disk *disk) { return activate(&disk->disk); }

void virtio_add(struct machine_disks *disks, const struct virtio_device *device)
{
	struct machine_disk *shown = &disks->disk[disks->count];

	if (disks->count == MACHINE_MAX_DISKS) {
		disks->passed_over++;
		return;
	}
	devices[disks->count] = *device;
	*shown = (struct machine_disk){
		.name = { 'v', 'd', (char)('a' + disks->count) },
		.disk = { .sector_size = SECTOR, .name = shown->name, .read = virtio_read, .context = &devices[disks->count] },
		.connect = connect,
	};
	disks->count++;
}

struct error virtio_open(const struct boot_info *info, struct machine_disks *disks)
{
	virtio_pci_find(disks);
	virtio_mmio_find(info, disks);
	return error_none();
}

struct error virtio_close(struct machine_disks *disks)
{
	TRY(deactivate());
	for (uint32_t i = 0; i < disks->count; i++)
		virtio_pci_release(&devices[i]);
	return error_none();
}
