# SPDX-License-Identifier: GPL-2.0-or-later
# The test guests that look: PVH as ELF32 and ELF64, PV as two ELF64; and the initrd that they know.
# Included by the Makefile at the top; `make -f` of this file works too.

GUEST_SHARED := table.S verdict.c print.c image.c initrd.c xen_console.c events.c
GUEST_SOURCES := $(GUEST_SHARED) head.S look.c machine.c entry.c start_info.c modules.c memory.c xen.c traces.c
GUEST_HEADERS := tests/guests/head.h tests/guests/guest.h tests/guests/pvh.h tests/guests/xen_guest.h
GUEST_FLAGS := -std=gnu11 -O2 -g0 -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fcf-protection=none -fno-builtin -fno-tree-loop-distribute-patterns -mgeneral-regs-only -Wall -Wextra -Werror \
	-Iinclude -idirafter /usr/include
GUEST_LINK := -nostdlib -static --build-id=none --fatal-warnings --orphan-handling=error -z noexecstack \
	-z max-page-size=4096

GUEST32_OBJECTS := $(GUEST_SOURCES:%=build/guests/32/%.o)
GUEST64_OBJECTS := $(GUEST_SOURCES:%=build/guests/64/%.o)
GUESTS := build/guests/pvh_look32.elf build/guests/pvh_look64.elf build/guests/example.elf build/guests/many.elf \
	build/guests/again_low.elf build/guests/again_high.elf

.PHONY: guests
guests: $(GUESTS) build/guests/test.initrd

build/guests/test.initrd: tests/guests/test_initrd.py
	@mkdir -p $(@D)
	python3 $< $@

$(GUEST32_OBJECTS): build/guests/32/%.o: tests/guests/% $(GUEST_HEADERS) tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -m32 -march=i686 -c -o $@ $<

$(GUEST64_OBJECTS): build/guests/64/%.o: tests/guests/% $(GUEST_HEADERS) tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -m64 -mno-red-zone -mcmodel=small -c -o $@ $<

build/guests/pvh_look32.elf: $(GUEST32_OBJECTS) tests/guests/look.lds
	$(LD) -m elf_i386 $(GUEST_LINK) -T tests/guests/look.lds -o $@ $(GUEST32_OBJECTS)

build/guests/pvh_look64.elf: $(GUEST64_OBJECTS) tests/guests/look.lds
	$(LD) -m elf_x86_64 $(GUEST_LINK) -T tests/guests/look.lds -o $@ $(GUEST64_OBJECTS)

# The same with a multiboot header: 1 as an ELF32, 2 as an ELF64, and both as files without a header of another kind.
MULTIBOOT_SOURCES := $(filter-out start_info.c,$(GUEST_SOURCES)) multiboot.c
MULTIBOOT1_OBJECTS := $(MULTIBOOT_SOURCES:%=build/guests/multiboot1/%.o)
MULTIBOOT2_OBJECTS := $(MULTIBOOT_SOURCES:%=build/guests/multiboot2/%.o)
MULTIBOOT_GUESTS := $(foreach version,1 2,build/guests/multiboot$(version)_look.elf build/guests/multiboot$(version)_flat.bin)

guests: $(MULTIBOOT_GUESTS)

$(MULTIBOOT1_OBJECTS): build/guests/multiboot1/%.o: tests/guests/% $(GUEST_HEADERS) tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -DMULTIBOOT=1 -m32 -march=i686 -c -o $@ $<

$(MULTIBOOT2_OBJECTS): build/guests/multiboot2/%.o: tests/guests/% $(GUEST_HEADERS) tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -DMULTIBOOT=2 -m64 -mno-red-zone -mcmodel=small -c -o $@ $<

build/guests/multiboot1/flat.o: tests/guests/head.S tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -DMULTIBOOT=1 -DFLAT -m32 -march=i686 -c -o $@ $<

build/guests/multiboot2/flat.o: tests/guests/head.S tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -DMULTIBOOT=2 -DFLAT -m64 -c -o $@ $<

