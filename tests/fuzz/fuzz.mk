# SPDX-License-Identifier: GPL-2.0-or-later
# `make fuzz` throws mutated files and made-up scenes at what reads and writes them, built as the unit tests are: FUZZ_SECONDS
# of CPU time each, two at a time with make -j2, after what tests/fuzz/corpus has.  `make fuzz-long SECONDS=` is for longer, and
# goes on after a find.  `make fuzz-guided SECONDS=` has libFuzzer mutate by what an input reaches, and KEEP=1 keeps the inputs.

FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SECONDS ?= 1
SECONDS ?= 1800
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(UNIT_BUILD)/sanitized/%)
FUZZ_OBJECTS := $(FUZZ_TARGETS:%=$(UNIT_BUILD)/sanitized/tests/fuzz/%.o)
FUZZ_HELPERS := $(UNIT_BUILD)/sanitized/tests/fuzz/mutate_main.o $(UNIT_BUILD)/sanitized/tests/fuzz/check_failed.o
# What only some targets use: of the tests, of the shim and of the host command.
FUZZ_SOURCES := tests/fuzz/real_memory.c $(filter-out $(UNIT_SOURCES), \
	shim/handover/handover.c shim/handover/pvh.c shim/handover/xen_pv.c \
	tools/embed.c tools/embed_bzimage.c tools/output.c tools/output_commit.c tools/uki_stub.c tools/uki_write.c)
FUZZ_EXTRAS := $(FUZZ_SOURCES:%.c=$(UNIT_BUILD)/sanitized/%.o)

# libFuzzer brings its own main().
GUIDED_BUILD := build/guided
GUIDED := $(or $(TARGETS),$(FUZZ_TARGETS))
GUIDED_PROGRAMS := $(GUIDED:%=$(GUIDED_BUILD)/%)

.PHONY: fuzz fuzz-long fuzz-guided guided-programs $(FUZZ_TARGETS)
.SECONDARY: $(FUZZ_OBJECTS)

fuzz: $(FUZZ_TARGETS)

fuzz-long: $(FUZZ_PROGRAMS)
	tests/fuzz/long.py $(SECONDS) $^

$(FUZZ_TARGETS): fuzz_%: $(UNIT_BUILD)/sanitized/fuzz_%
	$< $(FUZZ_SECONDS) $(wildcard tests/fuzz/corpus/$@.hex)

fuzz-guided:
	@python3 tests/lab/packages.py --install build clang
	@$(MAKE) -s guided-programs UNIT_CC=clang UNIT_BUILD=$(GUIDED_BUILD) \
		UNIT_SANITIZE="-O1 -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all"
	@tests/fuzz/guided.py $(if $(KEEP),--keep) $(SECONDS) $(GUIDED_PROGRAMS)

guided-programs: $(GUIDED_PROGRAMS)

$(GUIDED_PROGRAMS): $(GUIDED_BUILD)/fuzz_%: $(UNIT_BUILD)/sanitized/tests/fuzz/fuzz_%.o \
		$(UNIT_BUILD)/sanitized/tests/fuzz/check_failed.o $(UNIT_BUILD)/sanitized/fuzz.a $(UNIT_BUILD)/sanitized/units.a
	$(UNIT_CC) $(UNIT_SANITIZE) -fsanitize=fuzzer $^ $(UNIT_LIBS) -o $@

$(FUZZ_PROGRAMS): $(UNIT_BUILD)/sanitized/fuzz_%: $(UNIT_BUILD)/sanitized/tests/fuzz/fuzz_%.o $(FUZZ_HELPERS) \
		$(UNIT_BUILD)/sanitized/fuzz.a $(UNIT_BUILD)/sanitized/units.a
	$(UNIT_CC) $(UNIT_SANITIZE) $^ $(UNIT_LIBS) -o $@

$(UNIT_BUILD)/sanitized/fuzz.a: $(FUZZ_EXTRAS) sources.mk
	rm -f $@
	$(AR) rcsD $@ $(filter %.o,$^)

$(FUZZ_OBJECTS) $(FUZZ_HELPERS) $(FUZZ_EXTRAS): $(UNIT_BUILD)/sanitized/%.o: %.c
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_FLAGS) -D_GNU_SOURCE $(UNIT_SANITIZE) -c $< -o $@
