# SPDX-License-Identifier: GPL-2.0-or-later
# The storm: one image for a bare machine, Xen PVH and Xen PV, which links the library as any kernel would; and once more
# for each seeded fault, with the library built for it.

STORM_SOURCES := $(addprefix tests/guests/storm/,head.S sites_text.S storm.c window.c step.c events.c sites.c lapic.c hvm.c xen.c pv.c \
		   nmi.c wrong_mask.c)
STORM_PV_SOURCES := pv/hypervisor.c pv/hypervisor_list.c
STORM_OBJECTS := $(addprefix build/shim/,$(addsuffix .o,$(STORM_SOURCES) $(STORM_PV_SOURCES)))
STORM_LINK := $(LD) $(SHIM_LDFLAGS) -T tests/guests/storm/storm.lds

STORM_FAULTS := NO_MASK LATE_SERIALISE EARLY_TEST TWO_STEPS CLI_UNDER_PV BYTE_UNDER_HVM UNPARKED NMI_SITE
STORM_FAULT_IMAGES := $(STORM_FAULTS:%=build/guests/storm-fault/%.elf)
# Empty to leave out what runs under KVM, in a lab of its own.
KVM := --kvm

.PHONY: storm seed-bug
storm: build/guests/storm.elf build/liblull.a
	tests/guests/storm/run.py $(KVM)

seed-bug: build/guests/storm.elf $(STORM_FAULT_IMAGES)
	tests/guests/storm/seed_bug.py $(KVM)

build/guests/storm.elf: $(STORM_OBJECTS) build/guests/64/print.c.o build/liblull.a tests/guests/storm/storm.lds
	$(STORM_LINK) $(STORM_OBJECTS) build/guests/64/print.c.o build/liblull.a -o $@

# Under a mask nobody sees the first of two steps: this fault takes the other one with it.
STORM_EDITS = $*$(if $(filter TWO_STEPS,$*),+NO_MASK)
STORM_FAULT_HEADERS := $(wildcard tests/guests/storm/*.h tests/mutate/*.h)

$(STORM_FAULT_IMAGES): build/guests/storm-fault/%.elf: $(STORM_SOURCES) $(EDITED_SOURCES) $(STORM_FAULT_HEADERS) \
		build/guests/64/print.c.o tests/guests/storm/storm.lds tests/mutate/faults.edits
	@mkdir -p build/guests/storm-fault/$*
	tests/mutate/edits.py copy $(STORM_EDITS) build/guests/storm-fault/$*/tree
	cd build/guests/storm-fault/$* && $(CC) -Itree/include -Itree $(SHIM_CFLAGS) -I$(CURDIR) \
		$(addprefix -DLULL_FAULT_,$(subst +, ,$(STORM_EDITS))) -c $(addprefix $(CURDIR)/,$(STORM_SOURCES)) \
		$(addprefix tree/,$(STORM_PV_SOURCES) $(ENGINE_SOURCES))
	$(STORM_LINK) build/guests/storm-fault/$*/*.o build/guests/64/print.c.o -o $@

-include $(STORM_OBJECTS:.o=.d)
