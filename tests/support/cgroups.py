# SPDX-License-Identifier: GPL-3.0-or-later
"""A cgroup of its own for each machine, whatever layout the host has.

systemd-nspawn names its cgroups the same for every machine, so two at once would share them.
"""

import os
import time
from pathlib import Path


def cgroup2_mount() -> Path | None:
    """Where the host has the unified hierarchy: alone (v2), beside v1 (hybrid), or nowhere."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        if rest.split()[0] == "cgroup2":
            return Path(fields.split()[4])
    return None


def make_cgroup(path: Path) -> Path:
    """A cgroup at the top of the unified hierarchy, with all the controllers that are there."""
    path.mkdir(exist_ok=True)
    _delegate(path.parent)
    return path


def remove_tree(path: Path, timeout: float = 5) -> bool:
    """Remove a cgroup and those below it, once what died in there has been reaped."""
    end = time.monotonic() + timeout
    while path.exists():
        try:
            for directory, _, _ in os.walk(path, topdown=False):
                os.rmdir(directory)
        except OSError:
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
    return True


def _delegate(mount: Path) -> None:
    # Without controllers a machine boots all the same, then the shim of oci_runtime.py is used.
    try:
        wanted = (mount / "cgroup.controllers").read_text().split()
        missing = set(wanted) - set((mount / "cgroup.subtree_control").read_text().split())
        for controller in missing:
            (mount / "cgroup.subtree_control").write_text(f"+{controller}")
    except OSError:
        pass
