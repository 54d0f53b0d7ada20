# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests on the host.  `make unit` builds them with the address and undefined-behaviour sanitisers and runs them;
# `make coverage` builds them for gcov, runs them and fails where a file that must be covered is not; `make fuzz` throws
# mutated files at the parsers; `make error-codes` checks that every error has a test somewhere under tests/.

# The sources under test: compiled unchanged, as the shim compiles them.
UNIT_SOURCES := \
	arch/x86/acpi.c \
	arch/x86/door_multiboot2.c \
	arch/x86/door_pvh.c \
	arch/x86/door_xen_pv.c \
	shim/cmdline.c \
	shim/error_text.c \
	shim/format.c \
	shim/free_memory.c \
	shim/memory_map.c \
	shim/move_order.c \
	shim/patch_linux.c \
	shim/patch_payload.c \
	shim/place.c \
	shim/place_xen_pv.c \
	shim/protocol.c \
	shim/work_memory.c \
	shim/payload/compression.c \
	shim/payload/elf.c \
	shim/payload/elf_sections.c \
	shim/payload/linux.c \
	shim/payload/linux_tables.c \
	shim/payload/lull_notes.c \
	shim/payload/payload.c \
	shim/payload/uki.c \
	shim/payload/unpack.c \
	shim/payload/unpack_block.c \
	shim/payload/unpack_gzip.c \
	shim/payload/unpack_stream.c \
	shim/payload/unpack_xz.c \
	shim/payload/x86_filter.c \
	shim/payload/xen_notes.c \
	shim/payload/xen_pv.c \
	pv/commit.c \
	pv/flag.c \
	pv/hypervisor_list.c \
	pv/journal.c \
	pv/linux_alternatives.c \
	pv/mask.c \
	pv/plan.c \
	pv/rendezvous.c \
	pv/repatch.c \
	pv/sites_linux.c \
	pv/sites_linux_plan.c \
	pv/sites_lull.c \
	pv/sort.c \
	pv/xen_pv_mask.c \
	pv/xen_pv_tables.c

UNIT_SUPPORT := tests/unit/builder.c tests/unit/check_failed.c tests/unit/layout_check.c \
	tests/unit/machine_stub.c tests/unit/packer.c

# One program for each subject; each links every source under test.
UNIT_PROGRAMS := \
	test_acpi \
	test_cmdline \
	test_door_xen_pv \
	test_doors \
	test_elf \
	test_elf_sections \
	test_engine_faults \
	test_engine_macros \
	test_engine_plan \
	test_engine_relocate \
	test_engine_repatch \
	test_engine_sites \
	test_engine_window \
	test_error_text \
	test_flag \
	test_format \
	test_free_memory \
	test_hypervisor \
	test_linux \
	test_lull_notes \
	test_memory_map \
	test_multiboot2 \
	test_patch_linux \
	test_patch_payload \
	test_payload \
	test_place \
	test_place_random \
	test_place_xen_pv \
	test_prefixes \
	test_protocol \
	test_sites_linux \
	test_sites_linux_bits \
	test_sites_linux_plan \
	test_string \
	test_uki \
	test_unpack \
	test_unpack_xz \
	test_x86_filter \
	test_xen_notes \
	test_xen_pv \
	test_xen_pv_mask \
	test_xen_pv_tables

# Files of which every line and branch must be reached.
UNIT_COVERED := \
	arch/x86/acpi.c \
	arch/x86/door_multiboot2.c \
	arch/x86/door_pvh.c \
	arch/x86/door_xen_pv.c \
	pv/commit.c \
	pv/hypervisor_list.c \
	pv/journal.c \
	pv/linux_alternatives.c \
	pv/mask.c \
	pv/plan.c \
	pv/rendezvous.c \
	pv/repatch.c \
	pv/sites_linux.c \
	pv/sites_linux_plan.c \
	pv/sites_lull.c \
	pv/sort.c \
	pv/xen_pv_tables.c \
	shim/cmdline.c \
	shim/free_memory.c \
	shim/memory_map.c \
	shim/move_order.c \
	shim/patch_linux.c \
	shim/patch_payload.c \
	shim/payload/compression.c \
	shim/payload/elf.c \
	shim/payload/elf_sections.c \
	shim/payload/linux.c \
	shim/payload/linux_tables.c \
	shim/payload/lull_notes.c \
	shim/payload/payload.c \
	shim/payload/uki.c \
	shim/payload/unpack.c \
	shim/payload/unpack_block.c \
	shim/payload/unpack_gzip.c \
	shim/payload/unpack_stream.c \
	shim/payload/unpack_xz.c \
	shim/payload/x86_filter.c \
	shim/payload/xen_notes.c \
	shim/payload/xen_pv.c \
	shim/place.c \
	shim/place_xen_pv.c \
	shim/protocol.c \
	shim/work_memory.c

