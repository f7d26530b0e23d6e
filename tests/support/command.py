# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a command and keeping all of its answer."""

import shlex
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """What a command said and how it ended."""

    command: str
    rc: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        return self.rc == 0

    @property
    def lines(self) -> list[str]:
        return self.stdout.splitlines()

    def __str__(self) -> str:
        return f"$ {self.command}\n{self.stdout}{self.stderr}[exit {self.rc}]"


class CommandError(AssertionError):
    """A command that had to succeed did not."""

    def __init__(self, result: Result):
        super().__init__(str(result))
        self.result = result


def display(command: str | list[str]) -> str:
    return command if isinstance(command, str) else shlex.join(str(word) for word in command)


def host(*command, check: bool = True, **options) -> Result:
    """Run a command on the build host."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace",
                          stdin=options.pop("stdin", subprocess.DEVNULL), **options)
    result = Result(display(words), done.returncode, done.stdout, done.stderr)
    if check and not result.ok:
        raise CommandError(result)
    return result
