/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio devices in memory (virtio 1.2, 4.2), as QEMU's microvm and Firecracker name them on the command line.  Version 1 is
 * what there was before virtio 1.0.
 */
#include <arch/x86/paging.h>
#include <pv/virtio/virtio.h>

#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>

#define MAGIC 0x74726976
#define REGISTERS_SIZE 512

static uint32_t get(const struct virtio_device *device, uint32_t at)
{
	return *(volatile const uint32_t *)(device->common + at);
}

static void put(const struct virtio_device *device, uint32_t at, uint32_t value)
{
	*(volatile uint32_t *)(device->common + at) = value;
}

static uint8_t status(const struct virtio_device *device) { return (uint8_t)get(device, VIRTIO_MMIO_STATUS); }
static void set_status(const struct virtio_device *device, uint8_t value) { put(device, VIRTIO_MMIO_STATUS, value); }

static uint64_t offered(const struct virtio_device *device)
{
	uint64_t features;

	put(device, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	features = (uint64_t)get(device, VIRTIO_MMIO_DEVICE_FEATURES) << 32;
	put(device, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	return features | get(device, VIRTIO_MMIO_DEVICE_FEATURES);
}

static void accept(const struct virtio_device *device, uint64_t features)
{
	put(device, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	put(device, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32));
	put(device, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	put(device, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)features);
}

static uint32_t queue_most(const struct virtio_device *device)
{
	uint32_t most;

	put(device, VIRTIO_MMIO_QUEUE_SEL, 0);
	most = get(device, VIRTIO_MMIO_QUEUE_NUM_MAX);
	/* Here the size is ours in either version. */
	return most > VIRTIO_ENTRIES ? VIRTIO_ENTRIES : most;
}

static void start_version_1(const struct virtio_device *device, const struct virtio_ring *ring)
{
	put(device, VIRTIO_MMIO_GUEST_PAGE_SIZE, PAGE_SIZE);
	put(device, VIRTIO_MMIO_QUEUE_NUM, ring->entries);
	put(device, VIRTIO_MMIO_QUEUE_ALIGN, PAGE_SIZE);
	put(device, VIRTIO_MMIO_QUEUE_PFN, (uint32_t)(ring->descriptors >> PAGE_SHIFT));
}

static void put_address(const struct virtio_device *device, uint32_t at, uint64_t address)
{
	put(device, at, (uint32_t)address);
	put(device, at + 4, (uint32_t)(address >> 32));
}

static void start(const struct virtio_device *device, const struct virtio_ring *ring)
{
	put(device, VIRTIO_MMIO_QUEUE_NUM, ring->entries);
	put_address(device, VIRTIO_MMIO_QUEUE_DESC_LOW, ring->descriptors);
	put_address(device, VIRTIO_MMIO_QUEUE_AVAIL_LOW, ring->available);
	put_address(device, VIRTIO_MMIO_QUEUE_USED_LOW, ring->used);
	put(device, VIRTIO_MMIO_QUEUE_READY, 1);
}

static void notify(const struct virtio_device *device) { put(device, VIRTIO_MMIO_QUEUE_NOTIFY, 0); }

static uint8_t config(const struct virtio_device *device, uint32_t offset)
{
	return *(volatile const uint8_t *)(device->common + VIRTIO_MMIO_CONFIG + offset);
}

static const struct virtio_registers version_1 = {
	true, status, set_status, offered, accept, queue_most, start_version_1, notify, config,
};
static const struct virtio_registers version_2 = {
	false, status, set_status, offered, accept, queue_most, start, notify, config,
};

static void look_at(uint64_t address, struct machine_disks *disks)
{
	struct virtio_device device = { .common = address };
	struct range where;

	if (!range_make(address, REGISTERS_SIZE, &where) || address % 4 != 0 || !paging_reach_registers(where))
		return;
	if (get(&device, VIRTIO_MMIO_MAGIC_VALUE) != MAGIC || get(&device, VIRTIO_MMIO_DEVICE_ID) != VIRTIO_ID_BLOCK)
		return;
	switch (get(&device, VIRTIO_MMIO_VERSION)) {
	case 1:
		device.registers = &version_1;
		break;
	case 2:
		device.registers = &version_2;
		break;
	default:
		device.unreached = address;
	}
	virtio_add(disks, &device);
}

void virtio_mmio_find(const struct boot_info *info, struct machine_disks *disks)
{
	const char *word = info->cmdline;
	uint64_t address;

	/* Words between spaces: whoever adds these quotes nothing. */
	while (*word != '\0') {
		uint64_t size = 0;

		while (word[size] != '\0' && word[size] != ' ')
			size++;
		if (virtio_mmio_word(span(word, size), &address))
			look_at(address, disks);
		word += word[size] == ' ' ? size + 1 : size;
	}
}
