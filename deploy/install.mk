# SPDX-License-Identifier: GPL-2.0-or-later
# make install, uninstall and dist.  Included by the Makefile.

# The one place of the version.
VERSION := $(shell sed -n 's/^\#define LULL_VERSION "\(.*\)"$$/\1/p' include/core/version.h)

# Directories, as the GNU Coding Standards name them ("Directory Variables").
prefix      = /usr/local
exec_prefix = $(prefix)
bindir      = $(exec_prefix)/bin
libdir      = $(exec_prefix)/lib
includedir  = $(prefix)/include
datarootdir = $(prefix)/share
mandir      = $(datarootdir)/man
docdir      = $(datarootdir)/doc/lull
sysconfdir  = $(prefix)/etc
# What lull pack puts together, and what hooks call.
pkglibdir   = $(exec_prefix)/lib/lull
pkgconfigdir = $(libdir)/pkgconfig
bashdir     = $(datarootdir)/bash-completion/completions
zshdir      = $(datarootdir)/zsh/site-functions

# Where those look who call the hooks.
kernelhooksdir = $(sysconfdir)/kernel
initramfshooksdir = $(sysconfdir)/initramfs/post-update.d
kernelinstalldir = $(exec_prefix)/lib/kernel/install.d

INSTALL = install

# Lists of make divide at blanks, so that a directory that has one would be two.  DESTDIR is in no list and may have any.
DIRECTORIES := prefix exec_prefix bindir libdir includedir datarootdir mandir docdir sysconfdir pkglibdir pkgconfigdir bashdir \
	zshdir kernelhooksdir initramfshooksdir kernelinstalldir
with_a_blank = $(firstword $(foreach name,$(DIRECTORIES),$(if $(word 2,:$($(name)):),$(name))))
.PHONY: directories
directories:
	$(if $(with_a_blank),$(error $(with_a_blank) is "$($(with_a_blank))": no directory that is installed to can have a blank in its name))

