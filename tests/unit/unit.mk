# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests on the host.  `make unit` builds them with the address and undefined-behaviour sanitisers and runs them;
# `make coverage` builds them for gcov, runs them and fails where a file that must be covered is not; `make error-codes` checks that every error has a test somewhere under tests/.

# The sources under test: compiled unchanged, as the shim compiles them.
UNIT_SOURCES := $(filter-out pv/engine/x86/serialise.c, \
	$(sort $(PURE_SOURCES) $(SAY_SOURCES) $(HOSTED_SOURCES) $(ENGINE_SOURCES)))

UNIT_SUPPORT := tests/unit/builder.c tests/unit/check_failed.c tests/unit/layout_check.c \
	tests/unit/machine_stub.c tests/unit/packer.c tests/unit/sites_reference.c

# One program for each subject, found by its name.
UNIT_PROGRAMS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))

# Files of which every line and branch must be reached: all, but what says errors in words, and the two masks, of which
# the host cannot run each instruction.
UNIT_COVERED := $(filter-out $(SAY_SOURCES) pv/engine/x86/evtchn.c pv/engine/x86/flag.c, \
	$(UNIT_SOURCES))

UNIT_CC ?= gcc
UNIT_FLAGS := -std=gnu11 -g -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Iinclude -I. -MMD -MP
UNIT_SANITIZE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_COVERAGE := -O0 --coverage
# The libraries that unpack.
UNIT_LIBS := $(FORMAT_LIBRARIES:%=-l%)

include tests/unit/test_engine.mk

UNIT_CHECKED := $(UNIT_PROGRAMS:%=build/unit/sanitized/%)
UNIT_COUNTED := $(UNIT_PROGRAMS:%=build/unit/coverage/%)
UNIT_CHECKED_OBJECTS := $(UNIT_SOURCES:%.c=build/unit/sanitized/%.o) $(UNIT_SUPPORT:%.c=build/unit/sanitized/%.o)
UNIT_COUNTED_OBJECTS := $(UNIT_SOURCES:%.c=build/unit/coverage/%.o) $(UNIT_SUPPORT:%.c=build/unit/coverage/%.o)
UNIT_CHECKED_TESTS := $(UNIT_PROGRAMS:%=build/unit/sanitized/tests/unit/%.o)
UNIT_COUNTED_TESTS := $(UNIT_PROGRAMS:%=build/unit/coverage/tests/unit/%.o)

.PHONY: unit coverage error-codes
.SECONDARY: $(UNIT_CHECKED_TESTS) $(UNIT_COUNTED_TESTS)

unit: $(UNIT_CHECKED) $(ENGINE_FAULT_PROGRAMS)
	tests/unit/run.py $^

error-codes:
	tests/unit/error_codes.py

coverage: $(UNIT_COUNTED)
	find build/unit/coverage -name '*.gcda' -delete
	tests/unit/run.py --quiet $^
	tests/unit/coverage.py build/unit/coverage $(UNIT_COVERED)

# Archives, so that a program links only what it uses.
build/unit/sanitized/units.a: $(UNIT_CHECKED_OBJECTS)
build/unit/coverage/units.a: $(UNIT_COUNTED_OBJECTS)
build/unit/sanitized/units.a build/unit/coverage/units.a:
	rm -f $@
	$(AR) rcsD $@ $^

$(UNIT_CHECKED): build/unit/sanitized/%: build/unit/sanitized/tests/unit/%.o build/unit/sanitized/units.a
	$(UNIT_CC) $(UNIT_SANITIZE) $^ -lcmocka $(UNIT_LIBS) -o $@

$(UNIT_COUNTED): build/unit/coverage/%: build/unit/coverage/tests/unit/%.o build/unit/coverage/units.a
	$(UNIT_CC) $(UNIT_COVERAGE) $^ -lcmocka $(UNIT_LIBS) -o $@

$(UNIT_CHECKED_OBJECTS) $(UNIT_CHECKED_TESTS): build/unit/sanitized/%.o: %.c
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_FLAGS) $(UNIT_SANITIZE) -c $< -o $@

$(UNIT_COUNTED_OBJECTS) $(UNIT_COUNTED_TESTS): build/unit/coverage/%.o: %.c
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_FLAGS) $(UNIT_COVERAGE) -c $< -o $@

-include $(wildcard build/unit/*/*/*.d build/unit/*/*/*/*.d)
