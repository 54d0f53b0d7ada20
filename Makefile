# SPDX-License-Identifier: GPL-2.0-or-later
# lull.  README.md says what the targets do.

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

# On every core, unless the command line says how many.  A make that another one started shares that one's.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

CC := gcc
LD := ld
STRIP := strip
OBJCOPY := objcopy
AR := ar

# Without it (make WERROR=) a newer compiler's new warning does not end the build.
WERROR := -Werror
WARNINGS := -Wall -Wextra $(WERROR) -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wpointer-arith \
	    -Wwrite-strings -Wvla -Wimplicit-fallthrough
HARDENING := -fstack-protector-strong -mstack-protector-guard=global -ftrivial-auto-var-init=zero \
	     -fsanitize=undefined -fsanitize-undefined-trap-on-error \
	     -fno-sanitize=alignment,pointer-overflow,object-size,nonnull-attribute
# Function and data sections, so that what one image does not use is left out of it.
SHIM_CFLAGS := -std=gnu11 -Oz -g -ffreestanding -m64 -march=x86-64 -mgeneral-regs-only -mno-red-zone -mcmodel=small \
	       -fno-pic -fno-pie -fno-common -fno-asynchronous-unwind-tables -fcf-protection=none \
	       -fomit-frame-pointer -ffunction-sections -fdata-sections \
	       -D__XEN_INTERFACE_VERSION__=0x00040e00 -Iinclude -I. $(WARNINGS) $(HARDENING)
SHIM_LDFLAGS := -nostdlib -static -no-pie -z max-page-size=4096 -z noexecstack --build-id=none --fatal-warnings \
		--orphan-handling=error --gc-sections

include sources.mk
include deploy/install.mk
include deploy/deb.mk

SHIM_OBJECTS := $(addprefix build/shim/,$(addsuffix .o,$(SHIM_SOURCES)))

# What unpacks: the distribution's static libraries.  They use SSE, and the stack protector of a thread (arch/x86/thread.c).
# Looked up where they are linked, so that a missing compiler is not reported before the packages are.
# The shim reads LZ4 by itself (shim/unpack/lz4_block.h).
SHIM_ARCHIVES = $(foreach library,$(SHIM_LIBRARIES),$(shell $(CC) -print-file-name=lib$(library).a))

LIBLULL_OBJECTS := $(addprefix build/shim/,$(addsuffix .o,$(ENGINE_SOURCES)))

.PHONY: help all product run check soak fresh matrix bench clean
help:
	@echo 'make                  build/lull.elf, build/lull, build/liblull.a and the test guests'
	@echo 'make run              a kernel through lull under a real Xen: KERNEL= INITRD= CMDLINE= DISK= DOOR=pvh|pv|native CPUS= MEMORY='
	@echo 'make check            tests for 20 minutes; FULL=1: all; some: SUITES="unit trip"'
	@echo 'make matrix           all doors, kernels, CPUs and memory sizes; or CELLS=FILE; LAB=local on a Xen host'
	@echo 'make soak             make check FULL=1 N=20 times beside a busy neighbour, with a sum of all calls'
	@echo 'make fresh            make check in a Debian of its own that has no package yet, as root; also FULL=1'
	@echo 'make storm, seed-bug  patching under events; the same with known mistakes, which must be noticed'
	@echo 'make mutate           breaks the product in each way of tests/mutate/*.edits, which a suite must notice: SUITES= EDITS='
	@echo 'make unit, coverage, fuzz, test-tools, trip, bench   single suites, and measurements'
	@echo 'make fuzz-long        each fuzz target for SECONDS=1800 of CPU time'
	@echo 'make fuzz-guided      the same with libFuzzer, TARGETS=fuzz_fs for some; KEEP=1 keeps its inputs'
	@echo 'make install          DESTDIR= prefix=/usr/local, and the other directory variables of GNU; also uninstall'
	@echo 'make deb              Debian packages in build/'
	@echo 'make dist             a tarball of the sources in build/'
	@echo 'make clean            removes build/'

# What is missing is named before a compiler stumbles over it.
ifeq ($(MAKELEVEL)$(filter-out all,$(MAKECMDGOALS)),0)
$(shell python3 tests/lab/packages.py --name build)
endif
# What is installed.
product: build/lull.elf build/lull-mb1.elf build/lull.bzimage build/lull.efi build/lull build/liblull.a
all: product guests build/guests/storm.elf

