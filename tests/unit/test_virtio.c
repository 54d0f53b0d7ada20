/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio-blk, on a device of our own that does what virtio 1.2 says, or does not. */
#include "unit.h"

#include "machine_stub.h"

#include <linux/virtio_blk.h>
#include <linux/virtio_ring.h>
#include <pv/virtio/virtio.h>

#define SIZE (5 * MIB)
#define SOME (4 * MIB + 777)

static uint8_t content[SIZE];
static uint8_t memory[SIZE + 8192] __attribute__((aligned(4096)));
static struct boot_info info = { .cmdline = "" };
static struct machine_disks disks;

static struct {
	uint8_t status;
	uint64_t offered, accepted;
	uint32_t most, sector, size_max;
	uint64_t sectors;
	struct virtio_ring ring;
	uint16_t taken;
	bool refuses, never_resets, silent, bad, slow;
	uint32_t wrong_id, twice;
	unsigned resets, released;
	uint64_t largest;
} fake;

static uint8_t status(const struct virtio_device *device)
{
	(void)device;
	return fake.status;
}

static void set_status(const struct virtio_device *device, uint8_t value)
{
	(void)device;
	if (value == 0) {
		fake.resets++;
		fake.taken = 0;
		memset(&fake.ring, 0, sizeof(fake.ring));
	}
	fake.status = fake.never_resets && value == 0 ? 0x40 : value;
	if (fake.refuses)
		fake.status &= (uint8_t)~VIRTIO_CONFIG_S_FEATURES_OK;
}

static uint64_t offered(const struct virtio_device *device)
{
	(void)device;
	return fake.offered;
}

static void accept(const struct virtio_device *device, uint64_t features)
{
	(void)device;
	fake.accepted = features;
}

static uint32_t queue_most(const struct virtio_device *device)
{
	(void)device;
	return fake.most;
}

static void queue_start(const struct virtio_device *device, const struct virtio_ring *ring)
{
	(void)device;
	fake.ring = *ring;
}

static void serve(uint16_t head)
{
	const struct vring_desc *chain = (const struct vring_desc *)fake.ring.descriptors + head;
	struct vring_used *used = (struct vring_used *)fake.ring.used;
	const struct virtio_blk_outhdr *header = (const void *)chain[0].addr;

	assert_int_equal(chain[0].flags, VRING_DESC_F_NEXT);
	assert_int_equal(chain[0].next, head + 1);
	assert_int_equal(chain[1].flags, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE);
	assert_int_equal(chain[2].flags, VRING_DESC_F_WRITE);
	assert_int_equal(header->type, VIRTIO_BLK_T_IN);
	assert_true(header->sector * 512 + chain[1].len <= SIZE);
	memcpy((void *)chain[1].addr, content + header->sector * 512, chain[1].len);
	*(uint8_t *)chain[2].addr = fake.bad && header->sector >= 1000 ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
	if (chain[1].len > fake.largest)
		fake.largest = chain[1].len;
	for (uint32_t i = 0; i <= fake.twice; i++)
		used->ring[used->idx++ % fake.ring.entries].id = head + fake.wrong_id;
}

static void notify(const struct virtio_device *device)
{
	const struct vring_avail *available = (const struct vring_avail *)fake.ring.available;

	(void)device;
	while (!fake.silent && fake.taken != available->idx) {
		serve(available->ring[fake.taken++ % fake.ring.entries]);
		if (fake.slow)
			break;
	}
}

static uint8_t config(const struct virtio_device *device, uint32_t offset)
{
	(void)device;
	if (offset < 8)
		return (uint8_t)(fake.sectors >> 8 * offset);
	if (offset < 12)
		return (uint8_t)(fake.size_max >> 8 * (offset - 8));
	return (uint8_t)(fake.sector >> 8 * (offset - 20));
}

static const struct virtio_registers modern = { false, status, set_status, offered, accept, queue_most, queue_start, notify, config };
static const struct virtio_registers legacy = { true, status, set_status, offered, accept, queue_most, queue_start, notify, config };
static const struct virtio_registers *kind;
static unsigned how_many;

