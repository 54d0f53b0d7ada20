# SPDX-License-Identifier: GPL-2.0-or-later
# The program that times the engine on this machine: the engine is liblull.a, with the flags of the shim, and the shim's
# own way to serialise; what opens the kernels is the host command's.
BENCH_SOURCES := tests/bench/engine.c tests/bench/table.c
BENCH_OBJECTS := $(BENCH_SOURCES:%.c=build/bench/%.o)
BENCH_TOOL_OBJECTS := $(filter-out build/tools/tools/main.o $(ENGINE_SOURCES:%.c=build/tools/%.o),$(TOOL_OBJECTS)) build/tools/tools/page_files.o

$(BENCH_OBJECTS): build/bench/%.o: %.c
	@mkdir -p $(@D)
	$(HOST_CC) $(HOST_CFLAGS) -fno-pie -mno-red-zone -MMD -MP -c $< -o $@

build/bench/engine: $(BENCH_OBJECTS) $(BENCH_TOOL_OBJECTS) build/liblull.a
	$(HOST_CC) -no-pie $^ $(TOOL_LIBS) -o $@

# What the part `boot` needs: the vmlinux of a bzImage, a first program, and the shim with a clock between its parts.
build/bench/unpack: build/bench/tests/bench/unpack.o $(filter-out %/main.o,$(TOOL_OBJECTS)) build/tools/tools/page_files.o
	$(HOST_CC) -no-pie $^ $(TOOL_LIBS) -o $@

build/bench/tests/bench/unpack.o: tests/bench/unpack.c
	@mkdir -p $(@D)
	$(HOST_CC) $(HOST_CFLAGS) -fno-pie -MMD -MP -c $< -o $@

build/bench/init: tests/bench/init.S
	@mkdir -p $(@D)
	$(HOST_CC) -nostdlib -static -no-pie -s -Wl,--build-id=none $< -o $@

# What the part `efi` puts where Linux begins.
build/bench/efi_kernel: tests/bench/efi_kernel.S
	@mkdir -p $(@D)
	$(HOST_CC) -c $< -o $@.o
	objcopy -O binary -j .text $@.o $@

BENCH_WRAPPED := door_entry self_patch payload_from_door unpack_packed unpack_kernel sites_linux_verify sites_linux_read \
	plan_make window_run journal_verify handover_prepare machine_console_write machine_leave

build/bench/lull.elf: $(SHIM_OBJECTS) build/shim/tests/bench/phases.c.o arch/x86/lull.lds tests/bench/bench.mk
	@mkdir -p $(@D)
	$(LD) $(SHIM_LDFLAGS) $(addprefix --wrap=,$(BENCH_WRAPPED)) -T arch/x86/lull.lds $(SHIM_OBJECTS) \
		build/shim/tests/bench/phases.c.o $(SHIM_ARCHIVES) -o build/bench/lull.debug.elf
	$(STRIP) -o $@ build/bench/lull.debug.elf

.PHONY: bench-programs
bench-programs: build/bench/engine build/bench/unpack build/bench/init build/bench/lull.elf build/bench/efi_kernel efi-apps

-include $(BENCH_OBJECTS:.o=.d) build/bench/tests/bench/unpack.d build/shim/tests/bench/phases.c.d
