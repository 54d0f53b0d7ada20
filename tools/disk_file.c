/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tools/disk_file.h>
#include <tools/message.h>

static struct error file_read_at(struct disk *disk, uint64_t offset, void *to, size_t size)
{
	const struct disk_file *file = disk->context;
	uint8_t *at = to;

	while (size != 0) {
		const ssize_t got = pread(file->descriptor, at, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		/* A file that became shorter meanwhile ends too soon. */
		if (got <= 0)
			return error_make(ERROR_DISK_READ, disk->name, offset, got < 0 ? (uint64_t)errno : EIO);
		at += got;
		offset += (uint64_t)got;
		size -= (size_t)got;
	}
	return error_none();
}

/* The size of a file or a block device, and of its sectors where it says that.  False, with errno set, for anything else. */
static bool find_size(struct disk_file *file, uint32_t sector_size)
{
	struct stat about;
	int sector = (int)sector_size;

	if (fstat(file->descriptor, &about) != 0)
		return false;
	if (S_ISREG(about.st_mode)) {
		file->disk.size = (uint64_t)about.st_size;
	} else if (!S_ISBLK(about.st_mode)) {
		errno = S_ISDIR(about.st_mode) ? EISDIR : ENOTBLK;
		return false;
	} else if (ioctl(file->descriptor, BLKGETSIZE64, &file->disk.size) != 0 || ioctl(file->descriptor, BLKSSZGET, &sector) != 0) {
		return false;
	}
	file->disk.sector_size = (uint32_t)sector;
	return true;
}

bool disk_file_open(struct disk_file *file, const char *name, uint32_t sector_size)
{
	const char *slash = strrchr(name, '/');

	file->disk = (struct disk){ .name = slash != NULL && slash[1] != '\0' ? slash + 1 : name, .read = file_read_at, .context = file };
	/* Without O_NONBLOCK a pipe would be waited for, to be refused then. */
	file->descriptor = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (file->descriptor < 0 || !find_size(file, sector_size)) {
		message("%s: %s", name, strerror(errno));
		disk_file_close(file);
		return false;
	}
	disk_cache_open(&file->cache, &file->disk, file->memory);
	return true;
}

void disk_file_close(struct disk_file *file)
{
	if (file->descriptor >= 0)
		close(file->descriptor);
	file->descriptor = -1;
}