UNIT_CC ?= gcc
UNIT_FLAGS := -std=gnu11 -g -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Iinclude -I. -MMD -MP
UNIT_SANITIZE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_COVERAGE := -O0 --coverage
# The libraries that unpack.
UNIT_LIBS := -ldeflate -lbz2 -llzma -llzo2 -llz4 -lzstd

include tests/unit/test_engine.mk

UNIT_CHECKED := $(UNIT_PROGRAMS:%=build/unit/sanitized/%)
UNIT_COUNTED := $(UNIT_PROGRAMS:%=build/unit/coverage/%)
UNIT_CHECKED_OBJECTS := $(UNIT_SOURCES:%.c=build/unit/sanitized/%.o) $(UNIT_SUPPORT:%.c=build/unit/sanitized/%.o)
UNIT_COUNTED_OBJECTS := $(UNIT_SOURCES:%.c=build/unit/coverage/%.o) $(UNIT_SUPPORT:%.c=build/unit/coverage/%.o)
UNIT_CHECKED_TESTS := $(UNIT_PROGRAMS:%=build/unit/sanitized/tests/unit/%.o)
UNIT_COUNTED_TESTS := $(UNIT_PROGRAMS:%=build/unit/coverage/tests/unit/%.o)

.PHONY: unit coverage error-codes fuzz
.SECONDARY: $(UNIT_CHECKED_TESTS) $(UNIT_COUNTED_TESTS)

unit: $(UNIT_CHECKED) $(ENGINE_FAULT_PROGRAMS)
	tests/unit/run.py $^

error-codes:
	tests/unit/error_codes.py

coverage: $(UNIT_COUNTED)
	find build/unit/coverage -name '*.gcda' -delete
	tests/unit/run.py --quiet $^
	tests/unit/coverage.py build/unit/coverage $(UNIT_COVERED)

$(UNIT_CHECKED): build/unit/sanitized/%: build/unit/sanitized/tests/unit/%.o $(UNIT_CHECKED_OBJECTS)
	$(UNIT_CC) $(UNIT_SANITIZE) $^ -lcmocka $(UNIT_LIBS) -o $@

$(UNIT_COUNTED): build/unit/coverage/%: build/unit/coverage/tests/unit/%.o $(UNIT_COUNTED_OBJECTS)
	$(UNIT_CC) $(UNIT_COVERAGE) $^ -lcmocka $(UNIT_LIBS) -o $@

$(UNIT_CHECKED_OBJECTS) $(UNIT_CHECKED_TESTS): build/unit/sanitized/%.o: %.c
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_FLAGS) $(UNIT_SANITIZE) -c $< -o $@

$(UNIT_COUNTED_OBJECTS) $(UNIT_COUNTED_TESTS): build/unit/coverage/%.o: %.c
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_FLAGS) $(UNIT_COVERAGE) -c $< -o $@

# Fuzz targets, FUZZ_SECONDS each, two at a time with make -j2.
FUZZ_TARGETS := fuzz_uki fuzz_linux fuzz_linux_tables fuzz_elf fuzz_payload fuzz_sites fuzz_cmdline fuzz_memory_map \
	fuzz_unpack
FUZZ_SECONDS ?= 2
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=build/unit/sanitized/%)
FUZZ_OBJECTS := $(FUZZ_TARGETS:%=build/unit/sanitized/tests/fuzz/%.o) build/unit/sanitized/tests/fuzz/fuzz_main.o
FUZZ_HELPERS := build/unit/sanitized/tests/fuzz/fuzz_main.o build/unit/sanitized/tests/fuzz/fuzz_check.o \
	build/unit/sanitized/tests/unit/builder.o build/unit/sanitized/tests/unit/layout_check.o \
	build/unit/sanitized/tests/unit/machine_stub.o build/unit/sanitized/tests/unit/packer.o

.PHONY: $(FUZZ_TARGETS)
.SECONDARY: $(FUZZ_OBJECTS)

fuzz: $(FUZZ_TARGETS)

$(FUZZ_TARGETS): fuzz_%: build/unit/sanitized/fuzz_%
	$< $(FUZZ_SECONDS)

$(FUZZ_PROGRAMS): build/unit/sanitized/fuzz_%: build/unit/sanitized/tests/fuzz/fuzz_%.o $(FUZZ_HELPERS) \
		$(UNIT_SOURCES:%.c=build/unit/sanitized/%.o)
	$(UNIT_CC) $(UNIT_SANITIZE) $^ $(UNIT_LIBS) -o $@

$(FUZZ_OBJECTS) build/unit/sanitized/tests/fuzz/fuzz_check.o: build/unit/sanitized/%.o: %.c
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_FLAGS) $(UNIT_SANITIZE) -c $< -o $@

-include $(wildcard build/unit/*/*/*.d build/unit/*/*/*/*.d)
