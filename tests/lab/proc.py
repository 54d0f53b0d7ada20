# SPDX-License-Identifier: GPL-2.0-or-later
"""Child processes that cannot outlive us, and waiting for what they say until a deadline and no longer."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time

_live = set()
# Those that get a SIGTERM before the SIGKILL, and how long that may take.
_polite = set()
POLITE_SECONDS = 30
# A signal may come while we hold it, and its handler takes it too.
_lock = threading.RLock()
_stopping = threading.Event()


def spawn(arguments, **options):
    """Start a program in a process group of its own, which the kernel kills when we die, however we die."""
    if _stopping.is_set():
        raise SystemExit(130)
    command = ["setpriv", "--pdeathsig", "KILL", "--", *arguments]
    options.setdefault("stdin", subprocess.DEVNULL)
    child = subprocess.Popen(command, start_new_session=True, **options)
    with _lock:
        _live.add(child)
    return child


def gone(child):
    """Say whether a child has ended, and leave its status to whoever asks for it."""
    # Not child.poll(), which cannot tell in the handler of a signal that came in the middle of child.wait().
    try:
        return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
    except ChildProcessError:
        return True


def kill(child):
    """Kill a child with all that it started, and wait until it is gone; its status is there for whoever asks. One that
    cleans up after itself is asked first."""
    if child in _polite and not gone(child):
        os.killpg(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + POLITE_SECONDS
        while not gone(child) and time.monotonic() < deadline:
            time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    # Not child.wait(), which would wait for itself in the handler of a signal that came in the middle of it.
    with contextlib.suppress(ChildProcessError):
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)


def end(child):
    """The same, and the child is forgotten."""
    kill(child)
    child.wait()
    with _lock:
        _live.discard(child)
        _polite.discard(child)


def stop_all():
    """Kill every child there is; from now on none can be started."""
    _stopping.set()
    with _lock:
        children = list(_live)
    for child in children:
        kill(child)


def stopping():
    """Say whether the whole run is being ended."""
    return _stopping.is_set()


def run(arguments, polite=False, patience=None, **options):
    """Run a program to its end, which it has with us at the latest. Return it finished, with all that it said as text.

    POLITE: when we are ended, it is asked to end by itself first, because it has children of its own. PATIENCE: after so many
    seconds it is ended, with subprocess.TimeoutExpired.
    """
    child = spawn(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if polite:
        with _lock:
            _polite.add(child)
    try:
        said, _ = child.communicate(timeout=patience)
    finally:
        end(child)
    return subprocess.CompletedProcess(arguments, child.returncode, said)


def forget_make():
    """Make of a make that we start one of its own: its parent's jobs cannot be shared with it through us."""
    os.environ.pop("MAKELEVEL", None)
    flags = os.environ.get("MAKEFLAGS", "").split()
    os.environ["MAKEFLAGS"] = " ".join(flag for flag in flags if not flag.startswith(("-j", "--jobserver")))


def jobs(most=2):
    """How many of its starts a suite has side by side: MOST, and LULL_JOBS at most, which check.py sets."""
    return min(most, int(os.environ.get("LULL_JOBS") or most))


def leave_on_signals():
    """Make Ctrl-C and a polite kill end the children first, and take with us what is temporary. For main programs."""
    from tests.lab import scratch  # Here, because the lab's emulated host has no use for it.
    scratch.use()

    def leave(number, frame):
        # A second signal must not interrupt the cleaning up.
        for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(other, signal.SIG_IGN)
        stop_all()
        scratch.remove()
        with contextlib.suppress(RuntimeError):
            # The signal came in the middle of a write.
            sys.stdout.flush()
        # Worker threads may be in the middle of anything; their children are gone, so nothing is left to wait for.
        os._exit(128 + number)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


