# SPDX-License-Identifier: GPL-2.0-or-later
# The image of the trips: the shim's own objects, and what stands between them (trip.h).  `make trip` builds and runs.

TRIP_SOURCES := $(addprefix tests/trip/,story.c faults.c engine.c tables.c machine.c pv.c)
TRIP_OBJECTS := $(addprefix build/shim/,$(addsuffix .o,$(TRIP_SOURCES)))
TRIP_WRAPPED := \
	door_entry paging_start start_info_read multiboot2_read machine_wake self_patch payload_from_door machine_leave \
	sites_lull_read plan_make commit journal_verify \
	flag_suits flag_is_masked flag_mask flag_unmask traps_on_event \
	xen_hypercall apic_self_interrupt paging_reach \
	machine_console_write serial_drain xen_crash \
	xen_pv_door_entry xen_start_info_read xen_pv_suits xen_pv_is_masked xen_pv_mask xen_pv_unmask xen_pv_proof_raise \
	xen_pv_reach xen_pv_map machine_leave_xen_pv

.PHONY: trip
trip: build/trip/lull-trip.elf build/lull.elf guests
	tests/trip/run.py

build/trip/lull-trip.debug.elf: $(SHIM_OBJECTS) $(TRIP_OBJECTS) arch/x86/lull.lds tests/trip/trip.mk
	@mkdir -p $(@D)
	$(LD) $(SHIM_LDFLAGS) $(addprefix --wrap=,$(TRIP_WRAPPED)) -T arch/x86/lull.lds $(SHIM_OBJECTS) $(TRIP_OBJECTS) \
		$(SHIM_ARCHIVES) -o $@

build/trip/lull-trip.elf: build/trip/lull-trip.debug.elf
	$(STRIP) -o $@ $<

-include $(TRIP_OBJECTS:.o=.d)
