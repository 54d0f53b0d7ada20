# SPDX-License-Identifier: GPL-2.0-or-later
# The program that times the engine on this machine: the engine is liblull.a, with the flags of the shim, and the shim's
# own way to serialise; what opens the kernels is the host command's.
BENCH_SOURCES := tests/bench/engine.c tests/bench/table.c
BENCH_OBJECTS := $(BENCH_SOURCES:%.c=build/bench/%.o)
BENCH_TOOL_OBJECTS := $(filter-out build/tools/tools/main.o $(ENGINE_SOURCES:%.c=build/tools/%.o),$(TOOL_OBJECTS))

$(BENCH_OBJECTS): build/bench/%.o: %.c
	@mkdir -p $(@D)
	$(HOST_CC) $(HOST_CFLAGS) -fno-pie -mno-red-zone -MMD -MP -c $< -o $@

build/bench/engine: $(BENCH_OBJECTS) $(BENCH_TOOL_OBJECTS) build/liblull.a
	$(HOST_CC) -no-pie $^ $(TOOL_LIBS) -o $@

-include $(BENCH_OBJECTS:.o=.d)
