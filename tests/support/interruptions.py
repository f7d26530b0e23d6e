# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to break a command of the agent off, each at one call, and a list of the calls that it makes.

strace(1) counts calls by name and process; without -f it looks at the agent alone.
"""

import bisect
import itertools
import random
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .guest import Guest

KILL = "kill"
ERRORS = ("ENOSPC", "EIO", "EROFS")
PODMAN = ("podman-kill", "podman-stop")

# What changes something that outlives the agent. Names that a kernel or libc does not use are not
# in the log either.
_CHANGES = ("rename renameat renameat2 fsync fdatasync syncfs unlink unlinkat rmdir mkdir mkdirat symlink"
            " symlinkat link linkat ftruncate chmod fchmod fchmodat clone clone3 vfork sendmsg"
            " copy_file_range umount2").split()
# These only where they make a file, or write into one.
_FILE_CALLS = ["openat", "write", "pwrite64"]
# Those that fail for want of space or of a disk.
_ON_DISK = set(_CHANGES) - {"clone", "clone3", "vfork", "sendmsg", "umount2"} | set(_FILE_CALLS)
_CALL = re.compile(r"(\w+)\((.*)")
_WATCH = "/srv/watch-podman"
_CALLS, _PODMANS = "/srv/calls", "/srv/podmans"


@dataclass(frozen=True)
class Call:
    """The number-th call of that name; the first has number 1."""

    name: str
    number: int

    def __str__(self) -> str:
        return f"{self.name}/{self.number}"


@dataclass(frozen=True)
class Point:
    """Where and how an operation is broken off, and what comes then: a recovery by hand, one that is
    killed itself before one that is not, or a boot after everything has died at once.
    """

    scenario: str
    call: Call
    how: str = KILL
    boot: bool = False
    recovery: Call | None = None

    def __str__(self) -> str:
        words = [self.scenario, self.call, self.how]
        words += ["boot"] if self.boot else ["recover", self.recovery] if self.recovery else []
        return "/".join(map(str, words))

    @staticmethod
    def parse(text: str) -> "Point":
        scenario, name, number, how, *rest = [*text.split("/"), *([KILL] if text.count("/") < 3 else [])]
        recovery = Call(rest[1], int(rest[2])) if rest[:1] == ["recover"] else None
        return Point(scenario, Call(name, int(number)), how, rest == ["boot"], recovery)


def prepare(guest: Guest, podman_timeout: str = "8s") -> None:
    """What watched() needs; and its agent waits for podman for some seconds, not for minutes."""
    guest.copy_in(Path(__file__).with_name("watch-podman.pl"), _WATCH)
    guest.write_file("/etc/update-agent/agent.toml.d/short.toml",
                     f'podman-timeout = "{podman_timeout}"\nimage-timeout = "{podman_timeout}"\n')


def calls(guest: Guest, command: list[str], rc: int = 0) -> list[Call]:
    """Run the command to its end; all calls that change something, in order."""
    traced = "|".join(_CHANGES + _FILE_CALLS)
    strace = ["strace", "-y", "-o", _CALLS, "-e", f"trace=/^({traced})$", *command]
    done = guest.run(watched(0, "KILL", strace), check=False, timeout=180)
    assert done.rc == rc, done
    podmans = len(guest.read_file(_PODMANS).splitlines())
    return [*_changing(guest.read_file(_CALLS)),
            *(Call("podman", number + 1) for number in range(podmans))]


def _changing(log: str) -> list[Call]:
    found = []
    counts: dict[str, int] = {}
    for line in log.splitlines():
        call = _CALL.match(line)
        if call is None:
            continue
        name, arguments = call.groups()
        counts[name] = counts.get(name, 0) + 1
        if name == "openat" and "O_CREAT" not in arguments:
            continue
        if name in _FILE_CALLS and name != "openat" and not re.match(r"\d+</(opt|var)/", arguments):
            continue
        found.append(Call(name, counts[name]))
    return found


def possible(how: str, all_calls: list[Call]) -> list[Call]:
    """Those calls of an operation that can be broken off that way."""
    if how in PODMAN:
        return [call for call in all_calls if call.name == "podman"]
    kernel = [call for call in all_calls if call.name != "podman"]
    return kernel if how == KILL else [call for call in kernel if call.name in _ON_DISK]


def of_recovery(dice: random.Random) -> Call:
    """A call at which a recovery may be killed, early or late; it may end without coming to it."""
    name, most = dice.choice([("fsync", 6), ("fdatasync", 6), ("sendmsg", 60), ("unlinkat", 20),
                              ("rename", 4), ("renameat", 3), ("clone3", 3), ("openat", 60)])
    return Call(name, dice.randint(1, most))


def spread(all_calls: list[Call], count: int, dice: random.Random) -> list[Call]:
    """So many calls, one of each stretch of the operation. Frequent names are taken less often."""
    often = Counter(call.name for call in all_calls)
    weights = [often[call.name] ** -0.5 for call in all_calls]
    length = sum(weights) / count if count else 0
    ends = list(itertools.accumulate(weights))
    found = [bisect.bisect(ends, (number + dice.random()) * length) for number in range(count)]
    return [all_calls[index] for index in dict.fromkeys(found) if index < len(all_calls)]


def broken_off(point: Point, command: list[str]) -> list[str]:
    """The words that run the command and break it off there."""
    if point.how in PODMAN:
        signal = "KILL" if point.how == "podman-kill" else "STOP"
        return watched(point.call.number, signal, command)
    return inject(point.call, "signal=KILL" if point.how == KILL else f"error={point.how}", command)


def watched(which: int | str, signal: str, command: list[str]) -> list[str]:
    """The words that run the command and send a signal to one podman of its agent: to the which-th,
    or to the first with that subcommand."""
    return ["perl", _WATCH, str(which), signal, _PODMANS, *command]


def inject(call: Call, what: str, command: list[str]) -> list[str]:
    """The words that run the command and have that happen at the call."""
    return ["strace", "-o", _CALLS, "-e", f"trace={call.name}", "-e",
            f"inject={call.name}:{what}:when={call.number}", *command]


def was_killed(rc: int) -> bool:
    return rc in (-9, 137)  # as a parent says so, or a shell


def reached(guest: Guest, point: Point, rc: int) -> bool:
    """Whether the command that ended so came as far as the point."""
    if point.how == KILL:
        return was_killed(rc)
    if point.how in PODMAN:
        return len(guest.read_file(_PODMANS).splitlines()) >= point.call.number
    return "(INJECTED)" in guest.read_file(_CALLS)
