# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests on the host.  `make unit` builds them with the address and undefined-behaviour sanitisers and runs them;
# `make coverage` builds them for gcov, runs them and fails where a file that must be covered is not; `make error-codes`
# checks that tests produce every error.  Both compilers' sanitisers see what the other's do not:
# `make unit fuzz UNIT_CC=clang UNIT_BUILD=build/clang` is a suite of make check, clang.

# The sources under test: compiled unchanged, as the shim compiles them.
UNIT_SOURCES := $(filter-out pv/engine/x86/serialise.c, \
	$(sort $(PURE_SOURCES) $(DISK_SOURCES) $(SAY_SOURCES) $(HOSTED_SOURCES) $(ENGINE_SOURCES) $(TOOL_PURE_SOURCES)))

UNIT_SUPPORT := tests/unit/builder.c tests/unit/check_failed.c tests/unit/errors_seen.c tests/unit/fake_xen.c tests/unit/layout_check.c \
	tests/unit/machine_stub.c tests/unit/packer.c tests/unit/sites_reference.c

# One program for each subject, found by its name; `make unit SUBJECT=x86_filter` is for one, `SUBJECT='plan*'` for some.
SUBJECT := *
UNIT_PROGRAMS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_$(SUBJECT).c)))

# Files of which every line and branch must be reached: all, but what says errors in words, and the two masks, of which
# the host cannot run each instruction.
UNIT_COVERED := $(filter-out $(SAY_SOURCES) pv/engine/x86/evtchn.c pv/engine/x86/flag.c, \
	$(UNIT_SOURCES))

UNIT_CC ?= gcc
UNIT_BUILD ?= build/unit
# The lines that a sanitiser's trace names; for a debugger, UNIT_DEBUG=-g.
UNIT_DEBUG := -g1
UNIT_FLAGS := -std=gnu11 $(UNIT_DEBUG) -D__XEN_INTERFACE_VERSION__=0x00040e00 -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Iinclude -I. -MMD -MP
UNIT_SANITIZE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_COVERAGE := -O0 --coverage
# The libraries that unpack.
UNIT_LIBS := $(FORMAT_LIBRARIES:%=-l%)

include tests/unit/test_engine.mk

UNIT_CHECKED := $(UNIT_PROGRAMS:%=$(UNIT_BUILD)/sanitized/%)
UNIT_COUNTED := $(UNIT_PROGRAMS:%=$(UNIT_BUILD)/coverage/%)
UNIT_CHECKED_OBJECTS := $(UNIT_SOURCES:%.c=$(UNIT_BUILD)/sanitized/%.o) $(UNIT_SUPPORT:%.c=$(UNIT_BUILD)/sanitized/%.o)
UNIT_COUNTED_OBJECTS := $(UNIT_SOURCES:%.c=$(UNIT_BUILD)/coverage/%.o) $(UNIT_SUPPORT:%.c=$(UNIT_BUILD)/coverage/%.o)
UNIT_CHECKED_TESTS := $(UNIT_PROGRAMS:%=$(UNIT_BUILD)/sanitized/tests/unit/%.o)
UNIT_COUNTED_TESTS := $(UNIT_PROGRAMS:%=$(UNIT_BUILD)/coverage/tests/unit/%.o)

.PHONY: unit coverage error-codes
.SECONDARY: $(UNIT_CHECKED_TESTS) $(UNIT_COUNTED_TESTS)

unit: $(UNIT_CHECKED) $(if $(filter *,$(SUBJECT)),$(ENGINE_FAULT_PROGRAMS))
	@test -n '$(UNIT_PROGRAMS)' || { echo 'there is no tests/unit/test_$(SUBJECT).c' >&2; exit 2; }
	$(if $(filter *,$(SUBJECT)),LULL_ERRORS_SEEN=$(UNIT_BUILD)/errors_seen) tests/unit/run.py $^

# The numbers of the errors that the unit tests made.
$(UNIT_BUILD)/errors_seen: $(UNIT_CHECKED)
	LULL_ERRORS_SEEN=$@ tests/unit/run.py --quiet $^

error-codes: $(UNIT_BUILD)/errors_seen
	tests/unit/error_codes.py $<

coverage: $(UNIT_COUNTED)
	@test '$(SUBJECT)' = '*' || { echo 'coverage is of all subjects together: leave SUBJECT out' >&2; exit 2; }
	find $(UNIT_BUILD)/coverage -name '*.gcda' -delete
	tests/unit/run.py --quiet $^
	tests/unit/coverage.py $(UNIT_BUILD)/coverage $(UNIT_COVERED)

# Archives, so that a program links only what it uses.  What is in them changes with the lists, too.
$(UNIT_BUILD)/sanitized/units.a: $(UNIT_CHECKED_OBJECTS)
$(UNIT_BUILD)/coverage/units.a: $(UNIT_COUNTED_OBJECTS)
$(UNIT_BUILD)/sanitized/units.a $(UNIT_BUILD)/coverage/units.a: sources.mk
	rm -f $@
	$(AR) rcsD $@ $(filter %.o,$^)

$(UNIT_CHECKED): $(UNIT_BUILD)/sanitized/%: $(UNIT_BUILD)/sanitized/tests/unit/%.o $(UNIT_BUILD)/sanitized/units.a
	$(UNIT_CC) $(UNIT_SANITIZE) $^ -lcmocka $(UNIT_LIBS) -o $@

$(UNIT_COUNTED): $(UNIT_BUILD)/coverage/%: $(UNIT_BUILD)/coverage/tests/unit/%.o $(UNIT_BUILD)/coverage/units.a
	$(UNIT_CC) $(UNIT_COVERAGE) $^ -lcmocka $(UNIT_LIBS) -o $@

$(UNIT_CHECKED_OBJECTS) $(UNIT_CHECKED_TESTS): $(UNIT_BUILD)/sanitized/%.o: %.c
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_FLAGS) $(UNIT_SANITIZE) $(OPTIMISE) -c $< -o $@
# Long lists of cases: to optimise them takes the compiler longer than they run.
$(UNIT_CHECKED_TESTS): OPTIMISE := -O0

$(UNIT_SOURCES:%.c=$(UNIT_BUILD)/sanitized/%.o): tests/unit/errors_seen.h
$(UNIT_SOURCES:%.c=$(UNIT_BUILD)/sanitized/%.o): UNIT_FLAGS += -include tests/unit/errors_seen.h

$(UNIT_COUNTED_OBJECTS) $(UNIT_COUNTED_TESTS): $(UNIT_BUILD)/coverage/%.o: %.c
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_FLAGS) $(UNIT_COVERAGE) -c $< -o $@

-include $(wildcard $(UNIT_BUILD)/*/*/*.d $(UNIT_BUILD)/*/*/*/*.d $(UNIT_BUILD)/*/*/*/*/*.d)