# The headers of liblull.a include one another as <core/...> and <pv/engine/...>, so they keep these names in a directory of
# their own; lull.pc names it.  <lull/...> is the ABI, which no library is needed for.
ABI_HEADERS     := $(wildcard include/lull/*.h)
CORE_HEADERS    := $(addprefix include/core/,error.h error_list.h check.h span.h)
ENGINE_HEADERS  := $(wildcard pv/engine/*.h pv/engine/x86/*.h)

# What says where the rest is, and gets the names that the rest has.
HOOKS    := $(wildcard deploy/hooks/*)
GUIDE    := $(wildcard docs/*.md)
EXAMPLES := $(wildcard deploy/examples/*)
SCHEMAS  := $(wildcard tools/schema/*.json)
SETTLED  := $(addprefix build/install/,$(notdir $(HOOKS) $(EXAMPLES)))

# Everything that is installed: its mode, the file, its place.
INSTALLED = \
	755:build/lull:$(bindir)/lull \
	644:build/lull.elf:$(pkglibdir)/lull.elf \
	644:build/lull.efi:$(pkglibdir)/lull.efi \
	644:build/lull.bzimage:$(pkglibdir)/lull.bzimage \
	644:build/lull-mb1.elf:$(pkglibdir)/lull-mb1.elf \
	644:build/install/lull.1:$(mandir)/man1/lull.1 \
	644:build/install/lull-boot.7:$(mandir)/man7/lull-boot.7 \
	644:build/install/lull-sites.7:$(mandir)/man7/lull-sites.7 \
	644:build/install/lull-deploy.7:$(mandir)/man7/lull-deploy.7 \
	755:build/install/kernel-images:$(pkglibdir)/kernel-images \
	644:build/install/lull.conf:$(sysconfdir)/lull.conf \
	755:build/install/postinst:$(kernelhooksdir)/postinst.d/zz-lull \
	755:build/install/postrm:$(kernelhooksdir)/postrm.d/zz-lull \
	755:build/install/post-update:$(initramfshooksdir)/lull \
	755:build/install/kernel-install:$(kernelinstalldir)/99-lull.install \
	644:deploy/completion/lull.bash:$(bashdir)/lull \
	644:deploy/completion/_lull:$(zshdir)/_lull \
	$(foreach schema,$(SCHEMAS),644:$(schema):$(datarootdir)/lull/schema/$(notdir $(schema))) \
	$(foreach example,$(EXAMPLES),$(if $(filter %.sh %_lull,$(example)),755,644):build/install/$(notdir $(example)):$(docdir)/examples/$(notdir $(example))) \
	$(foreach page,$(GUIDE),644:$(page):$(docdir)/guide/$(notdir $(page))) \
	644:build/liblull.a:$(libdir)/liblull.a \
	644:build/install/liblull.pc:$(pkgconfigdir)/liblull.pc \
	$(foreach header,$(ABI_HEADERS),644:$(header):$(includedir)/lull/$(notdir $(header))) \
	$(foreach header,$(CORE_HEADERS),644:$(header):$(includedir)/liblull/core/$(notdir $(header))) \
	$(foreach header,$(ENGINE_HEADERS),644:$(header):$(includedir)/liblull/$(header))

# The version comes into a manual page when it is installed.
MANUALS := $(addprefix build/install/,lull.1 lull-boot.7 lull-deploy.7 lull-sites.7)
build/install/lull.1: tools/lull.1
build/install/lull-boot.7: shim/lull-boot.7
build/install/lull-deploy.7: deploy/lull-deploy.7
build/install/lull-sites.7: include/lull/lull-sites.7
$(MANUALS): include/core/version.h deploy/install.mk
	@mkdir -p $(@D)
	sed '/^\.TH /s/ "lull" "lull"$$/ "lull $(VERSION)" "lull"/' $(filter %.1 %.7,$^) >$@

build/install/liblull.pc: deploy/liblull.pc.in include/core/version.h configured
	@mkdir -p $(@D)
	sed -e 's|@prefix@|$(prefix)|' -e 's|@libdir@|$(libdir)|' -e 's|@includedir@|$(includedir)|' \
		-e 's|@VERSION@|$(VERSION)|' $< >$@

$(addprefix build/install/,$(notdir $(HOOKS))): build/install/%: deploy/hooks/%
$(addprefix build/install/,$(notdir $(EXAMPLES))): build/install/%: deploy/examples/%
$(SETTLED): configured
	@mkdir -p $(@D)
	sed -e 's|/usr/lib/lull|$(pkglibdir)|g' -e 's|/usr/bin/lull|$(bindir)/lull|g' -e 's|/etc/lull\.conf|$(sysconfdir)/lull.conf|g' \
		-e 's|/usr/share/doc/lull|$(docdir)|g' $(filter-out configured,$^) >$@

.PHONY: install uninstall dist manuals
manuals: $(MANUALS)
install: directories product $(MANUALS) $(SETTLED) build/install/liblull.pc
	@set -e; for entry in $(INSTALLED); do \
		mode=$${entry%%:*}; entry=$${entry#*:}; \
		$(INSTALL) -D -m $$mode "$${entry%%:*}" "$(DESTDIR)$${entry#*:}"; \
	done

# Directories go too, where nothing is left in them.
uninstall: directories
	@for entry in $(INSTALLED); do \
		rm -f "$(DESTDIR)$${entry##*:}"; \
		rmdir -p --ignore-fail-on-non-empty "$(DESTDIR)$$(dirname "$${entry##*:}")" 2>/dev/null || :; \
	done

# The same bytes of the same sources, whenever and wherever they are packed.
DIST := build/lull-$(VERSION).tar.gz
dist:
	@deploy/dist.sh 'lull-$(VERSION)' '$(DIST)'
	@echo '$(DIST)'
