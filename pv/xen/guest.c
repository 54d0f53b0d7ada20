/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/x86/cpu.h>
#include <pv/xen/guest.h>
#include <pv/xen/hypercall.h>
#include <pv/xen/sharing.h>

#include <string.h>
#include <xen/xen.h>
#include <xen/io/console.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

/* How often we yield while the ring is full: some seconds under any load, but no hang where nobody reads. */
#define RING_PATIENCE 200000
#define OUT_MASK (sizeof(((struct xencons_interface *)0)->out) - 1)
#define IN_MASK (sizeof(((struct xencons_interface *)0)->in) - 1)
#define CPU_CEILING 512
/* e820 entries as XENMEM_memory_map writes them: packed, 20 bytes (xen/include/public/memory.h; E820 of ACPI). */
#define E820_ENTRY_SIZE 20

static struct xencons_interface *ring;
static uint32_t ring_port;
static bool console_is_xen;

bool xen_is_dom0(const struct boot_info *info) { return info->start_flags & SIF_INITDOMAIN; }

void xen_console_start(bool dom0, struct xen_console console)
{
	console_is_xen = dom0;
	ring = console.page ? (struct xencons_interface *)console.page : NULL;
	ring_port = console.port;
}

void xen_yield(void) { xen_hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0); }

/* Bytes in the ring that the other side has not read. */
static uint32_t ring_unread(void)
{
	return __atomic_load_n(&ring->out_prod, __ATOMIC_RELAXED) - __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE);
}

/* Waits until at most `unread` bytes are left; false when patience ends. */
static bool ring_wait(uint32_t unread)
{
	for (unsigned i = 0; i < RING_PATIENCE; i++) {
		if (ring_unread() <= unread)
			return true;
		xen_yield();
	}
	return false;
}

static bool ring_put(char c)
{
	if (ring_unread() > OUT_MASK) {
		channel_notify(ring_port);
		if (!ring_wait((uint32_t)OUT_MASK))
			return false;
	}
	ring->out[ring->out_prod & OUT_MASK] = c;
	__atomic_store_n(&ring->out_prod, ring->out_prod + 1, __ATOMIC_RELEASE);
	return true;
}

static void ring_write(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n' && !ring_put('\r'))
			break;
		if (!ring_put(text[i]))
			break;
	}
	channel_notify(ring_port);
}

void xen_console_write(const char *text, size_t size)
{
	if (console_is_xen)
		xen_hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, size, (uint64_t)text, 0);
	if (ring)
		ring_write(text, size);
}

bool xen_console_read(char *out)
{
	if (!ring || __atomic_load_n(&ring->in_prod, __ATOMIC_ACQUIRE) == ring->in_cons)
		return false;
	*out = ring->in[ring->in_cons & IN_MASK];
	__atomic_store_n(&ring->in_cons, ring->in_cons + 1, __ATOMIC_RELEASE);
	channel_notify(ring_port);
	return true;
}

void xen_console_drain(void)
{
	if (ring)
		ring_wait(0);
}

struct error xen_memory_map(struct memory_map *memory)
{
	/* One more than is used, because Xen cuts a map that is too long, and says no more than that the buffer is full. */
	static uint8_t buffer[(BOOT_MAX_REGIONS + 1) * E820_ENTRY_SIZE];
	struct xen_memory_map request = { .nr_entries = BOOT_MAX_REGIONS + 1 };

	set_xen_guest_handle_raw(request.buffer, buffer);
	TRY(xen_result("XENMEM_memory_map",
		       xen_hypercall(__HYPERVISOR_memory_op, XENMEM_memory_map, (uint64_t)&request, 0, 0)));
	memory->count = request.nr_entries;
	for (uint64_t i = 0; i < memory->count && i < BOOT_MAX_REGIONS; i++) {
		struct region *region = &memory->region[i];
		const uint8_t *entry = buffer + i * E820_ENTRY_SIZE;

		memcpy(&region->start, entry, 8);
		memcpy(&region->size, entry + 8, 8);
		memcpy(&region->type, entry + 16, 4);
	}
	return error_none();
}

unsigned xen_cpu_limit(void)
{
	unsigned cpu = 0;

	while (cpu < CPU_CEILING && xen_hypercall(__HYPERVISOR_vcpu_op, VCPUOP_is_up, cpu, 0, 0) >= 0)
		cpu++;
	return cpu;
}

void xen_crash(void)
{
	struct sched_shutdown shutdown = { .reason = SHUTDOWN_crash };

	/* Also called for what failed before anything was started. */
	xen_hypercall_start();
	xen_hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uint64_t)&shutdown, 0, 0);
}