build/shim/%.c.o: %.c
	@mkdir -p $(@D)
	$(CC) $(SHIM_CFLAGS) -MMD -MP -c $< -o $@

build/shim/%.S.o: %.S
	@mkdir -p $(@D)
	$(CC) -m64 -fno-pic -D__ASSEMBLY__ -Iinclude -I. -g -Wa,--fatal-warnings -MMD -MP -c $< -o $@

# The loops over every byte of a kernel, and over every relocation.  Fast, and without a check of pointers in each turn, which
# knows nothing of where the caller's memory ends.
FAST_OBJECTS := build/shim/arch/x86/string.c.o build/shim/shim/payload/stored_checksum.c.o \
		build/shim/shim/payload/linux_relocs.c.o build/shim/shim/unpack/lz4_block.c.o \
		build/shim/shim/unpack/x86_filter.c.o
$(FAST_OBJECTS): SHIM_CFLAGS += -O2 -fno-sanitize=null
# Without the pass that makes a call of memcpy() of the loop that is memcpy().
build/shim/arch/x86/string.c.o: SHIM_CFLAGS += -fno-tree-loop-distribute-patterns

# Parsers, readers of disks and their drivers: the unit tests and fuzzers run them with all checks.  In the shim those of pointers,
# which are a quarter of their size, are left out: pointers there are the shim's own, and never a number that was read.
DISK_OBJECTS := $(patsubst %,build/shim/%.o,$(DISK_SOURCES) $(filter pv/virtio/% pv/xen/blk% pv/xen/store% pv/xen/grants% \
		pv/xen/hvm_sharing% shim/boot_%,$(SHIM_SOURCES)))
$(DISK_OBJECTS): SHIM_CFLAGS += -fno-sanitize=null
$(DISK_OBJECTS) $(PURE_SOURCES:%=build/shim/%.o): SHIM_CFLAGS += -fno-sanitize=pointer-overflow,object-size

# The engine serves kernels at the low end and at the high end (-mcmodel=kernel) alike: its addresses are sign-extended.
$(LIBLULL_OBJECTS): SHIM_CFLAGS += -mcmodel=kernel
# The same for the loops over every record of a table and every store of the window; but liblull.a is small, so no padding.
FAST_ENGINE := $(addprefix build/shim/pv/engine/,commit.c.o journal.c.o plan.c.o sort.c.o \
	linux/linux_alternatives.c.o linux/sites_linux.c.o linux/sites_linux_plan.c.o)
$(FAST_ENGINE): SHIM_CFLAGS += -O2 -fno-align-functions -fno-align-loops -fno-align-jumps -fno-align-labels \
	-fno-sanitize=null,bool

build/lull.debug.elf: $(SHIM_OBJECTS) arch/x86/lull.lds
	$(LD) $(SHIM_LDFLAGS) -Map=build/lull.map -T arch/x86/lull.lds $(SHIM_OBJECTS) $(SHIM_ARCHIVES) -o $@

build/lull.elf: build/lull.debug.elf
	$(STRIP) -o $@ $<

# The same image with a multiboot1 header.  Its loaders take an ELF32.
build/lull-mb1.debug.elf: $(SHIM_OBJECTS) build/shim/arch/x86/multiboot1.S.o arch/x86/lull.lds
	$(LD) $(SHIM_LDFLAGS) -T arch/x86/lull.lds $(SHIM_OBJECTS) build/shim/arch/x86/multiboot1.S.o $(SHIM_ARCHIVES) -o $@

build/lull-mb1.elf: build/lull-mb1.debug.elf
	$(OBJCOPY) -S -O elf32-i386 $< $@

# The same image for loaders of Linux: from 1 MiB to its end, behind a setup part.
build/lull.flat: build/lull.debug.elf
	$(OBJCOPY) -O binary $< $@

build/shim/linux_image.o: arch/x86/linux_image.S build/lull.flat
	$(CC) -m64 -D__ASSEMBLY__ -Iinclude -I. -Wa,--fatal-warnings -c $< -o $@

build/lull.bzimage: build/shim/linux_image.o build/lull.debug.elf arch/x86/linux_image.lds
	$(LD) -nostdlib -static --no-warn-rwx-segments -T arch/x86/linux_image.lds -R build/lull.debug.elf $< -o $@.elf
	$(OBJCOPY) -O binary $@.elf $@

