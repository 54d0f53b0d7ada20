#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# qubes.sh NAME [VERSION]: in Qubes' dom0, makes /var/lib/qubes/vm-kernels/NAME of an image; then: qvm-prefs VM kernel NAME
#
# vmlinuz is the image.  Qubes starts no kernel without an initramfs, so that is what gzip makes of nothing, which lull passes
# over.  Qubes 4.0 and 4.1 want a modules.img too: this makes none, take that of the kernel that was packed.
set -eu
kernels=${QUBES_KERNELS:-/var/lib/qubes/vm-kernels}
image=${LULL_IMAGES:-/var/lib/lull}/${2:-guest}.elf
directory=$kernels/${1:?name of the kernel}
mkdir -p -- "$directory"
cp -- "$image" "$directory/vmlinuz.new"
gzip -n </dev/null >"$directory/initramfs.new"
for name in vmlinuz initramfs; do
	sync -- "$directory/$name.new"
	mv -f -- "$directory/$name.new" "$directory/$name"
done
