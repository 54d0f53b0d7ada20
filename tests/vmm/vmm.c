/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmm firecracker|cloud-hypervisor KERNEL [-i INITRD] [-a LINE] [-m MIB] [-c CPUS] [-s OFFSET=VALUE]...
 *
 * Its console is the guest's serial line; its status is in vmm.h. With -s a word of start_info is another one.
 */
#include "vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_CPUS 16

static struct vmm vmm;
/* Devices serve one CPU at a time. */
static pthread_mutex_t devices = PTHREAD_MUTEX_INITIALIZER;

void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("vmm: ", stderr);
	vfprintf(stderr, format, arguments);
	fputs("\n", stderr);
	va_end(arguments);
	exit(STATUS_FAILED);
}

int must(int descriptor, unsigned long request, const void *argument, const char *name)
{
	const int result = ioctl(descriptor, request, argument);

	if (result < 0)
		fail("%s: %s", name, strerror(errno));
	return result;
}

void *guest(const struct vmm *of, uint64_t address, uint64_t size)
{
	if (address > of->low_size || size > of->low_size - address)
		fail("0x%llx bytes at 0x%llx are no memory", (unsigned long long)size, (unsigned long long)address);
	return of->low + address;
}

/* In large pages, where the host has them: each page that is touched costs an exit. */
static uint8_t *add_memory(unsigned slot, uint64_t address, uint64_t size)
{
	const uint64_t large = UINT64_C(2) << 20;

	if (size == 0)
		return NULL;
	void *room = mmap(NULL, size + large, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		fail("%llu bytes of memory: %s", (unsigned long long)size, strerror(errno));
	uint8_t *bytes = (uint8_t *)(((uintptr_t)room + large - 1) & ~(uintptr_t)(large - 1));
	madvise(bytes, size, MADV_HUGEPAGE);
	const struct kvm_userspace_memory_region region = {
		.slot = slot, .guest_phys_addr = address, .memory_size = size, .userspace_addr = (uintptr_t)bytes,
	};
	must(vmm.vm, KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION");
	return bytes;
}

/* Firecracker has KVM's 8259s, I/O APIC and PIT; Cloud Hypervisor none of them, but an I/O APIC of its own. */
static void add_interrupt_controllers(void)
{
	const uint64_t identity_map = UINT64_C(0xfeffc000);

	must(vmm.vm, KVM_SET_TSS_ADDR, (void *)UINT64_C(0xfffbd000), "KVM_SET_TSS_ADDR");
	must(vmm.vm, KVM_SET_IDENTITY_MAP_ADDR, &identity_map, "KVM_SET_IDENTITY_MAP_ADDR");
	if (vmm.imitated == CLOUD_HYPERVISOR) {
		const struct kvm_enable_cap split = { .cap = KVM_CAP_SPLIT_IRQCHIP, .args = { 24 } };
		must(vmm.vm, KVM_ENABLE_CAP, &split, "KVM_CAP_SPLIT_IRQCHIP");
	} else {
		const struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
		must(vmm.vm, KVM_CREATE_IRQCHIP, NULL, "KVM_CREATE_IRQCHIP");
		must(vmm.vm, KVM_CREATE_PIT2, &pit, "KVM_CREATE_PIT2");
	}
}

static void serve(struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		for (unsigned i = 0; i < run->io.count; i++)
			port_access(&vmm, run->io.port, run->io.direction == KVM_EXIT_IO_OUT, data + i * run->io.size, run->io.size);
		return;
	case KVM_EXIT_MMIO:
		memory_access(run->mmio.phys_addr, run->mmio.is_write, run->mmio.data, run->mmio.len);
		return;
	case KVM_EXIT_IOAPIC_EOI:
		return;
	case KVM_EXIT_SHUTDOWN:
		exit(STATUS_TRIPLE_FAULT);
	default:
		fail("KVM ends with exit reason %u", run->exit_reason);
	}
}

struct cpu {
	int descriptor;
	struct kvm_run *run;
};

static void *run_cpu(void *argument)
{
	struct cpu *cpu = argument;

	for (;;) {
		if (ioctl(cpu->descriptor, KVM_RUN, 0) < 0) {
			/* A CPU that is started comes by here once. */
			if (errno != EINTR && errno != EAGAIN)
				fail("KVM_RUN: %s", strerror(errno));
			continue;
		}
		pthread_mutex_lock(&devices);
		serve(cpu->run);
		pthread_mutex_unlock(&devices);
	}
}

static void start_cpus(void)
{
	static struct cpu cpus[MAX_CPUS];
	const int size = must(vmm.kvm, KVM_GET_VCPU_MMAP_SIZE, NULL, "KVM_GET_VCPU_MMAP_SIZE");

	for (unsigned i = 0; i < vmm.cpus; i++) {
		cpus[i].descriptor = must(vmm.vm, KVM_CREATE_VCPU, (void *)(uintptr_t)i, "KVM_CREATE_VCPU");
		cpus[i].run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, cpus[i].descriptor, 0);
		if (cpus[i].run == MAP_FAILED)
			fail("a CPU cannot be mapped");
		prepare_cpu(&vmm, cpus[i].descriptor, i);
	}
	for (unsigned i = 1; i < vmm.cpus; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, run_cpu, &cpus[i]) != 0)
			fail("no thread for a CPU");
	}
	run_cpu(&cpus[0]);
}

