/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio devices on a PCI of our own, whose configuration and ports are arrays, and whose registers lie where firmware puts them. */
#include "unit.h"

#include <sys/mman.h>

#include <arch/x86/cpu.h>

static uint8_t fake_read(uint16_t port);
static uint16_t fake_read16(uint16_t port);
static uint32_t fake_read32(uint16_t port);
static void fake_write(uint16_t port, uint8_t value);
static void fake_write16(uint16_t port, uint16_t value);
static void fake_write32(uint16_t port, uint32_t value);

#define port_read fake_read
#define port_read16 fake_read16
#define port_read32 fake_read32
#define port_write fake_write
#define port_write16 fake_write16
#define port_write32 fake_write32
#include <pv/virtio/pci.c>

/* At the top of 46 bits, as SeaBIOS and edk2 have it. */
#define HIGH UINT64_C(0x380000000000)
#define PORTS 0xc000
#define FUNCTIONS 4
#define AT(bus, device, function) ((bus) << 16 | (device) << 11 | (function) << 8)
#define MSIX_AT 0x98

static struct {
	struct {
		uint32_t location;
		uint32_t words[CONFIG_SIZE / 4];
	} function[FUNCTIONS];
	uint32_t count, address;
	struct virtio_device added[FUNCTIONS];
	bool unreachable;
} fake;
static struct machine_disks disks;

static uint32_t *word_at(uint32_t address)
{
	for (uint32_t i = 0; i < fake.count; i++)
		if (fake.function[i].location == (address & 0xffff00))
			return &fake.function[i].words[(address & 0xff) / 4];
	return NULL;
}

static uint32_t fake_read32(uint16_t at)
{
	const uint32_t *word = word_at(fake.address);

	if (at == PORT_ADDRESS)
		return fake.address;
	assert_int_equal(at, PORT_DATA);
	return word ? *word : NOBODY;
}

static void fake_write32(uint16_t at, uint32_t value)
{
	assert_int_equal(at, PORT_ADDRESS);
	fake.address = value;
}

static void fake_write16(uint16_t at, uint16_t value)
{
	assert_int_equal(at, PORT_DATA);
	assert_int_equal(fake.address & 0xff, COMMAND);
	*word_at(fake.address) = value;
}

/* What is particular to a device says which port was read. */
static uint8_t fake_read(uint16_t at) { return (uint8_t)(at - PORTS); }
static uint16_t fake_read16(uint16_t at) { return at; }
static void fake_write(uint16_t at, uint8_t value) { assert_true(at >= PORTS && value == 0); }

bool paging_reach_registers(struct range range) { return !range_empty(range) && !fake.unreachable; }

void virtio_add(struct machine_disks *to, const struct virtio_device *device)
{
	assert_true(to->count < FUNCTIONS);
	fake.added[to->count++] = *device;
}

/* A function of PCI, without anything but its ID. */
static uint32_t *add_function(uint32_t location, uint32_t vendor, uint32_t device)
{
	uint32_t *words = fake.function[fake.count].words;

	memset(words, 0, CONFIG_SIZE);
	fake.function[fake.count++].location = location;
	words[0] = device << 16 | vendor;
	words[COMMAND / 4] = COMMAND_PORTS;
	return words;
}

static void add_part(uint32_t *words, uint32_t at, uint32_t next, uint32_t type, uint32_t offset, uint32_t length)
{
	words[at / 4] = type << 24 | 20 << 16 | next << 8 | 9;
	words[at / 4 + 1] = 4;
	words[at / 4 + 2] = offset;
	words[at / 4 + 3] = length;
	words[at / 4 + 4] = 4;
}

/* A disk, as QEMU has them: three parts in BAR 4, ports in BAR 0 if it is transitional, and MSI-X. */
static uint32_t *add_disk(uint32_t location, uint32_t id, uint64_t address)
{
	uint32_t *words = add_function(location, VENDOR_RED_HAT, id);

	words[COMMAND / 4] |= 0x10 << 16;
	words[0x34 / 4] = 0x40;
	add_part(words, 0x40, 0x54, VIRTIO_PCI_CAP_COMMON_CFG, 0, 0x100);
	add_part(words, 0x54, 0x68, VIRTIO_PCI_CAP_DEVICE_CFG, 0x100, 0x100);
	add_part(words, 0x68, MSIX_AT, VIRTIO_PCI_CAP_NOTIFY_CFG, 0x200, 0x100);
	words[MSIX_AT / 4] = 0x11;
	words[BAR_0 / 4 + 4] = (uint32_t)address | 0xc;
	words[BAR_0 / 4 + 5] = (uint32_t)(address >> 32);
	if (id == DEVICE_TRANSITIONAL)
		words[BAR_0 / 4] = PORTS | 1;
	return words;
}