# lull.efi is linked as a program that can lie anywhere, and is then the bytes of that program: lull_efi.lds writes its headers.
EFI_OBJECTS := $(addprefix build/efi/,$(addsuffix .o,$(EFI_SOURCES)))
EFI_CFLAGS := $(filter-out -fno-pic -fno-pie -mcmodel=small,$(SHIM_CFLAGS)) -fpie -fvisibility=hidden -fshort-wchar \
	      -maccumulate-outgoing-args -DLULL_UEFI -DGNU_EFI_USE_MS_ABI -Ibuild/efi \
	      -isystem /usr/include/efi -isystem /usr/include/efi/x86_64
EFI_LDFLAGS := -nostdlib -pie --no-dynamic-linker -z pack-relative-relocs -z noexecstack -z norelro -z separate-code --build-id=none --fatal-warnings \
	       --orphan-handling=error --gc-sections

build/efi/%.c.o: %.c
	@mkdir -p $(@D)
	$(CC) $(EFI_CFLAGS) -MMD -MP -c $< -o $@

build/efi/%.S.o: %.S
	@mkdir -p $(@D)
	$(CC) -m64 -fpie -D__ASSEMBLY__ -DLULL_UEFI -Iinclude -I. -g -Wa,--fatal-warnings -MMD -MP -c $< -o $@

# Where lull.elf takes boot_params from, which is in no file that is stripped.
build/efi/shim_address.h: build/lull.debug.elf
	@mkdir -p $(@D)
	nm $< | sed -n 's/^\([0-9a-f]*\) . linux_params$$/#define SHIM_LINUX_PARAMS 0x\1/p' >$@

build/efi/efi/shim.c.o: build/efi/shim_address.h
build/efi/efi/shim_image.S.o: build/efi/lull.elf.gz

# -n: the same file gives the same bytes.
build/efi/lull.elf.gz: build/lull.elf
	gzip -9 -n -c $< >$@.new
	mv $@.new $@

build/efi/arch/x86/string.c.o: EFI_CFLAGS += -O2 -fno-sanitize=null,pointer-overflow -fno-tree-loop-distribute-patterns

# Of the libraries only what unpacks gzip.
EFI_ARCHIVES = $(foreach library,deflate lzma,$(shell $(CC) -print-file-name=lib$(library).a))
build/lull.efi.debug: $(EFI_OBJECTS) efi/lull_efi.lds
	$(LD) $(EFI_LDFLAGS) -T efi/lull_efi.lds $(EFI_OBJECTS) $(EFI_ARCHIVES) -o $@

build/lull.efi: build/lull.efi.debug
	$(OBJCOPY) -O binary $< $@

build/liblull.a: $(LIBLULL_OBJECTS)
	rm -f $@
	$(AR) rcsD $@ $^

include tools/tools.mk
include tests/guests/guests.mk
include tests/mutate/mutate.mk
include tests/guests/storm/storm.mk
include tests/unit/unit.mk
include tests/bench/bench.mk
include tests/disk/disk.mk
include tests/fuzz/fuzz.mk
include tests/trip/trip.mk
include tests/efi/efi.mk
include tests/vmm/vmm.mk

# Settings are looked at first.  Packages are installed before anything is built: by apt when root, else named in one line.
run:
	@python3 tests/lab/run.py --settings
	@python3 tests/lab/packages.py --install build lab
	@$(MAKE) -s all
	@python3 tests/lab/run.py

check:
	@python3 tests/check/check.py --known $(SUITES)
	@python3 tests/lab/packages.py --install-first build $(if $(FULL)$(filter clang,$(SUITES)),clang) lab disk model
	@$(MAKE) -s all
	@python3 tests/check/check.py $(if $(FULL),--full) $(SUITES)

soak:
	@python3 tests/check/check.py --known $(SUITES)
	@python3 tests/check/soak.py $(or $(N),20) $(SUITES)

fresh:
	@python3 tests/check/check.py --known $(SUITES)
	@python3 tests/check/fresh.py $(if $(FULL),--full) $(SUITES)

matrix:
	@python3 tests/matrix/matrix.py --read $(if $(CELLS),'$(CELLS)')
	@python3 tests/lab/packages.py --install build lab
	@$(MAKE) -s all
	@python3 tests/matrix/matrix.py $(if $(CELLS),'$(CELLS)')

bench:
	@python3 tests/lab/packages.py --install build lab
	@$(MAKE) -s all bench-programs
	@python3 tests/bench/bench.py $(PARTS)

clean:
	rm -rf build

-include $(SHIM_OBJECTS:.o=.d) $(LIBLULL_OBJECTS:.o=.d) $(EFI_OBJECTS:.o=.d)
