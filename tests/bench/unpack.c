/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `unpack KERNEL OUT`: writes the vmlinux of a bzImage, with all that is behind it. */
#include <core/error_text.h>
#include <stdio.h>
#include <tools/file.h>
#include <tools/subject.h>

int main(int argc, char **argv)
{
	static struct subject subject;
	struct span file, inner;
	FILE *out;

	if (argc != 3 || !file_read(argv[1], FILE_MAX_SIZE, &file))
		return 2;
	subject_examine(&subject, file);
	inner = subject_inner(&subject);
	out = fopen(argv[2], "wb");
	if (subject.kind != SUBJECT_BZIMAGE || inner.size == 0 || out == NULL)
		return 1;
	return fwrite(inner.at, 1, inner.size, out) == inner.size && fclose(out) == 0 ? 0 : 1;
}
