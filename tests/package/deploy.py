#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""From the packages to a running guest: lull and then a kernel are installed in a bare system by apt, and in the lab xl starts
the installed examples, as they are, with the image that the hooks have made.

    deploy.py [EXAMPLE...]      all of xl's, or some

The packages are those in build/, after `make deb`. Needs root, for chroot; without it nothing is tested. Its last line is
"deploy: N passed, N failed".
"""

import os
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import packages, proc, result, scratch, session
from tests.package import case

EXAMPLES = {"xl-pvh": ("lull-pvh", "pvh"), "xl-pv": ("lull-pv", "pv"), "xl-uki": ("lull-uki", "pvh")}

# In the lab's dom0, as a user there types it. What was installed is seen there under its own names. An intercepted RDTSC doubles
# the time of an emulated boot, so the line of the command has one setting more.
CREATE = """
for name in usr/lib/lull var/lib/lull usr/share/doc/lull; do
	mkdir -p "/${name%/*}"
	ln -sfn "$1/$name" "/$name"
done
xl create -F "/usr/share/doc/lull/examples/$2.cfg" 'tsc_mode="native"'
echo "xl ended: $?"
cat "/run/lull-consoles/guest-$3.log"
"""


def judge(said, door, version):
    """What of it is missing."""
    wanted = [f"lull 0.1 door={door} backend=xen", f'cmdline="{case.CMDLINE}"', "lull: handover ", f"USERSPACE UP {version}",
              "has shut down, reason code 0"]
    return [line for line in wanted if line not in said]


def main(names):
    if os.geteuid() != 0:
        print("deploy: only root can make a bare system\ndeploy: 0 passed, 0 failed, 1 skipped")
        return 0
    packages.require("lab", "package")
    proc.leave_on_signals()
    scratch.use()
    made = case.with_kernel()
    if made.said.returncode != 0:
        print(made.said.stdout + made.said.stderr)
    failed = 0
    names = names or list(EXAMPLES)
    try:
        with session.Session("xl") as lab:
            lab.start()
            for name in names:
                guest, door = EXAMPLES[name]
                ended = lab.execute(["sh", "-c", CREATE, "create", made.root, name, guest], timeout=240)
                missing = judge(ended.console, door, made.version)
                failed += bool(missing)
                print(f"{'FAIL' if missing else 'ok'} {name}.cfg ({ended.seconds:.0f} s)", flush=True)
                if missing:
                    print(f"{ended.console}\nmissing: {missing}")
    except result.LabFault as fault:
        print(f"lab fault: {fault}")
        failed += 1
    finally:
        proc.stop_all()
    print(f"deploy: {len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
