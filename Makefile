# SPDX-License-Identifier: GPL-2.0-or-later
# lull.  README.md says what the targets do.

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

CC := gcc
LD := ld
STRIP := strip
AR := ar

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wpointer-arith \
	    -Wwrite-strings -Wvla -Wimplicit-fallthrough
HARDENING := -fstack-protector-strong -mstack-protector-guard=global -ftrivial-auto-var-init=zero \
	     -fsanitize=undefined -fsanitize-undefined-trap-on-error -fno-sanitize=alignment
# Function and data sections, so that what one image does not use is left out of it.
SHIM_CFLAGS := -std=gnu11 -Oz -g -ffreestanding -m64 -march=x86-64 -mgeneral-regs-only -mno-red-zone -mcmodel=small \
	       -fno-pic -fno-pie -fno-common -fno-asynchronous-unwind-tables -fcf-protection=none \
	       -fno-omit-frame-pointer -ffunction-sections -fdata-sections \
	       -D__XEN_INTERFACE_VERSION__=0x00040e00 -Iinclude -I. $(WARNINGS) $(HARDENING)
SHIM_LDFLAGS := -nostdlib -static -no-pie -z max-page-size=4096 -z noexecstack --build-id=none --fatal-warnings \
		--orphan-handling=error --gc-sections

SHIM_SOURCES := \
	arch/x86/head.S arch/x86/leave.S arch/x86/traps_entry.S arch/x86/xen_pv.S \
	arch/x86/door.c arch/x86/door_pvh.c arch/x86/door_multiboot2.c arch/x86/door_xen_pv.c \
	arch/x86/acpi.c arch/x86/apic.c arch/x86/cpu.c arch/x86/leave.c arch/x86/paging.c arch/x86/ports.c \
	arch/x86/string.c arch/x86/thread.c arch/x86/traps.c \
	pv/machine.c pv/hypervisor.c pv/hypervisor_list.c pv/flag.c pv/apic_proof.c pv/pc.c pv/native.c pv/kvm.c pv/vmware.c \
	pv/hyperv.c pv/xen.c pv/xen_hvm.c pv/xen_hypercall.c \
	pv/xen_pv.c pv/xen_pv_mask.c pv/xen_pv_memory.c pv/xen_pv_proof.c pv/xen_pv_leave.c pv/xen_pv_tables.c pv/self.c \
	pv/mask.c pv/plan.c pv/commit.c pv/journal.c pv/sites_lull.c pv/sort.c \
	pv/linux_alternatives.c pv/sites_linux.c pv/sites_linux_plan.c \
	shim/main.c shim/find.c shim/work_memory.c shim/patch_payload.c shim/patch_linux.c shim/receipt.c shim/console.c shim/panic.c shim/format.c shim/error_text.c \
	shim/memory_map.c shim/cmdline.c shim/place.c shim/place_xen_pv.c shim/free_memory.c shim/move_order.c \
	shim/protocol.c shim/unpack_kernel.c shim/libraries.c \
	shim/payload/payload.c shim/payload/uki.c shim/payload/linux.c shim/payload/linux_tables.c shim/payload/elf.c \
	shim/payload/elf_sections.c \
	shim/payload/xen_notes.c shim/payload/xen_pv.c shim/payload/lull_notes.c shim/payload/compression.c \
	shim/payload/unpack.c shim/payload/unpack_gzip.c shim/payload/unpack_stream.c shim/payload/unpack_block.c \
	shim/payload/unpack_xz.c shim/payload/x86_filter.c \
	shim/handover/handover.c shim/handover/linux64.c shim/handover/pvh.c shim/handover/xen_pv.c

SHIM_OBJECTS := $(addprefix build/shim/,$(addsuffix .o,$(SHIM_SOURCES)))

# What unpacks: the distribution's static libraries.  They use SSE, and the stack protector of a thread (arch/x86/thread.c).
SHIM_ARCHIVES := $(foreach archive,libdeflate.a libbz2.a liblzma.a liblzo2.a liblz4.a libzstd.a,\
	$(shell $(CC) -print-file-name=$(archive)))

# The engine alone, for kernels that patch themselves again at run time.
LIBLULL_SOURCES := pv/mask.c pv/plan.c pv/commit.c pv/journal.c pv/sites_lull.c pv/sort.c pv/rendezvous.c pv/repatch.c
LIBLULL_OBJECTS := $(addprefix build/shim/,$(addsuffix .o,$(LIBLULL_SOURCES)))

.PHONY: all run check matrix bench clean
all: build/lull.elf build/lull build/liblull.a guests build/guests/storm.elf

build/shim/%.c.o: %.c
	@mkdir -p $(@D)
	$(CC) $(SHIM_CFLAGS) -MMD -MP -c $< -o $@

build/shim/%.S.o: %.S
	@mkdir -p $(@D)
	$(CC) -m64 -fno-pic -D__ASSEMBLY__ -Iinclude -I. -g -Wa,--fatal-warnings -MMD -MP -c $< -o $@

# The two loops over every byte of a kernel.  Fast, and without two checks of pointers in each turn, which know nothing of
# where the caller's memory ends.
FAST_OBJECTS := build/shim/arch/x86/string.c.o build/shim/shim/payload/x86_filter.c.o
$(FAST_OBJECTS): SHIM_CFLAGS += -O2 -fno-sanitize=null,pointer-overflow
# Without the pass that makes a call of memcpy() of the loop that is memcpy().
build/shim/arch/x86/string.c.o: SHIM_CFLAGS += -fno-tree-loop-distribute-patterns

build/lull.debug.elf: $(SHIM_OBJECTS) arch/x86/lull.lds
	$(LD) $(SHIM_LDFLAGS) -T arch/x86/lull.lds $(SHIM_OBJECTS) $(SHIM_ARCHIVES) -o $@

build/lull.elf: build/lull.debug.elf
	$(STRIP) -o $@ $<

build/liblull.a: $(LIBLULL_OBJECTS)
	rm -f $@
	$(AR) rcsD $@ $^

include tools/tools.mk
include tests/guests/guests.mk
include tests/guests/storm/storm.mk
include tests/unit/unit.mk
include tests/bench/bench.mk
-include tests/fuzz/fuzz.mk
-include tests/trip/trip.mk

# Packages are installed before anything is built: by apt when root, else named in one line.
run:
	@python3 tests/lab/packages.py --install build lab
	@$(MAKE) -s all
	@python3 tests/lab/run.py

check:
	@python3 tests/lab/packages.py --install build lab model
	@$(MAKE) -s all
	@python3 tests/check/check.py $(SUITES)

matrix:
	@python3 tests/lab/packages.py --install build lab
	@$(MAKE) -s all
	@python3 tests/matrix/matrix.py $(if $(CELLS),'$(CELLS)')

bench:
	@python3 tests/lab/packages.py --install build lab
	@$(MAKE) -s all build/bench/engine
	@python3 tests/bench/bench.py $(PARTS)

clean:
	rm -rf build

-include $(SHIM_OBJECTS:.o=.d) $(LIBLULL_OBJECTS:.o=.d)
