# SPDX-License-Identifier: GPL-3.0-or-later
"""A private mount and PID namespace that cannot outlive the test run.

Everything a machine needs is mounted and started in here. Its first process reads a pipe that only
this process holds: when we end, however we end, the kernel kills all that is inside and undoes the
mounts.
"""

import os
import subprocess
import time
from pathlib import Path

from .command import Result, host


class Namespace:
    def __init__(self) -> None:
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--mount-proc",
             "--kill-child=KILL", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self._first_process()

    def _first_process(self) -> int:
        # cat echoes what it reads, so an answer means that the namespace is complete.
        self._holder.stdin.write(b"\n")
        self._holder.stdin.flush()
        if self._holder.stdout.read(1) != b"\n":
            raise RuntimeError("cannot make a mount and PID namespace (root is needed)")
        return children(self._holder.pid)[0]

    def enter(self, *command) -> list[str]:
        """The words that run a command inside."""
        return ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--",
                *(str(word) for word in command)]

    def run(self, *command, **options) -> Result:
        return host(*self.enter(*command), **options)

    def mount(self, *arguments) -> None:
        self.run("mount", *arguments)

    def path(self, inside: Path) -> Path:
        """Where this host sees a file of the namespace."""
        return Path(f"/proc/{self.pid}/root") / str(inside).lstrip("/")

    def close(self) -> None:
        """Kill all that is inside and undo its mounts; does nothing the second time."""
        self._holder.stdin.close()
        self._holder.wait()
        self._holder.stdout.close()


def children(pid: int) -> list[int]:
    """Direct children, by /proc/PID/stat (proc(5)): task/PID/children is not on every kernel."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.append(int(entry))
    return sorted(found)


def wait_for(condition, timeout: float, what: str, interval: float = 0.05):
    """Poll until the condition is true; returns its value, or fails after timeout seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {timeout} s")
        time.sleep(interval)
