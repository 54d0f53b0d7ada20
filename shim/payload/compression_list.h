/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The formats that the kernel's build knows (Linux, lib/decompress.c and scripts/Makefile.lib), included by others once for
 * each use: COMPRESSION_FORMAT(NAME, name, first bytes, how many).  shim/unpack/name.c unpacks it (shim/unpack/job.h).
 */
COMPRESSION_FORMAT(GZIP, gzip, "\x1f\x8b", 2)
COMPRESSION_FORMAT(BZIP2, bzip2, "BZh", 3)
/* Properties lc=3 lp=0 pb=2, then a dictionary size whose low two bytes are 0. */
COMPRESSION_FORMAT(LZMA, lzma, "\x5d\x00\x00", 3)
COMPRESSION_FORMAT(XZ, xz, "\xfd" "7zXZ\0", 6)
COMPRESSION_FORMAT(LZO, lzo, "\x89" "LZO\0\r\n\x1a\n", 9)
/* The legacy frame, which is what lz4 -l writes. */
COMPRESSION_FORMAT(LZ4, lz4, "\x02\x21\x4c\x18", 4)
COMPRESSION_FORMAT(ZSTD, zstd, "\x28\xb5\x2f\xfd", 4)
