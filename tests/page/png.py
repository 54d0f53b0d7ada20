# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads PNG files as a browser writes them: 8 bits a colour, with or without alpha, not interlaced (W3C's PNG specification)."""

import struct
import zlib

CHANNELS = {2: 3, 6: 4}


def paeth(left, above, corner):
    """The predictor of filter 4 (clause 9.4)."""
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def unfilter(kind, line, above, step):
    """Undo the filter of one line (clause 9.2)."""
    for at in range(len(line)):
        left, corner = (line[at - step], above[at - step]) if at >= step else (0, 0)
        add = (0, left, above[at], (left + above[at]) // 2, paeth(left, above[at], corner))[kind]
        line[at] = (line[at] + add) & 255
    return line


def pixels(data):
    """The lines of a picture, each a list of (red, green, blue)."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("no PNG file")
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        content = data[at + 8:at + 8 + size]
        at += 12 + size
        if kind == b"IHDR":
            width, height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", content)
            if depth != 8 or colours not in CHANNELS or interlaced:
                raise ValueError("a PNG file of another form")
        elif kind == b"IDAT":
            packed += content
    step = CHANNELS[colours]
    raw, above, lines = zlib.decompress(packed), bytearray(width * step), []
    for row in range(height):
        begin = row * (width * step + 1)
        above = unfilter(raw[begin], bytearray(raw[begin + 1:begin + 1 + width * step]), above, step)
        lines.append([tuple(above[x * step:x * step + 3]) for x in range(width)])
    return lines
