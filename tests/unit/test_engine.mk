# SPDX-License-Identifier: MIT
# The seeded faults of the engine: the watcher of test_engine_faults.c, built with the engine once for each fault that it
# must notice (the build without a fault is one of the unit programs).
ENGINE_FAULTS := NO_MASK LATE_SERIALISE TWO_STEPS UNPARKED
ENGINE_FAULT_PROGRAMS := $(ENGINE_FAULTS:%=$(UNIT_BUILD)/fault/%)
# What a fault takes out leaves something unused.
ENGINE_FAULT_FLAGS := $(filter-out -MMD -MP,$(UNIT_FLAGS)) $(UNIT_SANITIZE) -Wno-unused-function -Wno-unused-but-set-variable

# The sources that the fault changes come before the archive, which has the others; all of the engine's, if it is a header.
$(ENGINE_FAULT_PROGRAMS): $(UNIT_BUILD)/fault/%: build/faults/%/made tests/unit/test_engine_faults.c $(UNIT_BUILD)/sanitized/units.a \
		$(wildcard tests/unit/*.h)
	@mkdir -p $(@D)
	if grep -q '\.h$$' $<; then sources='$(ENGINE_SOURCES)'; else sources=$$(cat $<); fi; \
	$(UNIT_CC) -Ibuild/faults/$*/include -Ibuild/faults/$* $(ENGINE_FAULT_FLAGS) -DLULL_FAULT_$* tests/unit/test_engine_faults.c \
		$$(printf 'build/faults/$*/%s ' $$sources) $(UNIT_BUILD)/sanitized/units.a -lcmocka -o $@
