#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The init of the guest with a disk: wait for it, say how large it is and what it holds, mount it, read its file, write to it, and
# power off. The kernel's command line has its name (disk=xvda), and maybe rw=1, rate=40 for a time of reading so many
# mebibytes, fs=btrfs subvol=@ for a root that is no ext4, and stop=port where the machine cannot power off but has QEMU's port to
# end at (plain.py); they are variables here.
. /begin

# Bounded: a disk that does not come is what some tests are about.
tries=0
until [ -b "/dev/$disk" ]; do
    tries=$((tries + 1))
    [ $tries -gt 100 ] && break
    usleep 100000
done
if [ -b "/dev/$disk" ]; then
    # How fast Linux reads it, before anything of it is cached. Debian's busybox does not say how long its dd took.
    if [ "$rate" ]; then
        read -r begin idle < /proc/uptime
        dd if="/dev/$disk" of=/dev/null bs=1M count="$rate" 2>/dev/null
        read -r end idle < /proc/uptime
        echo "READ ${rate}MiB from=$begin to=$end"
    fi
    echo "DISK $disk sectors=$(cat "/sys/class/block/$disk/size") crc32=$(head -c 1048576 "/dev/$disk" | crc32 | cut -c 1-8)"
    mode=ro
    [ "$rw" ] && mode=rw
    mount -t "${fs:-ext4}" -o "$mode${subvol:+,subvol=$subvol}" "/dev/$disk" /mnt
    echo "FILE $(cat /mnt/hello 2>/dev/null)"
    [ "$rw" ] && echo "written by the guest" > /mnt/written && sync && echo "WRITTEN $(cat /mnt/written)"
    umount /mnt
else
    echo "NO DISK $disk"
fi
# Of add-ons: a file of each, and what the line has of them.
for file in /added-*; do
    [ -f "$file" ] && echo "ADDED $file $(cat "$file")"
done
[ "$all$own$other" ] && echo "LINE $(cat /proc/cmdline)"
echo "USERSPACE UP $(uname -r) cpus=$(nproc)"
stty sane 2>/dev/null
[ "$stop" = port ] && printf '\020' | dd of=/dev/port bs=1 seek=244 2>/dev/null
exec poweroff -f
