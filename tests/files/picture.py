# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures: BMP files, and what QEMU's screendump writes."""

import re
import struct


def bmp(width, height, colour, depth=24, palette=()):
    """A BMP file of 24 bits a pixel, or of 8 with a palette. COLOUR gives a pixel by its place from the top left: (red, green,
    blue), or an index; a negative HEIGHT stores the topmost row first."""
    rows = []
    for y in range(abs(height)):
        pixels = [colour(x, y) for x in range(width)]
        row = bytes(pixels) if depth == 8 else b"".join(bytes(reversed(pixel)) for pixel in pixels)
        rows.append(row + bytes(-len(row) % 4))
    data = b"".join(rows if height < 0 else reversed(rows))
    colours = b"".join(bytes((blue, green, red, 0)) for red, green, blue in palette)
    offset = 54 + len(colours)
    return struct.pack("<2sIIIIiiHHIIiiII", b"BM", offset + len(data), 0, offset, 40, width, height, 1, depth, 0, len(data), 2835, 2835,
                       len(palette), 0) + colours + data


def read_ppm(path):
    """Width, height and the bytes of the pixels of a binary PPM file; None while it is not whole."""
    with open(path, "rb") as source:
        data = source.read()
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if not header:
        return None
    width, height, pixels = int(header[1]), int(header[2]), data[header.end():]
    return (width, height, pixels) if len(pixels) == 3 * width * height else None
