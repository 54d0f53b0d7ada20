# SPDX-License-Identifier: GPL-2.0-or-later
# What the inits of guests with disks do first, as /begin of their initrd: they mount what they need, and load its modules.
/bin/busybox mkdir -p /proc /sys /dev /mnt
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
[ -c /dev/null ] || mount -t devtmpfs dev /dev
while read -r module; do
    insmod "/modules/$module.ko" 2>/dev/null
done < /modules/order
