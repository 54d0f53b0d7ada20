# SPDX-License-Identifier: GPL-2.0-or-later
# `make fuzz` throws mutated files at the parsers, built as the unit tests are.

# Fuzz targets, FUZZ_SECONDS each, two at a time with make -j2.
FUZZ_TARGETS := $(filter-out fuzz_main fuzz_check,$(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c))))
FUZZ_SECONDS ?= 2
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(UNIT_BUILD)/sanitized/%)
FUZZ_OBJECTS := $(FUZZ_TARGETS:%=$(UNIT_BUILD)/sanitized/tests/fuzz/%.o) $(UNIT_BUILD)/sanitized/tests/fuzz/fuzz_main.o
FUZZ_HELPERS := $(UNIT_BUILD)/sanitized/tests/fuzz/fuzz_main.o $(UNIT_BUILD)/sanitized/tests/fuzz/fuzz_check.o

.PHONY: fuzz $(FUZZ_TARGETS)
.SECONDARY: $(FUZZ_OBJECTS)

fuzz: $(FUZZ_TARGETS)

$(FUZZ_TARGETS): fuzz_%: $(UNIT_BUILD)/sanitized/fuzz_%
	$< $(FUZZ_SECONDS)

$(FUZZ_PROGRAMS): $(UNIT_BUILD)/sanitized/fuzz_%: $(UNIT_BUILD)/sanitized/tests/fuzz/fuzz_%.o $(FUZZ_HELPERS) \
		$(UNIT_BUILD)/sanitized/units.a
	$(UNIT_CC) $(UNIT_SANITIZE) $^ $(UNIT_LIBS) -o $@

$(FUZZ_OBJECTS) $(UNIT_BUILD)/sanitized/tests/fuzz/fuzz_check.o: $(UNIT_BUILD)/sanitized/%.o: %.c
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_FLAGS) $(UNIT_SANITIZE) -c $< -o $@
