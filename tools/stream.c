/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zlib.h, bzlib.h, lzma/container.h, zstd.h. */
#include <bzlib.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include <tools/stream.h>

#define PIECE (UINT64_C(1) << 20)
/* zlib.h, inflateInit2(): the largest window, and a gzip header. */
#define GZIP_WINDOW (15 + 16)

enum step { STEP_MORE, STEP_END, STEP_BROKEN };

/* What is left of the input, and where the output goes: the libraries' own structures differ. */
struct buffers {
	const uint8_t *in;
	uint64_t in_size;
	uint8_t *out;
	uint64_t out_size;
};

typedef enum step (*step_function)(void *library, struct buffers *buffers);

void stream_put(struct stream *stream, struct span piece)
{
	stream->made += piece.size;
	stream->sink(stream->context, piece);
}

/* Steps until the data ends.  When a step neither takes nor makes a byte, the data was cut short. */
static bool run(struct stream *stream, void *library, step_function step)
{
	uint8_t *piece = malloc(PIECE);
	struct buffers buffers = { stream->packed.at, stream->packed.size, piece, PIECE };
	enum step how = STEP_MORE;
	uint64_t before;

	stream->lacks_memory = !piece;
	while (piece && how == STEP_MORE) {
		before = buffers.in_size;
		how = step(library, &buffers);
		if (how == STEP_MORE && buffers.in_size == before && buffers.out_size == PIECE)
			how = STEP_BROKEN;
		stream_put(stream, span(piece, PIECE - buffers.out_size));
		buffers.out = piece;
		buffers.out_size = PIECE;
	}
	stream->taken = stream->packed.size - buffers.in_size;
	free(piece);
	return how == STEP_END;
}

/* A size that fits the library's 32-bit numbers. */
static unsigned most(uint64_t size) { return size < PIECE ? (unsigned)size : (unsigned)PIECE; }

static enum step step_gzip(void *library, struct buffers *buffers)
{
	z_stream *zlib = library;
	const unsigned in = most(buffers->in_size), out = most(buffers->out_size);
	int code;

	zlib->next_in = (Bytef *)(uintptr_t)buffers->in;
	zlib->avail_in = in;
	zlib->next_out = buffers->out;
	zlib->avail_out = out;
	code = inflate(zlib, Z_NO_FLUSH);
	buffers->in += in - zlib->avail_in;
	buffers->in_size -= in - zlib->avail_in;
	buffers->out_size -= out - zlib->avail_out;
	/* Z_BUF_ERROR is no error: nothing moved. */
	return code == Z_STREAM_END ? STEP_END : code == Z_OK || code == Z_BUF_ERROR ? STEP_MORE : STEP_BROKEN;
}

static bool unpack_with_zlib(struct stream *stream)
{
	z_stream zlib = { .next_in = NULL };
	bool done;

	if (inflateInit2(&zlib, GZIP_WINDOW) != Z_OK)
		return stream->lacks_memory = true, false;
	done = run(stream, &zlib, step_gzip);
	inflateEnd(&zlib);
	return done;
}

static enum step step_bzip2(void *library, struct buffers *buffers)
{
	bz_stream *bzip2 = library;
	const unsigned in = most(buffers->in_size), out = most(buffers->out_size);
	int code;

	bzip2->next_in = (char *)(uintptr_t)buffers->in;
	bzip2->avail_in = in;
	bzip2->next_out = (char *)buffers->out;
	bzip2->avail_out = out;
	code = BZ2_bzDecompress(bzip2);
	buffers->in += in - bzip2->avail_in;
	buffers->in_size -= in - bzip2->avail_in;
	buffers->out_size -= out - bzip2->avail_out;
	return code == BZ_STREAM_END ? STEP_END : code == BZ_OK ? STEP_MORE : STEP_BROKEN;
}

static bool unpack_with_bzip2(struct stream *stream)
{
	bz_stream bzip2 = { .next_in = NULL };
	bool done;

	if (BZ2_bzDecompressInit(&bzip2, 0, 0) != BZ_OK)
		return stream->lacks_memory = true, false;
	done = run(stream, &bzip2, step_bzip2);
	BZ2_bzDecompressEnd(&bzip2);
	return done;
}

static enum step step_lzma(void *library, struct buffers *buffers)
{
	lzma_stream *lzma = library;
	lzma_ret code;

	lzma->next_in = buffers->in;
	lzma->avail_in = buffers->in_size;
	lzma->next_out = buffers->out;
	lzma->avail_out = buffers->out_size;
	code = lzma_code(lzma, LZMA_RUN);
	buffers->in = lzma->next_in;
	buffers->in_size = lzma->avail_in;
	buffers->out_size = lzma->avail_out;
	return code == LZMA_STREAM_END ? STEP_END : code == LZMA_OK || code == LZMA_BUF_ERROR ? STEP_MORE : STEP_BROKEN;
}

static bool unpack_with_lzma(struct stream *stream, bool is_xz)
{
	lzma_stream lzma = LZMA_STREAM_INIT;
	bool done;

	if ((is_xz ? lzma_stream_decoder(&lzma, UINT64_MAX, 0) : lzma_alone_decoder(&lzma, UINT64_MAX)) != LZMA_OK)
		return stream->lacks_memory = true, false;
	done = run(stream, &lzma, step_lzma);
	lzma_end(&lzma);
	return done;
}

static enum step step_zstd(void *library, struct buffers *buffers)
{
	ZSTD_inBuffer in = { buffers->in, buffers->in_size, 0 };
	ZSTD_outBuffer out = { buffers->out, buffers->out_size, 0 };
	const size_t code = ZSTD_decompressStream(library, &out, &in);

	buffers->in += in.pos;
	buffers->in_size -= in.pos;
	buffers->out_size -= out.pos;
	return ZSTD_isError(code) ? STEP_BROKEN : code == 0 ? STEP_END : STEP_MORE;
}

/* One frame. */
static bool unpack_with_zstd(struct stream *stream)
{
	ZSTD_DStream *zstd = ZSTD_createDStream();
	bool done;

	stream->lacks_memory = !zstd;
	done = zstd && run(stream, zstd, step_zstd);
	ZSTD_freeDStream(zstd);
	return done;
}

bool stream_unpack(struct stream *stream, enum compression compression)
{
	stream->taken = stream->made = 0;
	switch (compression) {
	case COMPRESSION_GZIP:
		return unpack_with_zlib(stream);
	case COMPRESSION_BZIP2:
		return unpack_with_bzip2(stream);
	case COMPRESSION_LZMA:
	case COMPRESSION_XZ:
		return unpack_with_lzma(stream, compression == COMPRESSION_XZ);
	case COMPRESSION_LZO:
		return stream_lzo(stream);
	case COMPRESSION_LZ4:
		return stream_lz4(stream);
	case COMPRESSION_ZSTD:
		return unpack_with_zstd(stream);
	case COMPRESSION_NONE:
	case COMPRESSIONS:
		break;
	}
	return false;
}
