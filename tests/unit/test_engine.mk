# SPDX-License-Identifier: MIT
# The seeded faults of the engine: the watcher of test_engine_faults.c, built with the engine once for each fault that it
# must notice (the build without a fault is one of the unit programs).
ENGINE_SOURCES := pv/plan.c pv/commit.c pv/journal.c pv/mask.c pv/sites_lull.c pv/sort.c pv/rendezvous.c pv/repatch.c
ENGINE_FAULTS := NO_MASK LATE_SERIALISE TWO_STEPS UNPARKED
ENGINE_FAULT_PROGRAMS := $(ENGINE_FAULTS:%=build/unit/fault/%)
ENGINE_FAULT_SOURCES := tests/unit/test_engine_faults.c $(ENGINE_SOURCES) tests/unit/check_failed.c shim/error_text.c \
			shim/format.c

$(ENGINE_FAULT_PROGRAMS): build/unit/fault/%: $(ENGINE_FAULT_SOURCES) $(wildcard pv/*.h include/*/*.h tests/unit/*.h)
	@mkdir -p $(@D)
	$(UNIT_CC) $(filter-out -MMD -MP,$(UNIT_FLAGS)) $(UNIT_SANITIZE) -DLULL_FAULT_$* $(filter %.c,$^) -lcmocka -o $@