void virtio_pci_find(struct machine_disks *found)
{
	for (unsigned i = 0; i < how_many; i++)
		virtio_add(found, &(struct virtio_device){ .registers = kind });
}

void virtio_pci_release(const struct virtio_device *device) { fake.released += device->registers == kind; }

void virtio_mmio_find(const struct boot_info *of, struct machine_disks *found)
{
	(void)of;
	(void)found;
}

static int begin(void **state)
{
	(void)state;
	machine_stub_step = 1000;
	memset(&fake, 0, sizeof(fake));
	assert_fine(virtio_close(&disks));
	memset(&disks, 0, sizeof(disks));
	memset(&fake, 0, sizeof(fake));
	fake.offered = ~UINT64_C(0);
	fake.most = 256;
	fake.sector = 512;
	fake.size_max = 0xffffffff;
	fake.sectors = SIZE / 512;
	kind = &modern;
	how_many = 1;
	for (uint64_t i = 0; i < SIZE; i++)
		content[i] = (uint8_t)(i * 7 + i / 512 * 31 + i / MIB);
	return 0;
}

static struct error connect_one(void)
{
	memset(&disks, 0, sizeof(disks));
	assert_fine(virtio_open(&info, &disks));
	return machine_disk_connect(&disks.disk[0]);
}

static void assert_reads(uint64_t offset, uint64_t shift, uint64_t size)
{
	memset(memory, 0xa5, sizeof(memory));
	assert_fine(disk_read(&disks.disk[0].disk, offset, memory + shift, size));
	assert_memory_equal(memory + shift, content + offset, size);
	assert_int_equal(memory[shift + size], 0xa5);
	assert_true(shift == 0 || memory[shift - 1] == 0xa5);
}

static void read_all_ways(void)
{
	static const uint64_t offsets[] = { 0, 512, 1, 700, 5000, SIZE - SOME };
	static const uint64_t sizes[] = { 1, 511, 512, 513, 5000, 70000, SOME };

	for (unsigned i = 0; i < 6; i++)
		for (unsigned j = 0; j < 7; j++)
			assert_reads(offsets[i], i * 3, sizes[j]);
}

static void reads_as_virtio_1_has_it(void **state)
{
	(void)state;
	assert_fine(connect_one());
	assert_string_equal(disks.disk[0].disk.name, "vda");
	assert_int_equal(disks.disk[0].disk.size, SIZE);
	assert_int_equal(fake.ring.entries, VIRTIO_ENTRIES);
	/* Nothing that it does not know what to do with. */
	assert_true(fake.accepted == (UINT64_C(1) << 1 | UINT64_C(1) << 5 | UINT64_C(1) << 6 | UINT64_C(3) << 32 | UINT64_C(1) << 36));
	read_all_ways();
	assert_int_equal(fake.largest, MIB);
	assert_fine(virtio_close(&disks));
	assert_int_equal(fake.status, 0);
	assert_int_equal(fake.released, 1);
	assert_fine(virtio_close(&disks));
}

static void reads_as_before(void **state)
{
	(void)state;
	kind = &legacy;
	fake.most = 1024;
	fake.offered = 0;
	assert_fine(connect_one());
	assert_int_equal(fake.ring.entries, 1024);
	assert_int_equal(fake.ring.used % PAGE_SIZE, 0);
	read_all_ways();
	assert_fine(virtio_close(&disks));
}

static void small_requests_and_large_sectors(void **state)
{
	(void)state;
	fake.size_max = 10000;
	fake.sector = 4096;
	assert_fine(connect_one());
	assert_int_equal(disks.disk[0].disk.sector_size, 4096);
	read_all_ways();
	assert_int_equal(fake.largest, 8192);
}

