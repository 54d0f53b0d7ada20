# SPDX-License-Identifier: GPL-2.0-or-later
# The host command build/lull.  Included by the Makefile; needs libelf libdeflate liblzma libzstd liblz4 libbz2 liblzo2.

HOST_CC     ?= gcc
HOST_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-fstack-protector-strong -D_FORTIFY_SOURCE=2 -D_GNU_SOURCE -Iinclude -I.
TOOL_LIBS   := -lelf -ldeflate -llzma -lzstd -llz4 -lbz2 -llzo2

# What the shim is made of too, compiled here for the host, unchanged.
TOOL_SHARED := \
	pv/linux_alternatives.c \
	pv/plan.c \
	pv/sites_linux.c \
	pv/sites_linux_plan.c \
	pv/sort.c \
	shim/cmdline.c \
	shim/error_text.c \
	shim/format.c \
	shim/payload/compression.c \
	shim/payload/elf.c \
	shim/payload/elf_sections.c \
	shim/payload/linux.c \
	shim/payload/linux_tables.c \
	shim/payload/payload.c \
	shim/payload/uki.c \
	shim/payload/lull_notes.c \
	shim/payload/unpack.c \
	shim/payload/unpack_block.c \
	shim/payload/unpack_gzip.c \
	shim/payload/unpack_stream.c \
	shim/payload/unpack_xz.c \
	shim/payload/x86_filter.c \
	shim/payload/xen_notes.c \
	shim/payload/xen_pv.c

TOOL_SOURCES := \
	tools/check.c \
	tools/check_predict.c \
	tools/doors.c \
	tools/embed.c \
	tools/file.c \
	tools/inspect.c \
	tools/inspect_elf.c \
	tools/json.c \
	tools/main.c \
	tools/message.c \
	tools/output.c \
	tools/pack.c \
	tools/progress.c \
	tools/report.c \
	tools/subject.c \
	tools/uki_write.c \
	tools/unpacked.c

TOOL_OBJECTS := $(TOOL_SOURCES:%.c=build/tools/%.o) $(TOOL_SHARED:%.c=build/tools/%.o) \
	build/tools/tools/efi_refusal.o

$(filter-out %/efi_refusal.o,$(TOOL_OBJECTS)): build/tools/%.o: %.c
	@mkdir -p $(@D)
	$(HOST_CC) $(HOST_CFLAGS) -MMD -MP -c $< -o $@

build/tools/tools/efi_refusal.o: tools/efi_refusal.S
	@mkdir -p $(@D)
	$(HOST_CC) -c $< -o $@

build/lull: $(TOOL_OBJECTS)
	$(HOST_CC) $^ $(TOOL_LIBS) -o $@

.PHONY: test-tools
test-tools: build/lull build/lull.elf guests
	python3 tests/tools/test_tools.py

-include $(TOOL_OBJECTS:.o=.d)