struct options {
	const char *kernel, *initrd, *line;
	uint64_t mib;
	struct { unsigned offset; uint32_t value; } word[8];
	unsigned words;
};

static struct options read_options(int count, char **argument)
{
	struct options options = { .mib = 256 };
	const char *usage = "vmm firecracker|cloud-hypervisor KERNEL [-i INITRD] [-a LINE] [-m MIB] [-c CPUS] [-s OFFSET=VALUE]...";

	vmm.cpus = 1;
	if (count < 3 || (strcmp(argument[1], "firecracker") != 0 && strcmp(argument[1], "cloud-hypervisor") != 0))
		fail("%s", usage);
	vmm.imitated = argument[1][0] == 'f' ? FIRECRACKER : CLOUD_HYPERVISOR;
	options.kernel = argument[2];
	for (int option; (option = getopt(count - 2, argument + 2, "i:a:m:c:s:")) != -1;) {
		if (option == 'i')
			options.initrd = optarg;
		else if (option == 'a')
			options.line = optarg;
		else if (option == 'm')
			options.mib = strtoull(optarg, NULL, 0);
		else if (option == 'c')
			vmm.cpus = (unsigned)strtoul(optarg, NULL, 0);
		else if (option == 's' && options.words < 8 &&
			 sscanf(optarg, "%i=%i", (int *)&options.word[options.words].offset,
				(int *)&options.word[options.words].value) == 2)
			options.words++;
		else
			fail("%s", usage);
	}
	if (vmm.cpus < 1 || vmm.cpus > MAX_CPUS || options.mib < 2)
		fail("%s", usage);
	return options;
}

int main(int count, char **argument)
{
	const struct options options = read_options(count, argument);
	const uint64_t memory = options.mib << 20;

	vmm.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vmm.kvm < 0)
		fail("/dev/kvm: %s", strerror(errno));
	vmm.vm = must(vmm.kvm, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
	vmm.low_size = memory < DEVICES_START ? memory : DEVICES_START;
	vmm.high_size = memory - vmm.low_size;
	vmm.low = add_memory(0, 0, vmm.low_size);
	vmm.high = add_memory(1, FOUR_GIB, vmm.high_size);
	add_interrupt_controllers();
	load(&vmm, options.kernel, options.initrd, options.line);
	write_tables(&vmm);
	for (unsigned i = 0; i < options.words; i++)
		memcpy(guest(&vmm, START_INFO + options.word[i].offset, 4), &options.word[i].value, 4);
	start_cpus();
}
