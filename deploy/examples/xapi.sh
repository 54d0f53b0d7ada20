#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# xapi.sh UUID [VERSION]: on an XCP-ng or XenServer host, lets a VM start from an image.
#
# xapi takes kernels from /var/lib/xcp/guest only, after it has followed links: the file is copied there.
set -eu
guest=${XAPI_GUEST:-/var/lib/xcp/guest}
image=${LULL_IMAGES:-/var/lib/lull}/${2:-guest}.elf
uuid=${1:?uuid of the VM}
mkdir -p -- "$guest"
cp -- "$image" "$guest/lull.elf.new"
sync -- "$guest/lull.elf.new"
mv -f -- "$guest/lull.elf.new" "$guest/lull.elf"
"${XE:-xe}" vm-param-set "uuid=$uuid" domain-type=pvh "PV-kernel=$guest/lull.elf" PV-ramdisk= PV-bootloader= "PV-args=console=hvc0"
