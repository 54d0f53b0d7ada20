# SPDX-License-Identifier: GPL-2.0-or-later
"""What lull.efi shows: the picture of an image, in the middle of QEMU's screen, and nothing beside it."""

import os

from tests.efi import cases
from tests.files import picture
from tests.lab import uefi


def gradient(x, y):
    """Another colour at each of its first places."""
    return x * 5 % 256, y * 7 % 256, (x * y) % 256


PALETTE = [(number, 255 - number, number * 37 % 256) for number in range(256)]


def index(x, y):
    return (x + 3 * y) % 256


def expected(width, height, sides, colour):
    """The bytes of a screen that is black but for a picture of these SIDES, or its middle."""
    wide, high = sides
    left, top = (width - min(width, wide)) // 2, (height - min(height, high)) // 2
    from_x, from_y = (wide - min(width, wide)) // 2, (high - min(height, high)) // 2
    screen = bytearray(3 * width * height)
    for y in range(min(height, high)):
        at = 3 * ((top + y) * width + left)
        row = b"".join(bytes(colour(from_x + x, from_y + y)) for x in range(min(width, wide)))
        screen[at:at + len(row)] = row
    return bytes(screen)


def shows(sides, colour):
    """A function that says whether a screen, in a file, shows a picture."""
    known = {}

    def is_shown(path):
        shot = picture.read_ppm(path)
        if not shot:
            return False
        size = shot[:2]
        if size not in known:
            known[size] = expected(*size, sides, colour)
        return shot[2] == known[size]
    return is_shown


def make(make):
    """Each image by its name, with what must be on the screen."""
    small = picture.bmp(61, 30, gradient)
    large = picture.bmp(1301, -903, index, 8, PALETTE)
    stay = ("-c", "stay")
    yield "screen-small", make.pack(*stay, "--splash", make.file(small)), shows((61, 30), gradient)
    yield "screen-large", make.pack(*stay, "--splash", make.file(large)), shows((1301, 903), lambda x, y: PALETTE[index(x, y)])
    # lull.elf, which starts this kernel, and the kernel have no driver for the screen.
    yield "screen-shim", make.pack("--splash", make.file(small), kernel=cases.ELF_KERNEL), shows((61, 30), gradient)


def problem(launcher, image, is_shown, directory):
    """Why an image does not show what it should, or None."""
    found, console = uefi.look(launcher, is_shown, files={"00.efi": image}, scratch=directory)
    if "lull: warning" in console:
        return "a warning:\n" + console
    return None if found else f"the screen ({os.path.join(directory, 'screen.ppm')}) shows something else; the console has:\n{console}"
