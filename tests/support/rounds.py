# SPDX-License-Identifier: GPL-3.0-or-later
"""A round of operations that ends where it began: install, update, failed update, way back, removal.

Each operation begins with what the one before has left. A round's bundles have versions and images
that no other round's have, so that every one brings images.
"""

from dataclasses import dataclass

from . import images
from .bundles import Maker, description

BYSTANDER = description("bystander", containers={"bystander-main": {}})
SCENARIOS = ("install", "update", "failed-update", "rollback", "remove")
UNHEALTHY = 8


@dataclass(frozen=True)
class Operation:
    """A command line, the exit that it has if nothing breaks it off, and what is installed then."""

    scenario: str
    command: list[str]
    installed: dict[str, str]
    rc: int = 0

    @property
    def can_be_repeated(self) -> bool:
        """Whether it may be asked for again where it is done."""
        return self.command[1] == "install"


class Round:
    def __init__(self, maker: Maker, number: int, timeout: str = "20s"):
        self.maker = maker
        self.number = number
        self._timeout = timeout
        self._directory = f"/srv/round{number}"
        guest = maker.guest
        ids = [images.load(guest, self._image(which), files={"id": f"{which} {number}".encode()})
               for which in ("old", "new")]
        self._make("addon", description("addon", f"{number}.0.0", start_timeout=timeout,
                                        requires={"base": f"{number}.x"},
                                        containers={"reader": {}, "sensor": {"requires": ["reader"]}}))
        for name, minor, image, command in (("old", 0, "old", []), ("new", 1, "new", []),
                                            ("bad", 2, "new", ["/ready", "--never"])):
            self._make(name, self._base(minor, image, command))
        guest.run(["podman", "rmi", *ids], timeout=120)

    def operations(self) -> list[Operation]:
        beside = {"bystander": "1.0.0", "addon": f"{self.number}.0.0"}
        old, new = (beside | {"base": f"{self.number}.{minor}.0"} for minor in (0, 1))
        agent = "update-agent"
        return [
            Operation("install", [agent, "install", self._path("old"), self._path("addon")], old),
            Operation("update", [agent, "install", self._path("new")], new),
            Operation("failed-update", [agent, "install", "--retry", self._path("bad")],
                      new, UNHEALTHY),
            Operation("rollback", [agent, "rollback"], old),
            Operation("remove", [agent, "remove", "base", "addon"], {"bystander": "1.0.0"}),
        ]

    def _base(self, minor: int, image: str, command: list[str]) -> str:
        changes = {"image": self._image(image)} | ({"command": command} if command else {})
        return description("base", f"{self.number}.{minor}.0", type="base",
                           start_timeout="2s" if command else self._timeout,
                           containers={"changes": changes, "stays": {}})

    def _image(self, which: str) -> str:
        return f"localhost/{which}:{self.number}"

    def _path(self, name: str) -> str:
        return f"{self._directory}/{name}.bundle"

    def _make(self, name: str, text: str) -> None:
        self.maker.make(text, self._path(name))
