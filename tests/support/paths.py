# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the harness keeps what it makes."""

import contextlib
import fcntl
import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build"
SUITES = ("bookworm", "trixie")


def cache_directory() -> Path:
    """Root file systems, disk images and downloaded packages: slow to make, kept between runs."""
    return Path(os.environ.get("UPDATE_AGENT_CACHE", BUILD / "cache"))


def work_directory() -> Path:
    """Throw-away copies of running machines; overlays write here, as they do in the cache."""
    return cache_directory() / "work"


def packages_directory(suite: str) -> Path:
    """The built Debian packages of a suite."""
    return BUILD / "packages" / suite


@contextlib.contextmanager
def locked(path: Path):
    """Hold a lock file; another process waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