static int begin(void **state)
{
	static void *page;

	(void)state;
	if (!page)
		page = mmap((void *)HIGH, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (page != (void *)HIGH)
		return -1;
	memset(page, 0, PAGE_SIZE);
	((volatile struct virtio_pci_common_cfg *)HIGH)->queue_notify_off = 3;
	memset(&fake, 0, sizeof(fake));
	memset(&disks, 0, sizeof(disks));
	memset(bus_seen, 0, sizeof(bus_seen));
	return 0;
}

static void registers_at_the_top(void **state)
{
	const uint32_t *words = add_disk(AT(0, 3, 0), DEVICE_MODERN, HIGH);

	(void)state;
	virtio_pci_find(&disks);
	assert_int_equal(disks.count, 1);
	assert_ptr_equal(fake.added[0].registers, &modern);
	assert_true(fake.added[0].common == HIGH && fake.added[0].config == HIGH + 0x100);
	assert_true(fake.added[0].notify == HIGH + 0x200 + 3 * 4);
	assert_int_equal(words[COMMAND / 4] & 0xffff, COMMAND_PORTS | COMMAND_MEMORY | COMMAND_MASTER);
	virtio_pci_release(&fake.added[0]);
	assert_int_equal(words[COMMAND / 4] & 0xffff, COMMAND_PORTS);
}

/* It is a disk all the same, and as it was found. */
static void assert_unused(const uint32_t *words, uint64_t unreached)
{
	virtio_pci_find(&disks);
	assert_int_equal(disks.count, 1);
	assert_null(fake.added[0].registers);
	assert_true(fake.added[0].unreached == unreached);
	assert_int_equal(words[COMMAND / 4] & 0xffff, COMMAND_PORTS);
}

static void registers_that_are_not_reached(void **state)
{
	uint32_t *words = add_disk(AT(0, 3, 0), DEVICE_MODERN, HIGH);

	fake.unreachable = true;
	assert_unused(words, HIGH + 0x200);
	begin(state);
	/* Firmware gave it no address. */
	assert_unused(add_disk(AT(0, 3, 0), DEVICE_MODERN, 0), 0);
	begin(state);
	/* Ports of a device that is not transitional are others. */
	words = add_disk(AT(0, 3, 0), DEVICE_MODERN, 0);
	words[BAR_0 / 4] = PORTS | 1;
	assert_unused(words, 0);
	begin(state);
	/* A queue's notifications outside of their part. */
	((volatile struct virtio_pci_common_cfg *)HIGH)->queue_notify_off = 0x40;
	assert_unused(add_disk(AT(0, 3, 0), DEVICE_MODERN, HIGH), 0);
}

/* A transitional device has its ports where its memory is not reached. */
static void ports_instead(void **state)
{
	uint32_t *words = add_disk(AT(0, 3, 0), DEVICE_TRANSITIONAL, HIGH);

	fake.unreachable = true;
	virtio_pci_find(&disks);
	assert_ptr_equal(fake.added[0].registers, &legacy);
	assert_int_equal(legacy.config(&fake.added[0], 7), 20 + 7);
	begin(state);
	words = add_disk(AT(0, 3, 0), DEVICE_TRANSITIONAL, HIGH);
	fake.unreachable = true;
	/* As a Linux leaves it by kexec. */
	words[MSIX_AT / 4] |= 0x8003u << 16;
	virtio_pci_find(&disks);
	assert_ptr_equal(fake.added[0].registers, &legacy);
	assert_int_equal(legacy.config(&fake.added[0], 7), 24 + 7);
}

static void behind_bridges_and_others(void **state)
{
	uint32_t *port;

	(void)state;
	add_function(AT(0, 0, 0), 0x8086, 0x29c0);
	/* Function 1 of a port of PCI Express; bus 2 is behind it. */
	add_function(AT(0, 2, 0), 0x1b36, 0xc)[HEADER_TYPE / 4] = 0x80 << 16;
	port = add_function(AT(0, 2, 1), 0x1b36, 0xc);
	port[HEADER_TYPE / 4] = 0x81 << 16;
	port[SECONDARY_BUS / 4] = 2 << 16 | 2 << 8;
	add_disk(AT(2, 0, 0), DEVICE_MODERN, HIGH);
	virtio_pci_find(&disks);
	assert_int_equal(disks.count, 1);
	assert_int_equal(fake.added[0].location, AT(2, 0, 0));
}

/* Where the first has a disk, nobody asks for the others. */
static void another_host_bridge(void **state)
{
	(void)state;
	add_function(AT(0, 0, 0), 0x8086, 0x29c0);
	add_disk(AT(255, 31, 0), DEVICE_MODERN, HIGH);
	virtio_pci_find(&disks);
	assert_int_equal(disks.count, 1);
	assert_int_equal(fake.added[0].location, AT(255, 31, 0));
	add_disk(AT(0, 4, 0), DEVICE_TRANSITIONAL, HIGH);
	disks.count = 0;
	virtio_pci_find(&disks);
	assert_int_equal(disks.count, 1);
	assert_int_equal(fake.added[0].location, AT(0, 4, 0));
}

int main(void)
{
	return RUN_TESTS_WITH(begin, NULL, "virtio_pci", registers_at_the_top, registers_that_are_not_reached, ports_instead,
			      behind_bridges_and_others, another_host_bridge);
}
