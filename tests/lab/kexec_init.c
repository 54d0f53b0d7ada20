/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first program of a Linux that starts the next kernel: /kernel with /initrd and the line that /cmdline holds, by
 * kexec_file_load(2).
 */
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char line[8192];

int main(void)
{
	int kernel = open("/kernel", O_RDONLY), initrd = open("/initrd", O_RDONLY), text = open("/cmdline", O_RDONLY);
	ssize_t length = read(text, line, sizeof(line) - 1);

	mkdir("/dev", 0755);
	if (length < 0 || syscall(SYS_kexec_file_load, kernel, initrd, (unsigned long)length + 1, line,
				  initrd < 0 ? (unsigned long)KEXEC_FILE_NO_INITRAMFS : 0UL) != 0)
		perror("kexec_file_load");
	else
		reboot(LINUX_REBOOT_CMD_KEXEC);
	perror("kexec");
	reboot(LINUX_REBOOT_CMD_RESTART);
	return 1;
}
