#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Cloud Hypervisor enters the image by its PVH note.
exec cloud-hypervisor --cpus boot=1 --memory size=512M --kernel /var/lib/lull/guest.elf --cmdline "console=hvc0" \
	--console tty --serial off "$@"
