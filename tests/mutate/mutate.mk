# SPDX-License-Identifier: GPL-2.0-or-later
# The product's sources with a seeded fault in them: build/faults/NAME, where the file "made" lists those that are changed.
# edits.py says how faults are written down.

EDITED_SOURCES := $(sort $(SHIM_SOURCES) $(DISK_SOURCES) $(ENGINE_SOURCES)) $(wildcard include/*/*.h arch/*/*.h pv/*.h pv/*/*.h pv/*/*/*.h)

build/faults/%/made: tests/mutate/edits.py tests/mutate/faults.edits $(EDITED_SOURCES)
	@mkdir -p build/faults
	tests/mutate/edits.py copy $* build/faults/$* > build/faults/$*.changed
	@mv build/faults/$*.changed $@

# SUITES and EDITS choose, by patterns: make mutate SUITES='unit/*' EDITS='place-*'.  Each worker builds what it needs.
.PHONY: mutate
mutate:
	tests/mutate/mutate.py $(if $(SUITES),--suites '$(SUITES)') $(if $(EDITS),$(foreach edit,$(EDITS),'$(edit)'))
