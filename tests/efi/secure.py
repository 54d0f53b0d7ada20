# SPDX-License-Identifier: GPL-2.0-or-later
"""Images for a boot with Secure Boot on, and add-ons for them. Firmware trusts the snakeoil key alone."""

from tests.efi.cases import ABORTED, DOOR, RETURNED, SELF, STARTED, STUB, Case, Maker, Pe, options_line
from tests.lab import uefi


def make(directory):
    """The cases, and the files that they share: add-ons for all images, one of which nobody signed."""
    maker = Maker(directory)
    own, others = uefi.key(directory), uefi.other_key(directory)
    image = maker.pack("-c", "base")
    packed, added = maker.signed(image, own), maker.sections(STUB, {".cmdline": b"one=1"})
    good, alien = maker.signed(added, own), maker.signed(added, others)
    changed = maker.changed(good, (Pe(good).number(Pe(good).sections[".cmdline"] + 20, 4), ord("O"), 1))
    shared = {"loader/addons/g.addon.efi": maker.signed(maker.sections(STUB, {".cmdline": b"for=all"}), own),
              "loader/addons/n.addon.efi": maker.sections(STUB, {".cmdline": b"for=nobody"})}

    def refused(name):
        return rf"^lull: warning not used: the add-on {name}\.addon\.efi, because firmware does not load it, with status 0x8\w+$"

    def case(name, line, *unused, **files):
        # No other warning than those that are expected.
        most = r"(?s)(lull: warning .*){%d}" % (len(unused) + 2)
        given = {f"efi.extra.d/{key}.addon.efi": value for key, value in files.items()}
        return Case(f"secure-{name}", {"efi": packed, "dev": maker.file(b""), **given},
                    (DOOR, SELF, STARTED, ABORTED, options_line(line), refused("n"), *map(refused, unused)), (most,), (RETURNED,))
    return [case("signed", "base for=all one=1", a=good),
            case("unsigned", "base for=all one=1", "a", a=added, b=good),
            case("other-key", "base for=all", "a", a=alien),
            case("changed", "base for=all one=1", "b", a=good, b=changed),
            # An unsigned image itself does not start: else nothing of this is about Secure Boot.
            Case("secure-unsigned-image", {"efi": image}, (), (DOOR,), (), "8.*"),
            Case("secure-alien-image", {"efi": maker.signed(image, others)}, (), (DOOR,), (), "8.*")], shared
