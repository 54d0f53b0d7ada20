# SPDX-License-Identifier: GPL-2.0-or-later
# make deb: the Debian packages of this tree, built from what `make dist` packs, in a directory of their own.

# What builds them has a directory below this one, and the packages lie beside it.
DEB_BUILD = build/deb

.PHONY: deb
deb: dist
	@python3 tests/lab/packages.py --install build deb
	@rm -rf $(DEB_BUILD)
	@mkdir -p $(DEB_BUILD)
	@tar -C $(DEB_BUILD) -xf $(DIST)
	@cd $(DEB_BUILD)/lull-$(VERSION) && MAKEFLAGS= MAKELEVEL= DEB_BUILD_OPTIONS='noautodbgsym nocheck parallel=$(shell nproc)' \
		dpkg-buildpackage -b -us -uc >../log 2>&1 || { tail -40 ../log; echo 'make deb: the whole log is $(DEB_BUILD)/log'; exit 1; }
	@rm -f build/*.deb
	@mv $(DEB_BUILD)/*.deb build/
	@ls build/*.deb
