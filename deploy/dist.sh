#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dist.sh NAME TARBALL: packs the sources into TARBALL, below a directory NAME.
# SOURCE_DATE_EPOCH is the time of every file in it; without it, that of the last commit, or of NEWS.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C TZ=UTC

# The files of the tree, as git knows them; outside of a repository, all but what is made.
files() {
	if [ -e .git ] && command -v git >/dev/null; then
		git ls-files
	else
		find . -path ./build -prune -o -name __pycache__ -prune -o \( -type f -o -type l \) -print | sed 's|^\./||'
	fi
}

epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y NEWS)}
mkdir -p "$(dirname "$2")"
files | sort | tar -c --format=ustar --no-recursion --files-from=- --transform="flags=r;s|^|$1/|" \
	--mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX | gzip -9n >"$2.partial"
mv "$2.partial" "$2"
