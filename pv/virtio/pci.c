/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio devices on PCI (virtio 1.2, 4.1).  A device with the vendor capabilities is used as virtio 1 has it, whatever its
 * device ID: QEMU's transitional ones have them too.  A device without them is a legacy one, whose registers are ports.
 */
#include <arch/x86/cpu.h>
#include <arch/x86/paging.h>
#include <pv/virtio/virtio.h>

#include <linux/virtio_pci.h>

/* PCI's first way to its configuration space, which every PC has (PCI 3.0, 3.2.2.3.2). */
#define PORT_ADDRESS 0xcf8
#define PORT_DATA 0xcfc
#define ADDRESS_ENABLE 0x80000000u
#define NOBODY 0xffffffffu
/* Bridges behind bridges. */
#define DEPTH_MOST 4
#define BUSES 256

#define VENDOR_RED_HAT 0x1af4
#define DEVICE_TRANSITIONAL 0x1001
#define DEVICE_MODERN 0x1042
#define COMMAND 4
#define COMMAND_PORTS 1
#define COMMAND_MEMORY 2
#define COMMAND_MASTER 4
#define HEADER_TYPE 0x0c
#define BAR_0 0x10
#define SECONDARY_BUS 0x18
#define BARS 6
/* Of the configuration that the ports reach. */
#define CONFIG_SIZE 256

static uint32_t read_config(uint32_t location, uint32_t at)
{
	port_write32(PORT_ADDRESS, ADDRESS_ENABLE | location | at);
	return port_read32(PORT_DATA);
}

static void write_command(uint32_t location, uint16_t value)
{
	port_write32(PORT_ADDRESS, ADDRESS_ENABLE | location | COMMAND);
	port_write16(PORT_DATA, value);
}

/* Registers of virtio 1, in memory. */

static volatile struct virtio_pci_common_cfg *common(const struct virtio_device *device)
{
	return (volatile struct virtio_pci_common_cfg *)device->common;
}

static uint8_t status(const struct virtio_device *device) { return common(device)->device_status; }
static void set_status(const struct virtio_device *device, uint8_t value) { common(device)->device_status = value; }

static uint64_t offered(const struct virtio_device *device)
{
	uint64_t features;

	common(device)->device_feature_select = 1;
	features = (uint64_t)common(device)->device_feature << 32;
	common(device)->device_feature_select = 0;
	return features | common(device)->device_feature;
}

static void accept(const struct virtio_device *device, uint64_t features)
{
	common(device)->guest_feature_select = 1;
	common(device)->guest_feature = (uint32_t)(features >> 32);
	common(device)->guest_feature_select = 0;
	common(device)->guest_feature = (uint32_t)features;
}

static uint32_t queue_most(const struct virtio_device *device)
{
	common(device)->queue_select = 0;
	return common(device)->queue_size;
}

static void start(const struct virtio_device *device, const struct virtio_ring *ring)
{
	volatile struct virtio_pci_common_cfg *registers = common(device);

	registers->queue_size = (uint16_t)ring->entries;
	registers->queue_desc_lo = (uint32_t)ring->descriptors;
	registers->queue_desc_hi = (uint32_t)(ring->descriptors >> 32);
	registers->queue_avail_lo = (uint32_t)ring->available;
	registers->queue_avail_hi = (uint32_t)(ring->available >> 32);
	registers->queue_used_lo = (uint32_t)ring->used;
	registers->queue_used_hi = (uint32_t)(ring->used >> 32);
	registers->queue_enable = 1;
}

static void notify(const struct virtio_device *device) { *(volatile uint16_t *)device->notify = 0; }

static uint8_t config(const struct virtio_device *device, uint32_t offset)
{
	return *(volatile const uint8_t *)(device->config + offset);
}

static const struct virtio_registers modern = {
	false, status, set_status, offered, accept, queue_most, start, notify, config,
};

/* Registers from before, behind ports. */

static uint16_t port(const struct virtio_device *device, uint32_t at) { return (uint16_t)(device->common + at); }

static uint8_t legacy_status(const struct virtio_device *device) { return port_read(port(device, VIRTIO_PCI_STATUS)); }

static void legacy_set_status(const struct virtio_device *device, uint8_t value)
{
	port_write(port(device, VIRTIO_PCI_STATUS), value);
}

static uint64_t legacy_offered(const struct virtio_device *device)
{
	return port_read32(port(device, VIRTIO_PCI_HOST_FEATURES));
}

static void legacy_accept(const struct virtio_device *device, uint64_t features)
{
	port_write32(port(device, VIRTIO_PCI_GUEST_FEATURES), (uint32_t)features);
}

static uint32_t legacy_queue_most(const struct virtio_device *device)
{
	port_write16(port(device, VIRTIO_PCI_QUEUE_SEL), 0);
	return port_read16(port(device, VIRTIO_PCI_QUEUE_NUM));
}

static void legacy_start(const struct virtio_device *device, const struct virtio_ring *ring)
{
	port_write32(port(device, VIRTIO_PCI_QUEUE_PFN), (uint32_t)(ring->descriptors >> PAGE_SHIFT));
}

static void legacy_notify(const struct virtio_device *device)
{
	port_write16(port(device, VIRTIO_PCI_QUEUE_NOTIFY), 0);
}

static uint8_t legacy_config(const struct virtio_device *device, uint32_t offset)
{
	return port_read((uint16_t)(device->config + offset));
}

static const struct virtio_registers legacy = {
	true, legacy_status, legacy_set_status, legacy_offered, legacy_accept, legacy_queue_most, legacy_start, legacy_notify,
	legacy_config,
};