build/guests/multiboot1_look.elf: $(MULTIBOOT1_OBJECTS) tests/guests/look.lds
	$(LD) -m elf_i386 $(GUEST_LINK) -T tests/guests/look.lds -o $@ $(MULTIBOOT1_OBJECTS)

build/guests/multiboot2_look.elf: $(MULTIBOOT2_OBJECTS) tests/guests/look.lds
	$(LD) -m elf_x86_64 $(GUEST_LINK) -T tests/guests/look.lds -o $@ $(MULTIBOOT2_OBJECTS)

build/guests/multiboot1_flat.bin: build/guests/multiboot1/flat.o $(MULTIBOOT1_OBJECTS) tests/guests/look.lds
	$(LD) -m elf_i386 $(GUEST_LINK) -T tests/guests/look.lds -o $@.elf $(patsubst %/head.S.o,%/flat.o,$(MULTIBOOT1_OBJECTS))
	objcopy -O binary $@.elf $@

build/guests/multiboot2_flat.bin: build/guests/multiboot2/flat.o $(MULTIBOOT2_OBJECTS) tests/guests/look.lds
	$(LD) -m elf_x86_64 $(GUEST_LINK) -T tests/guests/look.lds -o $@.elf $(patsubst %/head.S.o,%/flat.o,$(MULTIBOOT2_OBJECTS))
	objcopy -O binary $@.elf $@

# The PV guest, linked like mini-os (low) and like Linux (high).
PV_GUEST_SOURCES := $(GUEST_SHARED) pv/head.S pv/look.c pv/machine.c pv/map.c pv/p2m.c pv/entry.c pv/layout.c pv/tables.c \
	pv/module.c pv/memory.c pv/sites.c pv/traces.c pv/context.c
PV_GUEST_HEADERS := tests/guests/head.h tests/guests/guest.h tests/guests/xen_guest.h tests/guests/pv/pv.h tests/guests/pv/place.h
PV_LOW_OBJECTS := $(PV_GUEST_SOURCES:%=build/guests/pv_low/%.o)
PV_HIGH_OBJECTS := $(PV_GUEST_SOURCES:%=build/guests/pv_high/%.o)
PV_GUESTS := build/guests/pv_look_low.elf build/guests/pv_look_high.elf

guests: $(PV_GUESTS)

$(PV_LOW_OBJECTS): build/guests/pv_low/%.o: tests/guests/% $(PV_GUEST_HEADERS) tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -m64 -mno-red-zone -mcmodel=small -c -o $@ $<

# A .bss of some MiB, so that it matters where segments lie and end.
$(PV_HIGH_OBJECTS): build/guests/pv_high/%.o: tests/guests/% $(PV_GUEST_HEADERS) tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -m64 -mno-red-zone -mcmodel=kernel -DPV_HIGH -DBIG_BSS=0x500000 -c -o $@ $<

build/guests/pv_look_low.lds: tests/guests/pv/look.lds.S tests/guests/pv/place.h
	@mkdir -p $(@D)
	$(CC) -E -P -undef -o $@ $<

build/guests/pv_look_high.lds: tests/guests/pv/look.lds.S tests/guests/pv/place.h
	@mkdir -p $(@D)
	$(CC) -E -P -undef -DPV_HIGH -o $@ $<

build/guests/pv_look_low.elf: $(PV_LOW_OBJECTS) build/guests/pv_look_low.lds
	$(LD) -m elf_x86_64 $(GUEST_LINK) -T build/guests/pv_look_low.lds -o $@ $(PV_LOW_OBJECTS)

build/guests/pv_look_high.elf: $(PV_HIGH_OBJECTS) build/guests/pv_look_high.lds
	$(LD) -m elf_x86_64 $(GUEST_LINK) -T build/guests/pv_look_high.lds -o $@ $(PV_HIGH_OBJECTS)

# A kernel with Linux's 64-bit entry, as the code of a bzImage; state.py makes the rest.
LINUX64_OBJECTS := build/guests/64/linux64/head.S.o build/guests/64/linux64/kernel.c.o \
	$(patsubst %,build/guests/64/%.o,verdict.c print.c initrd.c)

