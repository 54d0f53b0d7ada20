#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The init of the lab's own host (Xen's dom0, or the Linux that runs KVM): load a few modules, take the root file
# system of the machine we are emulated on over 9p, put a writable layer on it, and start the agent in there.
# The kernel's command line has ROLE, AGENT, XEN and SHARES, which are variables here. The agent's name is percent-encoded,
# because it may have a space in it.

die() {
    echo "lab: $*"
    # The one who started us sees the line above and ends the emulator.
    exec /bin/busybox sleep 3600
}

/bin/busybox mkdir -p /proc /sys /dev /host /layer /new
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
[ -c /dev/null ] || mount -t devtmpfs dev /dev
echo "lab: init"
while read -r module; do
    # Modules for the other make of CPU, or for Xen where there is none, do not load, and need not.
    insmod "/modules/$module.ko" 2>/dev/null
done < /modules/order

# A guest of KVM that reads a page of its memory first would get it from the huge page of zeroes, and Linux splits that at the first
# write: each page of 4 KiB is then an exit of its own, twice.
zero_page=/sys/kernel/mm/transparent_hugepage/use_zero_page
[ -e $zero_page ] && echo 0 >$zero_page

# SHARES, from the kernel's command line, has `suite` where another suite's packages go over the host's.
lower=
for share in $(echo "$SHARES" | tr , ' '); do
    mkdir -p "/$share"
    mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro "$share" "/$share" || die "no file system $share"
    lower="/$share${lower:+:$lower}"
done
mount -t tmpfs -o size=75% layer /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=$lower,upperdir=/layer/upper,workdir=/layer/work root /new || die "no overlay"

# devtmpfs lacks what udev makes. Without /dev/stdin the script that attaches a guest's disk waits for ever (locking.sh).
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr
# xl gives up waiting for a console's terminal without devpts.
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=666 devpts /dev/pts
# xenfs must be in place before /proc is bound into the new root.
[ "$ROLE" = xl ] && { mount -t xenfs xenfs /proc/xen || die "no xenfs"; }
for directory in proc sys dev; do
    mkdir -p "/new/$directory"
    mount -o rbind "/$directory" "/new/$directory" || die "cannot bind $directory"
done
mount -t tmpfs run /new/run
mkdir -p /new/run/lock
echo "lab: agent"
chroot /new /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "XEN=$XEN" \
    /usr/bin/python3 -B -s -S "$(printf '%b' "$(echo "$AGENT" | sed 's/%/\\x/g')")" "$ROLE"
die "the agent ended"
