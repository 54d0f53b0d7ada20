# SPDX-License-Identifier: GPL-2.0-or-later
# The storm: one image for a bare machine, Xen PVH and Xen PV, which links the library as any kernel would.

STORM_SOURCES := $(addprefix tests/guests/storm/,head.S sites.S storm.c events.c sites.c lapic.c hvm.c xen.c pv.c)
# The masks, which are the kernel's to choose, and what they stand on.
STORM_PV_SOURCES := pv/flag.c pv/xen_pv_mask.c pv/hypervisor.c arch/x86/cpu.c
STORM_OBJECTS := $(addprefix build/shim/,$(addsuffix .o,$(STORM_SOURCES) $(STORM_PV_SOURCES)))

build/guests/storm.elf: $(STORM_OBJECTS) build/guests/64/print.c.o build/liblull.a tests/guests/storm/storm.lds
	$(LD) $(SHIM_LDFLAGS) -T tests/guests/storm/storm.lds $(STORM_OBJECTS) build/guests/64/print.c.o build/liblull.a -o $@

-include $(STORM_OBJECTS:.o=.d)
