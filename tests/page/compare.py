# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what is on screen against what the page's JSON says.  Each function returns what is wrong, as sentences."""

import json
import re

SIGNS = {"passed": "✓", "failed": "✗", "error": "!", "ended": "·"}
# As far as a piece of a bar may lie from where it belongs, in pixels.
NEAR = 1.6
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def visible(text):
    """Text as the page writes it."""
    return UNSEEN.sub(lambda found: f"\\x{ord(found[0]):02x}" if ord(found[0]) < 256 else f"\\u{ord(found[0]):04x}", text)


def seconds(milliseconds):
    return f"{(milliseconds + 5) // 10 / 100:.2f} s" if milliseconds < 10000 else f"{(milliseconds + 50) // 100 / 10:.1f} s"


def address(boot):
    return "#boot/" + boot["name"]


def phases(boot):
    """Where the parts of a boot lie, in milliseconds, by its marks: what the page is to show, said once more."""
    at = {mark["mark"]: mark["ms"] for mark in boot.get("marks", []) if "ms" in mark}
    last = max([0, *at.values(), *boot.get("times", [])[-1:]])
    end = max(last, boot["ms"]) if boot.get("clock") == "arrival" and "ms" in boot else last
    begins = [("loader", 0)] + [(kind, at[mark]) for kind, mark in
                                (("lull", "door"), ("silent", "handover"), ("kernel", "kernel"), ("user", "user")) if mark in at]
    ends = [begin for _, begin in begins[1:]] + [end]
    return [(kind, begin, max(begin, until)) for (kind, begin), until in zip(begins, ends) if until > begin]


def differ(what, shown, wanted):
    return [] if shown == wanted else [f"{what}: {shown!r} is shown, not {wanted!r}"]


def grid(browser, data):
    """Every tile at its door and kernel, with its sign and its time."""
    browser.go("#grid")
    shown = browser.value("""[...document.querySelectorAll("a.tile")].map(tile => {
        const cell = tile.closest("td"), row = cell.parentElement;
        return { href: tile.getAttribute("href"), sign: tile.querySelector(".sign").textContent, text: tile.textContent,
                 row: row.querySelector("th").textContent, bad: tile.classList.contains("bad"), said: tile.getAttribute("aria-label"),
                 column: document.querySelectorAll(".grid thead th")[cell.cellIndex].textContent,
                 seen: tile.getBoundingClientRect().width > 20 }; })""")
    by_name = {one["href"]: one for one in shown}
    wrong = differ("tiles", len(shown), len(data["boots"]))
    for boot in data["boots"]:
        one, time = by_name.get(address(boot)), seconds(boot["ms"]) if "ms" in boot else ""
        if not one:
            wrong.append(f"{boot['name']} has no tile")
            continue
        for key, wanted in (("row", boot.get("row", "")), ("column", boot.get("column", "")), ("sign", SIGNS[boot["verdict"]]),
                            ("bad", boot["verdict"] in ("failed", "error")), ("seen", True),
                            ("text", SIGNS[boot["verdict"]] + time + boot.get("label", boot["name"]))):
            wrong += differ(f"{boot['name']}: {key}", one[key], wanted)
        if time not in one["said"] or boot["name"] not in one["said"]:
            wrong.append(f"{boot['name']}: said as {one['said']!r}")
    return wrong


def lines(browser, data):
    """Every piece of every time line where it belongs."""
    browser.go("#lines")
    shown = browser.value("""Object.fromEntries([...document.querySelectorAll("a.row")].map(row => {
        const bar = row.querySelector(".bar"), box = bar && bar.getBoundingClientRect();
        return [row.getAttribute("href"), { total: row.querySelector(".total").textContent, width: box ? box.width : 0,
            said: bar ? bar.getAttribute("aria-label") : "", pieces: bar ? [...bar.children].map(piece => {
            const at = piece.getBoundingClientRect(); return [piece.classList[1], at.x - box.x, at.width]; }) : [] }]; }))""")
    scale = max(part[-1][2] for part in map(phases, data["boots"]) if part)
    wrong = differ("rows", len(shown), len(data["boots"]))
    for boot in data["boots"]:
        row, parts = shown.get(address(boot), {}), phases(boot)
        wrong += differ(f"{boot['name']}: total", row.get("total"), seconds(parts[-1][2]) if parts else "")
        wrong += differ(f"{boot['name']}: pieces", [piece[0] for piece in row.get("pieces", [])], [kind for kind, _, _ in parts])
        for (kind, left, width), (_, begin, end) in zip(row.get("pieces", []), parts):
            unit = row["width"] / scale
            if abs(left - begin * unit) > NEAR or abs(width - max(1, (end - begin) * unit)) > NEAR:
                wrong.append(f"{boot['name']}: {kind} lies at {left:.1f}, {width:.1f} wide, not {begin * unit:.1f}, {(end - begin) * unit:.1f}")
            if seconds(end - begin) not in row["said"]:
                wrong.append(f"{boot['name']}: {kind} is not said: {row['said']}")
    return wrong


