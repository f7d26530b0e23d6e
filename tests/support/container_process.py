# SPDX-License-Identifier: GPL-3.0-or-later
"""The first process of a container that runs in a guest, as the guest's kernel has it."""

import json

from .bundles import status
from .guest import Guest


def inspected(guest: Guest, name: str) -> dict:
    podman_name = status(guest)[name]["podman-name"]
    return json.loads(guest.run(["podman", "inspect", podman_name]).stdout)[0]


class Process:
    def __init__(self, guest: Guest, name: str):
        self._guest = guest
        self.pid = inspected(guest, name)["State"]["Pid"]

    def read(self, file: str) -> str:
        return self._guest.run(f"cat /proc/{self.pid}/{file}").stdout

    def lists(self, file: str) -> list[str]:
        return self.read(file).rstrip("\0").split("\0")

    def status(self, key: str) -> list[str]:
        lines = dict(line.split(":", 1) for line in self.read("status").splitlines())
        return lines[key].split()

    def link(self, name: str) -> str:
        return self._guest.run(f"readlink /proc/{self.pid}/{name}").stdout.strip()

    def limit(self, name: str) -> list[str]:
        line = next(line for line in self.read("limits").splitlines() if line.startswith(name))
        return line[len(name):].split()[:2]

    def mount(self, target: str) -> tuple[set[str], str, set[str]]:
        """Options of the mount, type and options of its file system."""
        fields = next(line.split() for line in self.read("mountinfo").splitlines()
                      if line.split()[4] == target)
        rest = fields[fields.index("-") + 1:]
        return set(fields[5].split(",")), rest[0], set(rest[2].split(","))

    def has(self, capability: int, which: str = "CapBnd") -> bool:
        return bool(int(self.status(which)[0], 16) >> capability & 1)
