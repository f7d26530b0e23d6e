# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory for one running machine; what a killed run leaves behind, the next one removes."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from . import cgroups
from .paths import locked, work_directory


class WorkDirectory:
    """Locked as long as this process lives; removed by close(), unless UPDATE_AGENT_KEEP is set."""

    def __init__(self, kind: str):
        work_directory().mkdir(parents=True, exist_ok=True)
        with locked(work_directory().with_suffix(".lock")):
            _sweep()
            self.path = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=work_directory()))
            self._lock = open(self.path / "lock", "w")
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        if os.environ.get("UPDATE_AGENT_KEEP"):
            print(f"kept: {self.path}")
        else:
            _remove(self.path)
        self._lock.close()


def cgroup_of(directory: Path) -> Path | None:
    """The cgroup of the machine that runs in a work directory, whether it exists or not."""
    mount = cgroups.cgroup2_mount()
    return mount / f"update-agent-{directory.name}" if mount else None


def _sweep() -> None:
    for directory in work_directory().iterdir():
        try:
            with open(directory / "lock") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(directory)
        except OSError:
            continue  # it runs


def _remove(directory: Path) -> None:
    cgroup = cgroup_of(directory)
    if cgroup and cgroup.exists():
        cgroups.remove_tree(cgroup)
    shutil.rmtree(directory, ignore_errors=True)
