/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#include <shim/unpack/job.h>

uint64_t unpack_zstd_heap_size(struct span packed)
{
	(void)packed;
	return ZSTD_estimateDCtxSize();
}

/*
 * Unpacked in one call, zstd refers back into its output and needs no window; the limit is the kernel's own.  Nothing
 * behind the first frame is looked at: the library would take a frame of before 1.0 to old code, which is not linked.
 */
struct error unpack_zstd(struct unpack_job *job)
{
	const uint64_t size = ZSTD_estimateDCtxSize();
	void *workspace = unpack_heap_take(job->heap, size);
	ZSTD_frameHeader header;
	size_t frame, made;

	if (workspace == NULL || ZSTD_getFrameHeader(&header, job->packed.at, job->packed.size) != 0)
		return unpack_broken(job);
	if (header.windowSize > UNPACK_WINDOW)
		return unpack_window(job, header.windowSize);
	frame = ZSTD_findFrameCompressedSize(job->packed.at, job->packed.size);
	if (ZSTD_isError(frame))
		return unpack_broken(job);
	made = ZSTD_decompressDCtx(ZSTD_initStaticDCtx(workspace, size), job->out, job->room, job->packed.at, frame);
	if (ZSTD_getErrorCode(made) == ZSTD_error_dstSize_tooSmall)
		return unpack_long(job);
	if (ZSTD_isError(made))
		return unpack_broken(job);
	job->made = made;
	return error_none();
}
