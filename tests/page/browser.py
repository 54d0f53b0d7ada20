# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium, led by its DevTools protocol over two pipes: one JSON object a message, each ended by a NUL."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time

from tests.lab import proc
from tests.page import png

PATIENCE = 60


class Fault(Exception):
    """The browser does not do what it is told."""


class Browser:
    """A page in a browser of its own, with a profile that is thrown away."""

    def __init__(self, width=1280, height=900):
        self.profile = tempfile.mkdtemp(prefix="lull-page-")
        theirs_in, self.to = os.pipe()
        self.back, theirs_out = os.pipe()
        # Chromium reads from descriptor 3 and writes to 4, whichever those are here.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (theirs_in, theirs_out)]
        command = ["chromium", "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--disable-extensions",
                   "--disable-dev-shm-usage", "--hide-scrollbars", f"--user-data-dir={self.profile}", f"--window-size={width},{height}"]
        if os.geteuid() == 0:
            # It does not sandbox what root runs.
            command.append("--no-sandbox")
        self.child = proc.spawn(["bash", "-c", f'exec 3<&{ends[0]} 4>&{ends[1]}; exec "$@"', "chromium", *command, "about:blank"],
                                pass_fds=ends, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for end in (theirs_in, theirs_out, *ends):
            os.close(end)
        self.reader = proc.Reader(self.back)
        self.looked, self.serial, self.events, self.session = 0, 0, [], None
        try:
            self.attach(width, height)
        except BaseException:
            self.close()
            raise

    def attach(self, width, height):
        targets = self.do("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self.session = self.do("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.do(f"{domain}.enable")
        self.size(width, height)

    def size(self, width, height):
        self.do("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def do(self, method, **parameters):
        """Call a method and wait for its result."""
        self.serial += 1
        message = {"id": self.serial, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        answer = self.hear(lambda heard: heard.get("id") == self.serial, method)
        if "error" in answer:
            raise Fault(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def hear(self, wanted, what):
        """Wait for a message; the others are kept in `events`."""
        deadline = time.monotonic() + PATIENCE
        while True:
            end = self.reader.data.find(b"\0", self.looked)
            if end >= 0:
                message = json.loads(self.reader.data[self.looked:end])
                self.looked = end + 1
                if wanted(message):
                    return message
                self.events.append(message)
            elif self.reader.at_end or time.monotonic() > deadline:
                raise Fault(f"{what}: no answer of the browser's")
            else:
                proc.wait([self.reader], deadline)

    def open(self, url):
        """Load a page, and wait until it is there."""
        self.events.clear()
        self.do("Page.navigate", url="about:blank")
        self.do("Page.navigate", url=url)
        self.value("new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', done))")

    def value(self, expression):
        """What an expression of JavaScript comes to, once what it promises is there."""
        answer = self.do("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Fault(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def go(self, fragment):
        """Follow an address inside the page, and wait until it is drawn."""
        self.value(f"""new Promise(done => {{
            if (location.hash === {json.dumps(fragment)}) {{ done(); return; }}
            addEventListener("hashchange", () => done(), {{ once: true }}); location.hash = {json.dumps(fragment)}; }})""")

    def key(self, name):
        """Press a key and let it go."""
        codes = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
        text = {"text": "\r"} if name == "Enter" else {"text": name} if len(name) == 1 else {}
        code = codes.get(name, ord(name[0].upper()))
        self.do("Input.dispatchKeyEvent", type="keyDown", key=name, windowsVirtualKeyCode=code, **text)
        self.do("Input.dispatchKeyEvent", type="keyUp", key=name, windowsVirtualKeyCode=code)
        self.settle()

    def click(self, selector):
        """Press the mouse on the middle of an element."""
        x, y = self.value(f"""(() => {{ const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{ block: "center" }}); const box = element.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2]; }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.do("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        self.settle()

    def settle(self):
        """Let what was just done be drawn."""
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))")

    def media(self, scheme="light", kind="screen"):
        self.do("Emulation.setEmulatedMedia", media=kind, features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.settle()

    def picture(self, path, whole=False):
        """Write a PNG file of what is on screen, or of the whole page."""
        shot = self.do("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as output:
            output.write(base64.b64decode(shot["data"]))

    def pixels(self, x, y, width, height):
        """The lines of a part of the screen, each a list of (red, green, blue)."""
        clip = {"x": x, "y": y, "width": width, "height": height, "scale": 1}
        return png.pixels(base64.b64decode(self.do("Page.captureScreenshot", format="png", clip=clip)["data"]))

    def printed(self, path, landscape=False):
        """Write the page as a PDF file."""
        pages = self.do("Page.printToPDF", printBackground=False, preferCSSPageSize=True, landscape=landscape)
        with open(path, "wb") as output:
            output.write(base64.b64decode(pages["data"]))

    def close(self):
        proc.end(self.child)
        os.close(self.to)
        os.close(self.back)
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
