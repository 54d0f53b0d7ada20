/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of file systems share. */
#include <shim/disk/fs.h>

struct error fs_read_runs(struct fs *fs, fs_map map, const void *inode, uint64_t offset, void *to, size_t size)
{
	/* What was found and is not read yet: it may go on. */
	struct fs_run pending = { .size = 0 };
	uint8_t *at = to;

	while (size != 0) {
		struct fs_run run;

		TRY(map(fs, inode, offset, &run));
		if (run.size > size)
			run.size = size;
		offset += run.size;
		size -= run.size;
		if (pending.size != 0 && !run.is_hole && run.at == pending.at + pending.size) {
			pending.size += run.size;
			continue;
		}
		TRY(disk_read(fs->disk, pending.at, at, pending.size));
		at += pending.size;
		pending = run;
		if (run.is_hole) {
			__builtin_memset(at, 0, run.size);
			at += run.size;
			pending = (struct fs_run){ .size = 0 };
		}
	}
	return disk_read(fs->disk, pending.at, at, pending.size);
}

enum fs_kind fs_mode_kind(uint32_t mode)
{
	switch (mode & 0xf000) {
	case 0x4000:
		return FS_DIRECTORY;
	case 0x8000:
		return FS_FILE;
	case 0xa000:
		return FS_LINK;
	default:
		return FS_OTHER;
	}
}

void fs_uuid_text(char out[37], const uint8_t uuid[16])
{
	static const char digits[] = "0123456789abcdef";
	unsigned at = 0;

	for (unsigned i = 0; i < 16; i++) {
		out[at++] = digits[uuid[i] >> 4];
		out[at++] = digits[uuid[i] & 15];
		if (i == 3 || i == 5 || i == 7 || i == 9)
			out[at++] = '-';
	}
	out[at] = '\0';
}

void fs_label_text(struct fs *fs, struct span label)
{
	uint64_t length = 0;

	while (length < label.size && label.at[length] != '\0')
		length++;
	__builtin_memcpy(fs->label, label.at, length);
	fs->label[length] = '\0';
}

static unsigned put_utf8(char *to, uint32_t code)
{
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = (char)(0xc0 | code >> 6);
		to[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		to[0] = (char)(0xe0 | code >> 12);
		to[1] = (char)(0x80 | (code >> 6 & 0x3f));
		to[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | code >> 18);
	to[1] = (char)(0x80 | (code >> 12 & 0x3f));
	to[2] = (char)(0x80 | (code >> 6 & 0x3f));
	to[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

uint32_t fs_put_utf16(char *to, const uint16_t *units, unsigned count)
{
	uint32_t length = 0;

	for (unsigned i = 0; i < count && units[i] != 0; i++) {
		uint32_t code = units[i];
		const uint32_t next = i + 1 < count ? units[i + 1] : 0;

		if (code >= 0xd800 && code < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
			code = 0x10000 + ((code - 0xd800) << 10 | (next - 0xdc00));
			i++;
		} else if (code >= 0xd800 && code < 0xe000) {
			code = 0xfffd;
		}
		length += put_utf8(to + length, code);
	}
	return length;
}
