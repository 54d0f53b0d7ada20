# SPDX-License-Identifier: GPL-2.0-or-later
"""What check.py makes of a suite's end. Part of tests/lab/selftest.py."""

import concurrent.futures
import contextlib
import io
import os
import pathlib
import tempfile
import threading
import unittest
import unittest.mock

from tests.check import check, soak
from tests.lab import paths, proc

TARGETS = check.TARGETS


class Check(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="check-")
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name)
        for name, value in (("LOGS", self.place), ("ROOT", self.place), ("built", {}), ("TARGETS", {"one": "here", "two": "here"})):
            patch = unittest.mock.patch.object(check, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def run_suite(self, script, name="other", seconds=60):
        return check.run(name, ["sh", "-c", script], seconds)

    def test_verdicts(self):
        for script, wanted in (("echo 'a: 2 passed, 1 failed, 3 skipped'; echo 'b: 4 passed, 0 failed'; exit 1", (6, 1, 3, "")),
                               ("echo 'a: 2 passed, 0 failed'; exit 7", (2, 1, 0, "ended with status 7 though none failed")),
                               ("echo all is well", (0, 1, 0, "ended with status 0 and no verdict")),
                               ("echo 'a: 2 passed, 0 failed'; exec sleep 60", (0, 1, 0, "no end within 1 s"))):
            with self.subTest(script):
                self.assertEqual(self.run_suite(script, seconds=1 if "sleep" in script else 60), wanted)

    def test_what_make_builds(self):
        """It is built once for all suites that need it, before they begin."""
        (self.place / "Makefile").write_text("here: ; echo once >>made\n")
        for name in ("one", "two"):
            self.assertEqual(self.run_suite("cat made; echo '1 passed, 0 failed'", name), (1, 0, 0, ""))
            self.assertIn("once\n1 passed", (self.place / f"{name}.log").read_text())

    def test_what_make_does_not_build(self):
        """What was built of other sources must not stand in for it."""
        (self.place / "Makefile").write_text("here: ; @echo why; exit 1\n")
        for name in ("one", "two"):
            self.assertEqual(self.run_suite("echo '1 passed, 0 failed'", name), (0, 1, 0, "make here failed"))
            self.assertIn("why", (self.place / f"{name}.log").read_text())

    def test_names(self):
        """What is said of a suite beside the list is said of one that there is."""
        names = [name for name, _, _ in check.SUITES]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({*check.NEEDED, *check.AFTER, *check.AFTER.values(), *check.FULL, *dict(check.DOWNLOADS), *TARGETS}, set(names))

    def test_which_run(self):
        """All with --full, those that it has beyond others only then or when they are named."""
        def names(*arguments):
            return [name for name, _, _ in check.chosen(*arguments)]
        everything = [name for name, _, _ in check.SUITES]
        self.assertEqual(names([], True), everything)
        self.assertEqual(names([], False), [name for name in everything if name not in check.FULL])
        for full in (False, True):
            self.assertEqual(names([check.FULL[0], "unit"], full), ["unit", check.FULL[0]])

    def test_who_wants_all(self):
        """CI unless FULL says otherwise, and every run of a soak; make hands on what it is asked for."""
        shell = self.place / "make"
        shell.write_text('#!/bin/sh\necho "$@"\n')
        shell.chmod(0o755)
        without = {name: value for name, value in os.environ.items() if name not in ("FULL", "MAKEFLAGS", "MAKELEVEL")}
        for settings, wanted in (({}, "check FULL=1"), ({"FULL": ""}, "check FULL=")):
            said = proc.run([os.path.join(paths.ROOT, ".ci", "run")], env={**without, **settings,
                                                                           "PATH": f"{self.place}:{without['PATH']}"}).stdout
            self.assertEqual(said.strip(), wanted)
        with unittest.mock.patch.object(soak, "CHECK", self.place), unittest.mock.patch.object(soak.proc, "run") as run:
            run.return_value.stdout = "3 passed, 0 failed"
            self.assertEqual(soak.once([])[:2], (3, 0))
        self.assertIn("FULL=1", run.call_args.args[0])
        for target in ("check", "fresh"):
            for full in ("", "1"):
                said = proc.run(["make", "-n", "-C", paths.ROOT, target, f"FULL={full}"], env=without).stdout
                script = [line for line in said.splitlines() if f"{target}.py" in line][-1]
                self.assertEqual("--full" in script, bool(full), script)

    def test_places(self):
        """As many as there are CPUs for us, and memory."""
        for cpus, memory, wanted in ((2, 24000, 2), (1, 24000, 2), (64, 8000, 2), (64, 24000, 7), (4, 99000, 4)):
            with unittest.mock.patch("os.sched_getaffinity", lambda _, cpus=cpus: set(range(cpus))), \
                    unittest.mock.patch.object(check.schedule, "available_memory", lambda memory=memory: memory):
                self.assertEqual(check.places(), wanted)

    def test_what_is_downloaded(self):
        """What one of the suites needs."""
        with unittest.mock.patch.object(check.proc, "spawn") as spawn:
            for suites, wanted in ((check.chosen([], True), ["kernels.py", "xens.py", "bare.py"]),
                                   (check.chosen([], False), ["kernels.py", "bare.py"]), (check.chosen(["unit"], False), [])):
                spawn.reset_mock()
                check.download(suites)
                self.assertEqual([name for call in spawn.call_args_list for name in map(os.path.basename, call.args[0])
                                  if name.endswith(".py")], wanted)

    def in_turn(self, places, names):
        """Runs suites that do nothing but to say when they begin and end, and how much each may do at a time. The first ends
        when the third has begun."""
        said, begun = [], {name: threading.Event() for name in names}

        def whole(name, *_):
            said.append(f"{name} begins, {proc.jobs()} at a time")
            begun[name].set()
            if name == "first" and "third" in names:
                begun["third"].wait(60)
            said.append(f"{name} ends")
            return 1, 0, 0
        with unittest.mock.patch.object(check, "whole", whole), unittest.mock.patch.object(check, "AFTER", {"late": "first"}), \
                unittest.mock.patch.dict(os.environ):
            os.environ.pop("LULL_JOBS", None)
            counts = check.in_turn([(name, [], 1) for name in names], places)
            self.assertEqual(proc.jobs(), 2)
        self.assertEqual(counts, [(1, 0, 0)] * len(names))
        return said

    def test_one_after_another(self):
        self.assertEqual(self.in_turn(1, ["first", "second"]),
                         ["first begins, 2 at a time", "first ends", "second begins, 2 at a time", "second ends"])

    def test_side_by_side(self):
        """Each does one thing at a time, and the next begins when one of them has ended."""
        said = self.in_turn(2, ["first", "second", "third"])
        self.assertEqual(sorted(line for line in said if "begins" in line),
                         [f"{name} begins, 1 at a time" for name in ("first", "second", "third")])
        self.assertLess(said.index("third begins, 1 at a time"), said.index("first ends"))

    def test_alone(self):
        self.assertEqual(self.in_turn(2, ["first"])[0], "first begins, 2 at a time")

    def test_after(self):
        """A suite that reads what another one makes waits for it, and others begin before it."""
        said = self.in_turn(2, ["first", "second", "late", "third"])
        self.assertLess(said.index("first ends"), said.index("late begins, 1 at a time"))

    def test_what_is_installed_first(self):
        """Root installs the first group alone; anybody else is told of all at once."""
        for user, wanted in ((0, ["build"]), (1000, ["build", "lab"])):
            with unittest.mock.patch("os.geteuid", lambda user=user: user), unittest.mock.patch.object(check.packages, "ensure") as ensure:
                self.assertEqual(check.packages.main(["--install-first", "build", "lab"]), 0)
            ensure.assert_called_once_with(*wanted)

    def test_two_that_install(self):
        """The second waits for the first, and has nothing to do then."""
        there, done = set(), []

        def apt(*words, chatter):
            self.assertFalse(done and done[-1] == "begins")
            done.append("begins")
            # Long enough for the other one to begin too, if it may.
            threading.Event().wait(0.1)
            done.append(words[0])
            there.update(words[2:])
            return 0

        def missing(groups):
            return [group for group in groups if group not in there]
        with unittest.mock.patch.multiple(check.packages, apt=apt, missing=missing), \
                unittest.mock.patch.object(check.packages.paths, "BUILD", str(self.place)), \
                unittest.mock.patch("os.geteuid", lambda: 0), contextlib.redirect_stderr(io.StringIO()), \
                concurrent.futures.ThreadPoolExecutor(2) as pool:
            self.assertEqual([ended.result() for ended in [pool.submit(check.packages.ensure, "lab") for _ in range(2)]], [True] * 2)
        self.assertEqual(done, ["begins", "update", "begins", "install"])

    def all_of(self, names, lacking=(), named=True):
        """Runs suites that only say their names. Packages are installed when "unit" has begun and not before, clang as the first,
        and LACKING cannot be had. Returns what was done, the counts, and what was said."""
        done, begun, too_early = [], threading.Event(), threading.Event()
        begins = {"unit": begun, "clang": too_early, "doors": too_early}

        def ensure(*groups, chatter):
            self.assertTrue(begun.wait(60))
            self.assertFalse(groups[0] == "clang" and too_early.wait(0.5))
            done.append(f"installed {groups[0]}")

        def in_turn(suites, _places):
            for name, _, _ in suites:
                done.append(name)
                begins.get(name, threading.Event()).set()
            return [(1, 0, 0)] * len(suites)

        def missing(groups):
            return [group for group in groups if group in lacking]
        with unittest.mock.patch.multiple(check, in_turn=in_turn, download=lambda _suites: done.append("download")), \
                unittest.mock.patch.multiple(check.packages, ensure=ensure, missing=missing), \
                contextlib.redirect_stdout(io.StringIO()) as said:
            counts = check.all_of([suite for suite in check.SUITES if suite[0] in names], named)
        return done, counts, said.getvalue()

    def test_while_packages_are_installed(self):
        """Suites that need none run meanwhile, those that need some afterwards; the last are what few use, and downloads."""
        done, counts, _ = self.all_of(["layers", "unit", "clang", "doors"])
        self.assertEqual(done[:2], ["layers", "unit"])
        self.assertLess(done.index("installed clang"), done.index("clang"))
        self.assertLess(done.index("installed lab"), done.index("doors"))
        self.assertEqual(counts, [(1, 0, 0)] * 4)
        done, _, _ = self.all_of(["unit", "doors"], named=False)
        self.assertNotIn("installed clang", done)
        self.assertLess(done.index("installed lab"), done.index("installed deb"))
        self.assertLess(done.index("installed deb"), done.index("download"))

    def test_packages_that_nobody_needs(self):
        self.assertEqual(self.all_of(["layers", "unit"])[0], ["layers", "unit"])
        self.assertEqual(self.all_of(["unit", "clang"])[0], ["unit", "installed clang", "clang"])

    def test_packages_that_cannot_be_had(self):
        """One failure, and no suite that would fail for it."""
        done, counts, said = self.all_of(["unit", "clang", "doors", "images"], ["lab"], named=False)
        self.assertNotIn("doors", done)
        self.assertNotIn("download", done)
        self.assertEqual(counts, [(1, 0, 0), (1, 0, 0), (0, 1, 0)])
        self.assertIn("check: no package lab", said)
