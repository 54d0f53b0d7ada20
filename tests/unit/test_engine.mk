# SPDX-License-Identifier: MIT
# The seeded faults of the engine: the watcher of test_engine_faults.c, built with the engine once for each fault that it
# must notice (the build without a fault is one of the unit programs).
ENGINE_FAULTS := NO_MASK LATE_SERIALISE TWO_STEPS UNPARKED
ENGINE_FAULT_PROGRAMS := $(ENGINE_FAULTS:%=build/unit/fault/%)
ENGINE_FAULT_SOURCES := tests/unit/test_engine_faults.c $(ENGINE_SOURCES) tests/unit/check_failed.c shim/say/error_text.c \
			shim/say/format.c

$(ENGINE_FAULT_PROGRAMS): build/unit/fault/%: $(ENGINE_FAULT_SOURCES) $(wildcard pv/engine/*.h pv/engine/*/*.h include/*/*.h tests/unit/*.h)
	@mkdir -p $(@D)
	$(UNIT_CC) $(filter-out -MMD -MP,$(UNIT_FLAGS)) $(UNIT_SANITIZE) -DLULL_FAULT_$* $(filter %.c,$^) -lcmocka -o $@
