# SPDX-License-Identifier: MIT
# The seeded faults of the engine: the watcher of test_engine_faults.c, built with the engine once for each fault that it
# must notice (the build without a fault is one of the unit programs).
ENGINE_FAULTS := NO_MASK LATE_SERIALISE TWO_STEPS UNPARKED
ENGINE_FAULT_PROGRAMS := $(ENGINE_FAULTS:%=$(UNIT_BUILD)/fault/%)
ENGINE_FAULT_SOURCES := tests/unit/test_engine_faults.c tests/unit/check_failed.c tests/unit/errors_seen.c $(SAY_SOURCES)
# What a fault takes out leaves something unused.
ENGINE_FAULT_FLAGS := $(filter-out -MMD -MP,$(UNIT_FLAGS)) $(UNIT_SANITIZE) -Wno-unused-function -Wno-unused-but-set-variable

$(ENGINE_FAULT_PROGRAMS): $(UNIT_BUILD)/fault/%: build/faults/%/made $(ENGINE_FAULT_SOURCES) $(wildcard tests/unit/*.h)
	@mkdir -p $(@D)
	$(UNIT_CC) -Ibuild/faults/$*/include -Ibuild/faults/$* $(ENGINE_FAULT_FLAGS) -DLULL_FAULT_$* $(ENGINE_FAULT_SOURCES) \
		$(ENGINE_SOURCES:%=build/faults/$*/%) -lcmocka -o $@
