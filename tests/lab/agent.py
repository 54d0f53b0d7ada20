# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's hands inside its own host: starts Xen's services, then does what comes down the channel, one job at a time.

Both ways the channel carries one JSON object a line. In: {"do": "cell", ...} or {"do": "exec", ...}. Out: "ready" once,
"beat" every few seconds, "console" as a guest talks, "result" or "fault" at the end of a job.
"""

import glob
import json
import os
import subprocess
import sys
import threading
import time

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import paths, proc, result, xl

BEAT_SECONDS = 5
LOGS = "/run/lull-consoles"


class Channel:
    """The virtio serial port to whoever started the emulator."""

    def __init__(self):
        ports = glob.glob("/dev/vport*p*")
        if not ports:
            raise SystemExit("agent: no channel")
        self.descriptor = os.open(ports[0], os.O_RDWR)
        self.lock = threading.Lock()
        self.incoming = os.fdopen(os.dup(self.descriptor), "rb", buffering=0)

    def say(self, **message):
        data = json.dumps(message).encode() + b"\n"
        with self.lock:
            while data:
                data = data[os.write(self.descriptor, data):]

    def console(self, data):
        # One character a byte, so that no byte is lost on the way.
        self.say(say="console", data=data.decode("latin-1"))

    def jobs(self):
        pending = b""
        while True:
            chunk = self.incoming.read(4096)
            if not chunk:
                return
            pending += chunk
            *lines, pending = pending.split(b"\n")
            yield from map(json.loads, filter(None, lines))

    def beat(self):
        """Show that we are alive, from a thread of its own, for as long as we are."""
        while True:
            time.sleep(BEAT_SECONDS)
            self.say(say="beat")


def xen_version():
    """The version of the Xen that we run on."""
    numbers = []
    for name in ("major", "minor"):
        with open(f"/sys/hypervisor/version/{name}") as number:
            numbers.append(number.read().strip())
    return ".".join(numbers)


def tools_environment():
    """Debian keeps the tools of each version of Xen in a directory of their own."""
    libraries = ":".join(glob.glob(f"{paths.XEN_TOOLS}/lib/*-linux-gnu"))
    return dict(os.environ, PATH=f"{paths.XEN_TOOLS}/bin:{os.environ['PATH']}", LD_LIBRARY_PATH=libraries)


def start_xen(log_guests=True):
    """Start what every Xen host runs: the store, dom0's entry in it, and the console daemon."""
    running = xen_version()
    if running != paths.XEN_VERSION:
        raise SystemExit(f"agent: Xen {running} runs, not {paths.XEN_VERSION}")
    environment = tools_environment()
    os.environ.update(environment)
    for directory in (LOGS, "/run/xen", "/var/lib/xen", "/var/log/xen", "/run/lock"):
        os.makedirs(directory, exist_ok=True)
    guests = ["--log=guest", f"--log-dir={LOGS}"] if log_guests else []
    for command in (["xenstored"], ["xen-init-dom0"], ["xenconsoled", *guests]):
        started = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 text=True)
        if started.returncode != 0:
            raise SystemExit(f"agent: {command[0]}: {started.stdout.strip()}")
    return xl.Host(LOGS, "xl", environment, LOGS if log_guests else None)


def run_cell(host, job, number, channel):
    """Run one guest by its door."""
    cell = job["cell"]
    if host:
        return xl.run(host, cell, f"cell{number}", channel.console)
    from tests.lab import plain, vmm  # Xen's host has no use for them, and pays for every module that it loads.
    return (vmm.run_cell if cell["door"] in vmm.DOORS else plain.run_kvm)(cell, channel.console)


def execute(job, channel):
    """Run a program and show what it prints, as a guest's console."""
    child = proc.spawn(job["argv"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=job.get("cwd", "/"))
    output = proc.Reader(child.stdout.fileno())
    started = time.monotonic()
    deadline = started + job.get("timeout", 600)
    while not output.at_end and time.monotonic() < deadline:
        proc.wait([output], deadline)
        channel.console(output.forget())
    status = child.wait() if output.at_end else None
    proc.end(child)
    outcome = result.TIMEOUT if status is None else f"exit {status}"
    return result.Result(outcome, "", time.monotonic() - started)


def main(role):
    channel = Channel()
    threading.Thread(target=channel.beat, daemon=True).start()
    host = start_xen() if role == "xl" else None
    channel.say(say="ready")
    for number, job in enumerate(channel.jobs()):
        try:
            ended = run_cell(host, job, number, channel) if job["do"] == "cell" else execute(job, channel)
            channel.say(say="result", outcome=ended.outcome, seconds=ended.seconds, detail=ended.detail, log=ended.log,
                        moments=ended.moments, arrivals=ended.arrivals)
        except Exception as fault:  # Whatever went wrong here is the lab's, and must be told and not die with us.
            channel.say(say="fault", reason=f"{type(fault).__name__}: {fault}")


if __name__ == "__main__":
    main(sys.argv[1])
