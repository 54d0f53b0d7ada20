/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio-blk (virtio 1.2, chapters 2 to 5.2): pci.c and mmio.c find devices and know their registers, blk.c reads, and
 * virtio_ring.c judges what a device answers.
 *
 * One device is in use at a time, by one ring: what reads from another resets this one first, as machine_disks_close() does.
 */
#ifndef LULL_PV_VIRTIO_VIRTIO_H
#define LULL_PV_VIRTIO_VIRTIO_H

#include <core/disks.h>
#include <pv/virtio/virtio_ring.h>

struct virtio_device;

/* The registers of a device, which each transport has elsewhere.  All of one queue, with index 0. */
struct virtio_registers {
	/* The ring is the one block of memory that virtio had before 1.0, and its size the device's. */
	bool is_legacy;
	uint8_t (*status)(const struct virtio_device *device);
	void (*set_status)(const struct virtio_device *device, uint8_t status);
	uint64_t (*offered)(const struct virtio_device *device);
	void (*accept)(const struct virtio_device *device, uint64_t features);
	/* The most entries of its queue; 0 when it has none. */
	uint32_t (*queue_most)(const struct virtio_device *device);
	void (*queue_start)(const struct virtio_device *device, const struct virtio_ring *ring);
	void (*notify)(const struct virtio_device *device);
	/* A byte of what is particular to its kind. */
	uint8_t (*config)(const struct virtio_device *device, uint32_t offset);
};

struct virtio_device {
	/* NULL: it has none that lull knows and reaches. */
	const struct virtio_registers *registers;
	/* Where the transport has its registers: addresses in memory, or ports. */
	uint64_t common, notify, config;
	/* Where those are that cannot be reached; 0 when nowhere. */
	uint64_t unreached;
	/* PCI: where it is, and what its command register had before. */
	uint32_t location;
	uint16_t command;
	/* Bytes of one request at most, a multiple of a sector. */
	uint64_t most;
};

/*
 * blk.c: adds a device, which is copied, as the machine's next disk ("vda"), also one without registers, so that it is said why it
 * cannot be read; one too many is counted in `passed_over`.
 */
void virtio_add(struct machine_disks *disks, const struct virtio_device *device);

/* machine_disks_open() of a machine with virtio: adds all devices, and connects none.  No error. */
struct error virtio_open(const struct boot_info *info, struct machine_disks *disks);

/*
 * machine_disks_close(): resets the device in use, so that it writes to no memory of ours any more, and gives PCI devices their
 * command registers back.  Errors: those of the reset.
 */
struct error virtio_close(struct machine_disks *disks);

/* pci.c: adds the disks on PCI; nothing without a host bridge. */
void virtio_pci_find(struct machine_disks *disks);

/* Gives a PCI device the command register that it had; does nothing for a device in memory. */
void virtio_pci_release(const struct virtio_device *device);

/* mmio.c: adds the disks that virtio_mmio.device= on the loader's line names; others are not looked for. */
void virtio_mmio_find(const struct boot_info *info, struct machine_disks *disks);

#endif