static void strange_devices(void **state)
{
	(void)state;
	fake.refuses = true;
	assert_error(connect_one(), ERROR_VIRTIO_SETUP);
	/* It stays so, and nothing is read. */
	assert_error(machine_disk_connect(&disks.disk[0]), ERROR_VIRTIO_SETUP);
	begin(NULL);
	fake.offered = 0;
	assert_error(connect_one(), ERROR_VIRTIO_SETUP);
	for (unsigned i = 0; i < 3; i++) {
		begin(NULL);
		fake.sector = (uint32_t[]){ 256, 8192, 513 }[i];
		assert_error(connect_one(), ERROR_VIRTIO_SETUP);
	}
	begin(NULL);
	fake.sectors = UINT64_MAX / 512 + 1;
	assert_error(connect_one(), ERROR_VIRTIO_SETUP);
	begin(NULL);
	fake.size_max = 511;
	assert_error(connect_one(), ERROR_VIRTIO_SETUP);
	begin(NULL);
	fake.most = 0;
	assert_error(connect_one(), ERROR_VIRTIO_SETUP);
}

/* It has a name, and says why nothing else. */
static void no_registers(void **state)
{
	(void)state;
	kind = NULL;
	assert_error(connect_one(), ERROR_VIRTIO_REGISTERS);
	assert_int_equal(disks.count, 1);
	assert_error(disk_read(&disks.disk[0].disk, 0, memory, 0), ERROR_NONE);
	assert_fine(virtio_close(&disks));
	assert_int_equal(fake.resets, 0);
}

static struct error read_some(void) { return disk_read(&disks.disk[0].disk, 0, memory, SOME); }

static void bad_sectors(void **state)
{
	(void)state;
	fake.bad = true;
	assert_fine(connect_one());
	assert_error(read_some(), ERROR_DISK_READ);
	assert_error(disk_read(&disks.disk[0].disk, 600001, memory, 1), ERROR_DISK_READ);
	assert_reads(0, 0, 1000);
}

/* While one is answered, the others wait. */
static void slow_devices(void **state)
{
	(void)state;
	fake.slow = true;
	fake.size_max = 65536;
	assert_fine(connect_one());
	read_all_ways();
	fake.bad = true;
	assert_error(read_some(), ERROR_DISK_READ);
}

static void answers_that_are_none(void **state)
{
	(void)state;
	assert_fine(connect_one());
	machine_stub_step = 100000000;
	fake.silent = true;
	assert_error(read_some(), ERROR_VIRTIO_SILENT);
	assert_int_equal(fake.status, 0);
	assert_error(read_some(), ERROR_VIRTIO_SILENT);
	begin(NULL);
	assert_fine(connect_one());
	fake.twice = 1;
	assert_error(read_some(), ERROR_VIRTIO_ANSWER);
	begin(NULL);
	assert_fine(connect_one());
	fake.wrong_id = 1;
	assert_error(read_some(), ERROR_VIRTIO_ANSWER);
}

static void devices_that_do_not_reset(void **state)
{
	(void)state;
	machine_stub_step = 100000000;
	fake.never_resets = true;
	assert_error(connect_one(), ERROR_VIRTIO_RESET);
	begin(NULL);
	assert_fine(connect_one());
	machine_stub_step = 100000000;
	fake.never_resets = fake.silent = true;
	assert_error(read_some(), ERROR_VIRTIO_RESET);
	assert_error(virtio_close(&disks), ERROR_VIRTIO_RESET);
}

/* One has the ring at a time. */
static void several_disks(void **state)
{
	(void)state;
	how_many = MACHINE_MAX_DISKS + 2;
	assert_fine(connect_one());
	assert_int_equal(disks.count, MACHINE_MAX_DISKS);
	assert_int_equal(disks.passed_over, 2);
	assert_string_equal(disks.disk[7].name, "vdh");
	fake.resets = 0;
	assert_fine(machine_disk_connect(&disks.disk[1]));
	assert_fine(disk_read(&disks.disk[1].disk, 0, memory, 5000));
	assert_int_equal(fake.resets, 2);
	assert_reads(0, 0, 5000);
	assert_int_equal(fake.resets, 4);
	fake.never_resets = true;
	machine_stub_step = 100000000;
	assert_error(machine_disk_connect(&disks.disk[1]), ERROR_VIRTIO_RESET);
}

int main(void)
{
	return RUN_TESTS_WITH(begin, NULL, "virtio", reads_as_virtio_1_has_it, reads_as_before,
			 small_requests_and_large_sectors, strange_devices, no_registers, bad_sectors, slow_devices,
			 answers_that_are_none, devices_that_do_not_reset, several_disks);
}