/* Where a part of a BAR in memory is; 0 when it is not in memory, nowhere, or not to be reached. */
static uint64_t address_of(struct virtio_device *device, const uint32_t words[64], const struct virtio_capability *part,
			   uint32_t least)
{
	const uint32_t *bar = words + BAR_0 / 4 + part->bar;
	struct range where;

	if (part->bar >= BARS || !virtio_part_range(part, bar[0], part->bar + 1 < BARS ? bar[1] : 0, least, &where))
		return 0;
	if (paging_reach_registers(where))
		return where.start;
	device->unreached = where.start;
	return 0;
}

/* Finds the registers of virtio 1; false for a device that has not all of them. */
static bool find_modern(struct virtio_device *device, const uint32_t words[64])
{
	uint32_t seen = 0, multiplier = 0, length = 0;
	struct virtio_capability part;
	uint64_t notify_at;
	uint8_t at = 0;

	while (virtio_next_capability(span(words, CONFIG_SIZE), &at, &seen, &part)) {
		if (part.type == VIRTIO_PCI_CAP_COMMON_CFG && device->common == 0)
			device->common = address_of(device, words, &part, sizeof(struct virtio_pci_common_cfg));
		if (part.type == VIRTIO_PCI_CAP_DEVICE_CFG && device->config == 0)
			device->config = address_of(device, words, &part, 24);
		if (part.type == VIRTIO_PCI_CAP_NOTIFY_CFG && device->notify == 0) {
			device->notify = address_of(device, words, &part, 2);
			multiplier = part.multiplier;
			length = part.length;
		}
	}
	if (device->common == 0 || device->config == 0 || device->notify == 0)
		return false;
	common(device)->queue_select = 0;
	notify_at = (uint64_t)common(device)->queue_notify_off * multiplier;
	if (notify_at + 2 > length)
		return false;
	device->notify += notify_at;
	device->registers = &modern;
	return true;
}

/*
 * Finds the registers from before.  MSI-X moves what is particular to the device by four bytes; a Linux that has left by kexec
 * has not turned it off, nor does a reset.
 */
static bool find_legacy(struct virtio_device *device, const uint32_t words[64])
{
	uint32_t bar = words[BAR_0 / 4];

	if (words[0] >> 16 != DEVICE_TRANSITIONAL || !(bar & 1) || (bar & ~3u) == 0 || (bar & ~3u) >= 0xffc0)
		return false;
	device->common = bar & ~3u;
	device->config = device->common + VIRTIO_PCI_CONFIG_OFF(virtio_has_msix(span(words, CONFIG_SIZE)));
	device->registers = &legacy;
	return true;
}

/* What cannot be used is added too: it is said of it when it is asked for. */
static void look_at(uint32_t location, struct machine_disks *disks)
{
	struct virtio_device device = { .location = location };
	uint32_t words[CONFIG_SIZE / 4];

	for (uint32_t i = 0; i < CONFIG_SIZE / 4; i++)
		words[i] = read_config(location, i * 4);
	device.command = (uint16_t)words[COMMAND / 4];
	write_command(location, device.command | COMMAND_PORTS | COMMAND_MEMORY | COMMAND_MASTER);
	if (!find_modern(&device, words) && !find_legacy(&device, words))
		write_command(location, device.command);
	virtio_add(disks, &device);
}

void virtio_pci_release(const struct virtio_device *device)
{
	/* Those in memory have no command register. */
	if (device->registers == &modern || device->registers == &legacy)
		write_command(device->location, device->command);
}

static bool bus_seen[BUSES];

static void find_on_bus(uint32_t bus, uint32_t depth, struct machine_disks *disks);

static void find_function(uint32_t location, uint32_t depth, struct machine_disks *disks)
{
	uint32_t id = read_config(location, 0), type = read_config(location, HEADER_TYPE) >> 16 & 0x7f;
	uint32_t bus = location >> 16 & 0xff, behind;

	if (id == NOBODY)
		return;
	if ((id & 0xffff) == VENDOR_RED_HAT && (id >> 16 == DEVICE_TRANSITIONAL || id >> 16 == DEVICE_MODERN))
		look_at(location, disks);
	if (type != 1)
		return;
	behind = read_config(location, SECONDARY_BUS) >> 8 & 0xff;
	if (behind > bus && depth < DEPTH_MOST)
		find_on_bus(behind, depth + 1, disks);
}

static void find_on_bus(uint32_t bus, uint32_t depth, struct machine_disks *disks)
{
	bus_seen[bus] = true;
	for (uint32_t device = 0; device < 32; device++) {
		uint32_t location = bus << 16 | device << 11;
		uint32_t functions = read_config(location, HEADER_TYPE) >> 16 & 0x80 ? 8 : 1;

		if (read_config(location, 0) == NOBODY)
			continue;
		for (uint32_t i = 0; i < functions; i++)
			find_function(location | i << 8, depth, disks);
	}
}

void virtio_pci_find(struct machine_disks *disks)
{
	/* Without a host bridge there is nobody behind the ports. */
	port_write32(PORT_ADDRESS, ADDRESS_ENABLE);
	if (port_read32(PORT_ADDRESS) != ADDRESS_ENABLE)
		return;
	find_on_bus(0, 0, disks);
	/* Other host bridges are named by ACPI's code alone.  To ask for every bus takes a while, so only where nothing else is left. */
	for (uint32_t bus = 1; bus < BUSES && disks->count == 0; bus++)
		if (!bus_seen[bus])
			find_on_bus(bus, 0, disks);
}