guests: build/guests/linux64.bin

build/guests/64/linux64/%.o: tests/guests/linux64/% tests/guests/guest.h tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -m64 -mno-red-zone -mcmodel=small -c -o $@ $<

build/guests/linux64.bin: $(LINUX64_OBJECTS) tests/guests/linux64/kernel.lds
	$(LD) -m elf_x86_64 $(GUEST_LINK) --no-warn-rwx-segments -T tests/guests/linux64/kernel.lds -o $@.elf $(LINUX64_OBJECTS)
	objcopy -O binary $@.elf $@

# The guest that repeats its command line: as it looks, but for look().
ECHO_PVH_OBJECTS := $(filter-out %/look.c.o,$(GUEST64_OBJECTS)) build/guests/64/echo.c.o
ECHO_PV_OBJECTS := $(filter-out %/look.c.o,$(PV_LOW_OBJECTS)) build/guests/pv_low/echo.c.o

guests: build/guests/echo_pvh.elf build/guests/echo_pv.elf

build/guests/64/echo.c.o: tests/guests/echo.c $(GUEST_HEADERS) tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -m64 -mno-red-zone -mcmodel=small -c -o $@ $<

build/guests/pv_low/echo.c.o: tests/guests/echo.c $(PV_GUEST_HEADERS) tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -m64 -mno-red-zone -mcmodel=small -DECHO_PV -c -o $@ $<

build/guests/echo_pvh.elf: $(ECHO_PVH_OBJECTS) tests/guests/look.lds
	$(LD) -m elf_x86_64 $(GUEST_LINK) -T tests/guests/look.lds -o $@ $(ECHO_PVH_OBJECTS)

build/guests/echo_pv.elf: $(ECHO_PV_OBJECTS) build/guests/pv_look_low.lds
	$(LD) -m elf_x86_64 $(GUEST_LINK) -T build/guests/pv_look_low.lds -o $@ $(ECHO_PV_OBJECTS)

# The example of lull-sites(7): what a kernel author has, and nothing else of this tree than include/lull.  And the same
# with so many sites more that they are patched in groups.
EXAMPLE_OBJECTS := build/guests/example/start.S.o build/guests/example/kernel.c.o
EXAMPLE_HEADERS := include/lull/site.h include/lull/note.h include/lull/receipt.h
EXAMPLE_FLAGS := -std=gnu11 -O2 -ffreestanding -fno-pic -mcmodel=small -mno-red-zone -mgeneral-regs-only \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -Wall -Wextra -Werror -Iinclude
EXAMPLE_LINK := -nostdlib -static --build-id=none --fatal-warnings -z noexecstack -z max-page-size=4096 \
	-T tests/guests/example/kernel.lds

$(EXAMPLE_OBJECTS): build/guests/example/%.o: tests/guests/example/% $(EXAMPLE_HEADERS) tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(EXAMPLE_FLAGS) -c -o $@ $<

build/guests/example/many.S.o: tests/guests/many.S $(EXAMPLE_HEADERS) tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(EXAMPLE_FLAGS) -c -o $@ $<

build/guests/example.elf: $(EXAMPLE_OBJECTS) tests/guests/example/kernel.lds
	$(LD) $(EXAMPLE_LINK) -o $@ $(EXAMPLE_OBJECTS)

build/guests/many.elf: $(EXAMPLE_OBJECTS) build/guests/example/many.S.o tests/guests/example/kernel.lds
	$(LD) $(EXAMPLE_LINK) -o $@ $(EXAMPLE_OBJECTS) build/guests/example/many.S.o

