# SPDX-License-Identifier: GPL-2.0-or-later
# The host command build/lull.  Included by the Makefile; needs libelf zlib libdeflate liblzma libzstd liblz4 libbz2 liblzo2.
# It takes CPPFLAGS, CFLAGS and LDFLAGS, as a distribution gives them; the shim, which runs on bare metal, does not.

HOST_CC     ?= gcc
HOST_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra $(WERROR) -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-fstack-protector-strong -D_FORTIFY_SOURCE=2 -D_GNU_SOURCE -Iinclude -I.
TOOL_LIBS   := -lelf -lz $(FORMAT_LIBRARIES:%=-l%)

TOOL_OBJECTS := $(TOOL_SOURCES:%.c=build/tools/%.o) $(patsubst %.c,build/tools/%.o,$(SAY_SOURCES) $(PURE_SOURCES) $(DISK_SOURCES))

$(TOOL_OBJECTS): build/tools/%.o: %.c
	@mkdir -p $(@D)
	$(HOST_CC) $(CPPFLAGS) $(HOST_CFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# Where an installed lull has its files; written anew only when that changes.
build/tools/configured.h: configured
	@mkdir -p $(@D)
	@echo '#define LULL_FILES "$(pkglibdir)"' | cmp -s - $@ || echo '#define LULL_FILES "$(pkglibdir)"' >$@

.PHONY: configured
configured:

build/tools/tools/own_file.o: build/tools/configured.h
build/tools/tools/own_file.o: HOST_CFLAGS += -Ibuild/tools

# The page of `lull timeline`, whose files the assembler takes in.
build/tools/tools/page_files.o: tools/page_files.S tools/page/page.html tools/page/page.css tools/page/words.js tools/page/page.js
	@mkdir -p $(@D)
	$(HOST_CC) -c $< -o $@

build/lull: $(TOOL_OBJECTS) build/tools/tools/page_files.o
	$(HOST_CC) $(CFLAGS) $(LDFLAGS) $^ $(TOOL_LIBS) -o $@

.PHONY: test-tools
test-tools: all
	python3 tests/tools/test_tools.py

-include $(TOOL_OBJECTS:.o=.d)
