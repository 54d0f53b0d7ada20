/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tools/file.h>
#include <tools/message.h>
#include <tools/progress.h>

#define FIRST_BUFFER (UINT64_C(1) << 16)

/* Reads to the end of the file.  False, with errno set, on an error. */
static bool read_all(int descriptor, uint64_t expected, uint64_t limit, struct span *out)
{
	uint64_t room = expected + 1 > FIRST_BUFFER ? expected + 1 : FIRST_BUFFER;
	uint64_t size = 0;
	uint8_t *buffer = malloc(room);

	while (buffer) {
		ssize_t got = read(descriptor, buffer + size, room - size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || size > limit) {
			errno = got < 0 ? errno : EFBIG;
			break;
		}
		if (got == 0) {
			*out = span(buffer, size);
			return true;
		}
		size += (uint64_t)got;
		if (expected != 0)
			progress_step(size, expected);
		if (size == room) {
			uint8_t *larger = realloc(buffer, room * 2);

			if (!larger)
				break;
			buffer = larger;
			room *= 2;
		}
	}
	free(buffer);
	return false;
}

bool file_read(const char *name, uint64_t limit, struct span *out)
{
	int descriptor = open(name, O_RDONLY | O_CLOEXEC);
	struct stat status;
	bool done = false;

	*out = span(NULL, 0);
	if (descriptor >= 0 && fstat(descriptor, &status) == 0) {
		if (S_ISREG(status.st_mode) && (uint64_t)status.st_size > limit) {
			errno = EFBIG;
		} else {
			progress_begin("reading", name);
			done = read_all(descriptor, S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0, limit,
					out);
			progress_end();
		}
	}
	if (!done)
		message("cannot read %s: %s", name, strerror(errno));
	if (descriptor >= 0)
		close(descriptor);
	return done;
}

void file_release(struct span *file)
{
	free((void *)(uintptr_t)file->at);
	*file = span(NULL, 0);
}

bool file_same(const char *one, const char *other)
{
	struct stat first, second;

	return stat(one, &first) == 0 && stat(other, &second) == 0 &&
	       first.st_dev == second.st_dev && first.st_ino == second.st_ino && S_ISREG(first.st_mode);
}