# A kernel that patches itself again with liblull.a, as a kernel author has it: at the low end and at the high end, each
# compiled as kernels there are.
AGAIN_SOURCES := again/start.S again/kernel.c example/again.c
AGAIN_HEADERS := $(EXAMPLE_HEADERS) $(wildcard include/core/*.h pv/engine/*.h pv/engine/x86/*.h tests/guests/example/*.h \
	tests/guests/again/*.h) tests/guests/head.h
AGAIN_LOW_OBJECTS := $(AGAIN_SOURCES:%=build/guests/again_low/%.o)
AGAIN_HIGH_OBJECTS := $(AGAIN_SOURCES:%=build/guests/again_high/%.o)

$(AGAIN_LOW_OBJECTS): build/guests/again_low/%.o: tests/guests/% $(AGAIN_HEADERS) tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(EXAMPLE_FLAGS) -I. -c -o $@ $<

$(AGAIN_HIGH_OBJECTS): build/guests/again_high/%.o: tests/guests/% $(AGAIN_HEADERS) tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) $(EXAMPLE_FLAGS) -mcmodel=kernel -DAGAIN_HIGH -I. -c -o $@ $<

build/guests/again_low.lds build/guests/again_high.lds: build/guests/again_%.lds: tests/guests/again/kernel.lds.S \
		tests/guests/again/place.h
	@mkdir -p $(@D)
	$(CC) -E -P -undef $(if $(filter high,$*),-DAGAIN_HIGH) -o $@ $<

# gcc calls these by itself; a kernel has its own.
AGAIN_STRING := build/shim/arch/x86/string.c.o

build/guests/again_low.elf: $(AGAIN_LOW_OBJECTS) $(AGAIN_STRING) build/guests/again_low.lds build/liblull.a
	$(LD) -nostdlib -static --build-id=none --fatal-warnings -z noexecstack -z max-page-size=4096 \
		-T build/guests/again_low.lds -o $@ $(AGAIN_LOW_OBJECTS) $(AGAIN_STRING) build/liblull.a

build/guests/again_high.elf: $(AGAIN_HIGH_OBJECTS) $(AGAIN_STRING) build/guests/again_high.lds build/liblull.a
	$(LD) -nostdlib -static --build-id=none --fatal-warnings -z noexecstack -z max-page-size=4096 \
		-T build/guests/again_high.lds -o $@ $(AGAIN_HIGH_OBJECTS) $(AGAIN_STRING) build/liblull.a

# Small PV kernels, one for each way in which notes can ask for something; and the PVH guest with the other machine in its
# header and in the other class.
NOTES_HIGH := 0xffffffff80000000
NOTES_page := -DPAGE -DBASE=$(NOTES_HIGH)
NOTES_defaults := -DDEFAULTS -DBASE=0
NOTES_p2m_0 := -DP2M=0 -DBASE=$(NOTES_HIGH)
# The last page of slot 254 of the top page table, and on.
NOTES_p2m_slots := -DP2M=0x7f7ffffff000 -DBASE=$(NOTES_HIGH)
NOTES_physical := -DPHYSICAL -DBASE=$(NOTES_HIGH) -DOFFSET=0
NOTES_symbols := -DSYMBOLS -DBASE=$(NOTES_HIGH)
NOTES_string := -DSTRING -DBASE=$(NOTES_HIGH) -DOFFSET=0
NOTES_last := -DLAST -DBASE=0
NOTES_LINK := -nostdlib -static --build-id=none --fatal-warnings -z noexecstack -z max-page-size=4096 --no-warn-rwx-segments
NOTES_KERNELS := $(patsubst %,build/guests/notes/%.elf,page defaults p2m_0 p2m_slots physical symbols string last)

guests: $(NOTES_KERNELS) build/guests/notes/last_32.elf build/guests/pvh_look64_32.elf

build/guests/notes/%.elf: tests/guests/notes/kernel.S tests/guests/head.h tests/guests/notes/kernel.lds.S tests/guests/guests.mk
	@mkdir -p $(@D)
	$(CC) -m64 $(NOTES_$*) -idirafter /usr/include -c -o $@.o $<
	$(CC) -E -P -undef $(NOTES_$*) -o $@.lds tests/guests/notes/kernel.lds.S
	$(LD) $(NOTES_LINK) -T $@.lds -o $@ $@.o

build/guests/notes/last_32.elf: build/guests/notes/last.elf
	objcopy -O elf32-x86-64 $< $@

build/guests/pvh_look64_32.elf: build/guests/pvh_look64.elf
	objcopy -O elf32-x86-64 $< $@
