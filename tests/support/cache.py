# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories that are slow to make, kept as long as someone uses them.

Each has a key that says what it was made from. A process that uses one holds a lock on it to its
own end; what nobody holds and nobody used for a while is removed when a newer one has been made.
"""

import fcntl
import hashlib
import os
import shutil
import time
from pathlib import Path

from .paths import cache_directory, locked

# Raise it when the making changes in a way that the other parts of the keys don't show.
_FORMAT = "1"
_UNUSED_SECONDS = 1800

_held: dict[Path, object] = {}


def directory() -> Path:
    path = cache_directory() / "roots"
    path.mkdir(parents=True, exist_ok=True)
    return path


def made(name: str, key: list[str], make) -> Path:
    """The directory that make(directory) fills; from the cache if it was made for this key."""
    digest = hashlib.sha256("\n".join([_FORMAT, *key]).encode()).hexdigest()[:12]
    path = directory() / f"{name}-{digest}"
    _hold(path)
    if not path.exists():
        with locked(path.with_suffix(".making")):
            if not path.exists():
                print(f"making {path.name}", flush=True)
                partial = path.with_suffix(".partial")
                shutil.rmtree(partial, ignore_errors=True)
                make(partial)
                partial.rename(path)
        _remove_unused(name, path)
    return path


def _lock_file(path: Path) -> Path:
    return path.with_suffix(".lock")


def _hold(path: Path) -> None:
    """Nobody removes it while this process lives."""
    if path not in _held:
        file = open(_lock_file(path), "w")
        fcntl.flock(file, fcntl.LOCK_SH)
        _held[path] = file
    os.utime(_lock_file(path))


def _remove_unused(name: str, new: Path) -> None:
    for path in directory().glob(f"{name}-????????????"):
        lock_file = _lock_file(path)
        if path == new or not lock_file.exists():
            continue
        if time.time() - lock_file.stat().st_mtime < _UNUSED_SECONDS:
            continue
        with open(lock_file) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            # Another process may have just done so.
            shutil.rmtree(path, ignore_errors=True)
