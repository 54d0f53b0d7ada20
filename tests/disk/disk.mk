# SPDX-License-Identifier: GPL-2.0-or-later
# What walks through file systems for tests/disk/trees.py, with the sanitizers of the unit tests.
DISK_WALK := $(UNIT_BUILD)/sanitized/walk

$(DISK_WALK): $(UNIT_BUILD)/sanitized/tests/disk/walk.o $(UNIT_BUILD)/sanitized/units.a
	$(UNIT_CC) $(UNIT_SANITIZE) $^ $(UNIT_LIBS) -lz -o $@

$(UNIT_BUILD)/sanitized/tests/disk/walk.o: tests/disk/walk.c
	@mkdir -p $(@D)
	$(UNIT_CC) $(UNIT_FLAGS) $(UNIT_SANITIZE) -c $< -o $@
