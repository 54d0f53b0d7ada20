#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The init of the default guest: say which kernel runs and on how many CPUs, then power off. It needs no module.
/bin/busybox mkdir -p /proc
/bin/busybox mount -t proc proc /proc
echo "USERSPACE UP $(/bin/busybox uname -r) cpus=$(/bin/busybox nproc)"
# A serial line may still hold some of the text; a change of settings waits until it is out.
/bin/busybox stty sane 2>/dev/null
exec /bin/busybox poweroff -f