def painted(browser, data):
    """Where lull's part of a time line belongs, the screen has its colour; before it and behind the end it has not."""
    browser.go("#lines")
    boxes = browser.value("""[...document.querySelectorAll("a.row .bar")].slice(0, 8).map(bar => { const box = bar.getBoundingClientRect();
        return [bar.closest("a").getAttribute("href"), box.x, box.y + box.height / 2, box.width]; })""")
    accent = browser.value('getComputedStyle(document.documentElement).getPropertyValue("--accent").trim()')
    colour = tuple(int(accent[at:at + 2], 16) for at in (1, 3, 5))
    scale = max(part[-1][2] for part in map(phases, data["boots"]) if part)
    by_address, wrong = {address(boot): boot for boot in data["boots"]}, []
    for href, x, y, width in boxes:
        line = browser.pixels(round(x), round(y), round(width), 1)[0]
        lull = [(begin * width / scale, end * width / scale) for kind, begin, end in phases(by_address[href]) if kind == "lull"]
        for at, pixel in enumerate(line):
            inside = any(begin + 2 < at < end - 3 for begin, end in lull)
            outside = all(at < begin - 3 or at > end + 3 for begin, end in lull)
            # Inside are letters too, in the middle of a part that is wide enough for them.
            letters = any(end - begin > 30 and abs(at - (begin + end) / 2) < 20 for begin, end in lull)
            if inside and not letters and pixel != colour or outside and pixel == colour:
                wrong.append(f"{href}: pixel {at} of {len(line)} is {pixel}")
                break
    return wrong


BOOT = """(() => {
    const texts = selector => [...document.querySelectorAll(selector)].map(one => one.textContent);
    const bar = document.querySelectorAll(".zoom .bar"), mask = bar.length > 1 ? bar[1].querySelector(".window") : null;
    const inside = mask && mask.getBoundingClientRect(), whole = mask && bar[1].getBoundingClientRect();
    return { name: texts(".boot-head h2")[0], how: texts(".verdict")[0], code: texts(".said > code"), dt: texts(".said dt"),
        dd: texts(".said dd"), error: texts(".trouble h3").concat(texts(".trouble dd")), cut: texts(".log .cut"),
        numbers: texts(".log i"), times: texts(".log time"), text: texts(".log span"), marks: texts(".log .mark i"),
        mask: mask ? [(inside.x - whole.x) / whole.width, inside.width / whole.width, whole.width] : null }; })()"""


def numbers(boot):
    """The numbers of the lines that are not cut."""
    return [str(number) for number in range(1, boot["lines"] + 1) if not boot.get("cut_from", 0) <= number <= boot.get("cut_to", -1)]


def opened(browser, boot):
    """What is open is this boot: its log, lull's lines, each field in words, its error, and its window to scale."""
    shown = browser.value(BOOT)
    wrong = differ("open", shown["name"], visible(boot["name"]))
    if boot.get("detail") and visible(boot["detail"]) not in shown["how"]:
        wrong.append(f"{boot['name']}: no reason in {shown['how']!r}")
    if "text" not in boot:
        return wrong
    kept = boot["text"].split("\n")[:-1]
    wrong += differ(f"{boot['name']}: log", shown["text"], [visible(line) for line in kept])
    wrong += differ(f"{boot['name']}: numbers", shown["numbers"], numbers(boot))
    wrong += differ(f"{boot['name']}: times", shown["times"], [f"{time / 1000:.3f}" for time in boot.get("times", [])])
    wrong += differ(f"{boot['name']}: cuts", len(shown["cut"]), 1 if "cut_from" in boot else 0)
    marked = {str(mark["line"]) for mark in boot["marks"]} & set(numbers(boot))
    wrong += differ(f"{boot['name']}: marks", set(shown["marks"]), marked)
    fields = [key for line in boot["status"].values() for key in line if key != "line"]
    wrong += differ(f"{boot['name']}: fields", shown["dt"], fields)
    wrong += [f"{boot['name']}: {field} has no words" for field, words in zip(shown["dt"], shown["dd"]) if not words.strip()]
    if "error" in boot:
        error = boot["error"]
        wrong += differ(f"{boot['name']}: error", shown["error"], [visible(text) for text in (
            f"Error {error['number']}: {error['title']}", error["expected"], error["found"], error["do"])])
    return wrong + window(boot, shown["mask"])


def window(boot, mask):
    receipt = boot["status"].get("receipt", {})
    unit = "ns" if re.fullmatch(r"\d+", receipt.get("shim_ns", "")) else "ticks"
    if not all(re.fullmatch(r"\d+", receipt.get(f"{key}_{unit}", "")) for key in ("masked", "shim")):
        return differ(f"{boot['name']}: window", mask, None)
    if mask is None:
        return [f"{boot['name']}: no window is shown"]
    part = int(receipt[f"masked_{unit}"]) / int(receipt[f"shim_{unit}"])
    steps = {name: int(length) for name, length in re.findall(r"(\w+):(\d+)", receipt.get(f"steps_{unit}", ""))}
    # At the end of the step in which it is, where that is known.
    begin = max(0, (steps.get("wake", 0) + steps["self"]) / int(receipt[f"shim_{unit}"]) - part) if "self" in steps else 0
    far = abs(mask[1] - part) * mask[2] > NEAR or abs(mask[0] - begin) * mask[2] > NEAR
    return [f"{boot['name']}: the window is {mask[:2]} of lull's time, not {[begin, part]}"] if far else []


def embedded(path):
    """The JSON in a page."""
    with open(path, encoding="utf-8") as page:
        text = page.read()
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])
