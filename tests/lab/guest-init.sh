#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The init of the default guest: say which kernel runs and on how many CPUs, then power off. It needs no module. With
# hotplug=1 on the kernel's command line it first asks for a second CPU (xl.py gives it), and brings it up; with addresses=1
# it says where the kernel runs, in virtual and in physical memory; with told=1 of which types the nodes of its setup_data are.
# With ending=reboot it asks for a reset and not for power-off, which Firecracker's machine does not have.
/bin/busybox mkdir -p /proc
/bin/busybox mount -t proc proc /proc
echo "USERSPACE UP $(/bin/busybox uname -r) cpus=$(/bin/busybox nproc)"
if [ "$hotplug" ]; then
    /bin/busybox mkdir -p /sys
    /bin/busybox mount -t sysfs sysfs /sys
    echo "READY FOR CPUS"
    until [ -e /sys/devices/system/cpu/cpu1/online ]; do /bin/busybox sleep 1; done
    echo 1 > /sys/devices/system/cpu/cpu1/online
    echo "PLUGGED cpus=$(/bin/busybox nproc)"
fi
if [ "$addresses" ]; then
    echo 0 > /proc/sys/kernel/kptr_restrict
    echo "ADDRESSES virtual=$(/bin/busybox awk '$3 == "_text" { print $1 }' /proc/kallsyms)" \
        "physical=$(/bin/busybox awk -F- '/Kernel code/ { print $1; exit }' /proc/iomem | /bin/busybox tr -d ' ')"
fi
if [ "$told" ]; then
    /bin/busybox mkdir -p /sys
    /bin/busybox mount -t sysfs sysfs /sys
    echo "TOLD setup_data=$(/bin/busybox cat /sys/kernel/boot_params/setup_data/*/type)"
fi
# A serial line may still hold some of the text; a change of settings waits until it is out.
/bin/busybox stty sane 2>/dev/null
exec /bin/busybox "${ending:-poweroff}" -f