class Clock:
    """Seconds as a process has them: those in which its threads wanted to run and no CPU was free are left out, so that a
    busy machine is not taken for a slow guest; and PACE of them count as one. Starts at zero; `slowness` is how much longer it
    really took so far."""

    def __init__(self, child, pace=1.0):
        self.tasks = f"/proc/{child.pid}/task"
        self.begun = time.monotonic()
        self.pace = pace
        self.waited = 0.0

    def __call__(self):
        # Of its threads one does the work; those that have ended have no say any more.
        with contextlib.suppress(OSError):
            for task in os.listdir(self.tasks):
                with open(f"{self.tasks}/{task}/schedstat") as statistics:
                    # The kernel's Documentation/scheduler/sched-stats.rst: nanoseconds run, nanoseconds waited, slices.
                    self.waited = max(self.waited, int(statistics.read().split()[1]) / 1e9)
        return (self.elapsed - self.waited) / self.pace

    @property
    def elapsed(self):
        return time.monotonic() - self.begun

    @property
    def slowness(self):
        return self.elapsed / max(self(), 0.001)


class Reader:
    """The receiving end of a pipe or socket: everything that came, and the complete lines not yet looked at. ARRIVALS, where
    there is one, notes when each line came."""

    def __init__(self, descriptor, arrivals=None):
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self.arrivals = arrivals
        self.data = bytearray()
        self.at_end = False
        self._looked = 0

    def fileno(self):
        return self.descriptor

    def receive(self):
        """Take what is there. Return it; the empty bytes object at the end of the stream."""
        chunk = b""
        try:
            chunk = os.read(self.descriptor, 65536)
        except BlockingIOError:
            return None
        except OSError:
            # A socket whose other end died says so instead of ending.
            pass
        if not chunk:
            self.at_end = True
        if self.arrivals:
            self.arrivals.note(chunk)
        self.data += chunk
        return chunk

    def lines(self):
        """Give the complete lines that came since the last call."""
        end_of_line = self.data.rfind(b"\n")
        fresh = bytes(self.data[self._looked:end_of_line + 1])
        self._looked = max(self._looked, end_of_line + 1)
        return fresh.split(b"\n")[:-1]

    def forget(self):
        """Drop what came so far, and return it."""
        data, self.data, self._looked = bytes(self.data), bytearray(), 0
        return data


class Follower(Reader):
    """The same for a file that another process writes to. A file takes every byte at once, however late its reader is.

    Nothing says when there is more, so it is looked at again and again; whoever knows that the writer is gone sets `at_end`.
    """

    # Seconds between two looks. A guest that talks byte by byte must not keep its reader's CPU busy too.
    PAUSE = 0.02

    def __init__(self, descriptor, arrivals=None):
        super().__init__(descriptor, arrivals)
        self.looked = 0.0

    def rest(self):
        """Seconds until it is time for another look."""
        return max(0.0, self.looked + self.PAUSE - time.monotonic())

    def receive(self):
        """Take all that is there. Return it."""
        self.looked = time.monotonic()
        begin = len(self.data)
        while chunk := os.read(self.descriptor, 1 << 20):
            if self.arrivals:
                self.arrivals.note(chunk)
            self.data += chunk
        return bytes(self.data[begin:])


def wait(readers, deadline):
    """Wait until a reader has something, or the deadline passed. Return the readers that received."""
    open_readers = [reader for reader in readers if not reader.at_end]
    if not open_readers:
        return []
    files = [reader for reader in open_readers if isinstance(reader, Follower)]
    with selectors.DefaultSelector() as selector:
        for reader in open_readers:
            if reader not in files:
                selector.register(reader, selectors.EVENT_READ)
        while True:
            left = max(0.0, deadline - time.monotonic())
            ready = selector.select(min([left] + [reader.rest() for reader in files]))
            received = [key.fileobj for key, _ in ready]
            for reader in received:
                reader.receive()
            # After the streams, so that the end of a stream tells that what was written before is here too.
            received += [reader for reader in files if reader.receive()]
            if received or left == 0.0:
                return received
