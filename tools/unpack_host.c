/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <core/check.h>
#include <tools/unpack_host.h>

/* Output of one call into a library. */
#define STEP (UINT64_C(4) << 20)
/* Linux's build uses dictionaries of at most 128 MiB (scripts/Makefile.lib); a decoder needs little more. */
#define LZMA_MEMORY (UINT64_C(256) << 20)

bool unpacked_grow(struct unpacked *out, uint64_t more, uint64_t *room)
{
	const uint64_t left = out->limit - out->size;
	const uint64_t wanted = out->size + (more < left ? more : left);

	if (wanted > out->room) {
		uint64_t larger = out->room * 2 > wanted ? out->room * 2 : wanted;
		uint8_t *moved;

		larger = larger > out->limit ? out->limit : larger;
		moved = realloc(out->at, larger);
		if (!moved)
			return false;
		out->at = moved;
		out->room = larger;
	}
	*room = wanted - out->size;
	return true;
}

enum step { STEP_MORE, STEP_END, STEP_BROKEN };

/* One of the four stream libraries: `step` makes at most `room` bytes at `at` and says how many it made. */
struct stream {
	union {
		z_stream gzip;
		bz_stream bzip2;
		lzma_stream lzma;
		struct {
			ZSTD_DStream *state;
			ZSTD_inBuffer in;
		} zstd;
	};
	enum step (*step)(struct stream *stream, uint8_t *at, uint64_t room, uint64_t *made);
};

static enum step step_gzip(struct stream *stream, uint8_t *at, uint64_t room, uint64_t *made)
{
	int code;

	stream->gzip.next_out = at;
	stream->gzip.avail_out = (uInt)room;
	code = inflate(&stream->gzip, Z_NO_FLUSH);
	*made = room - stream->gzip.avail_out;
	return code == Z_STREAM_END ? STEP_END : code == Z_OK ? STEP_MORE : STEP_BROKEN;
}

static enum step step_bzip2(struct stream *stream, uint8_t *at, uint64_t room, uint64_t *made)
{
	int code;

	stream->bzip2.next_out = (char *)at;
	stream->bzip2.avail_out = (unsigned)room;
	code = BZ2_bzDecompress(&stream->bzip2);
	*made = room - stream->bzip2.avail_out;
	return code == BZ_STREAM_END ? STEP_END : code == BZ_OK ? STEP_MORE : STEP_BROKEN;
}

static enum step step_lzma(struct stream *stream, uint8_t *at, uint64_t room, uint64_t *made)
{
	lzma_ret code;

	stream->lzma.next_out = at;
	stream->lzma.avail_out = room;
	code = lzma_code(&stream->lzma, LZMA_RUN);
	*made = room - stream->lzma.avail_out;
	return code == LZMA_STREAM_END ? STEP_END : code == LZMA_OK ? STEP_MORE : STEP_BROKEN;
}

static enum step step_zstd(struct stream *stream, uint8_t *at, uint64_t room, uint64_t *made)
{
	ZSTD_outBuffer buffer = { at, room, 0 };
	const size_t code = ZSTD_decompressStream(stream->zstd.state, &buffer, &stream->zstd.in);

	*made = buffer.pos;
	return ZSTD_isError(code) ? STEP_BROKEN : code == 0 ? STEP_END : STEP_MORE;
}

/* Only a lack of memory makes these fail. */
static bool stream_open(struct stream *stream, struct span packed, enum compression compression)
{
	void *in = (void *)(uintptr_t)packed.at;

	*stream = (struct stream){ .step = NULL };
	switch (compression) {
	case COMPRESSION_GZIP:
		*stream = (struct stream){ .step = step_gzip };
		stream->gzip.next_in = in;
		stream->gzip.avail_in = (uInt)packed.size;
		/* 15 bits of window, and 16 to say that a gzip header comes first. */
		return inflateInit2(&stream->gzip, 15 + 16) == Z_OK;
	case COMPRESSION_BZIP2:
		stream->step = step_bzip2;
		stream->bzip2 = (bz_stream){ .next_in = in, .avail_in = (unsigned)packed.size };
		return BZ2_bzDecompressInit(&stream->bzip2, 0, 0) == BZ_OK;
	case COMPRESSION_LZMA:
	case COMPRESSION_XZ:
		stream->step = step_lzma;
		stream->lzma = (lzma_stream)LZMA_STREAM_INIT;
		stream->lzma.next_in = in;
		stream->lzma.avail_in = packed.size;
		return (compression == COMPRESSION_XZ ? lzma_stream_decoder(&stream->lzma, LZMA_MEMORY, 0) :
			lzma_alone_decoder(&stream->lzma, LZMA_MEMORY)) == LZMA_OK;
	case COMPRESSION_ZSTD:
		stream->step = step_zstd;
		stream->zstd.in = (ZSTD_inBuffer){ in, packed.size, 0 };
		stream->zstd.state = ZSTD_createDStream();
		return stream->zstd.state != NULL;
	default:
		check_failed("a compression made of a stream", __FILE__, __LINE__);
	}
}

static void stream_close(struct stream *stream)
{
	if (stream->step == step_gzip)
		inflateEnd(&stream->gzip);
	else if (stream->step == step_bzip2)
		BZ2_bzDecompressEnd(&stream->bzip2);
	else if (stream->step == step_lzma)
		lzma_end(&stream->lzma);
	else
		ZSTD_freeDStream(stream->zstd.state);
}

static enum unpack_result run(struct stream *stream, struct unpacked *out)
{
	uint64_t room, made;

	while (unpacked_grow(out, STEP, &room)) {
		const enum step step = stream->step(stream, out->at + out->size, room, &made);

		out->size += made;
		if (step == STEP_END)
			return UNPACK_COMPLETE;
		if (out->size == out->limit && step == STEP_MORE)
			return UNPACK_LIMITED;
		/* Without output there was no input left: cut short. */
		if (step == STEP_BROKEN || made == 0)
			return UNPACK_BROKEN;
	}
	return UNPACK_NO_MEMORY;
}

enum unpack_result unpack(struct span packed, enum compression compression, uint64_t limit, struct unpacked *out)
{
	struct stream stream;
	enum unpack_result result = UNPACK_NO_MEMORY;

	*out = (struct unpacked){ .limit = limit };
	if (compression == COMPRESSION_LZ4)
		return unpack_lz4(packed, out);
	if (compression == COMPRESSION_LZO)
		return unpack_lzo(packed, out);
	if (stream_open(&stream, packed, compression))
		result = run(&stream, out);
	stream_close(&stream);
	return result;
}
