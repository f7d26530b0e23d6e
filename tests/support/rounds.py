# SPDX-License-Identifier: GPL-3.0-or-later
"""A round of operations that ends where it began: install, a device that changes, update, failed
update, way back, removal.

Each operation begins with what the one before has left. A round's bundles have versions and images
that no other round's have, so that every one brings images.
"""

import hashlib
from dataclasses import dataclass

from . import images
from .bundles import Maker, description

BYSTANDER = description("bystander", containers={"bystander-main": {}})
SCENARIOS = ("install", "recreate", "update", "failed-update", "rollback", "remove")
UNHEALTHY = 8


@dataclass(frozen=True)
class Operation:
    """A command line, the exit that it has if nothing breaks it off, and what is installed then."""

    scenario: str
    command: list[str]
    installed: dict[str, str]
    rc: int = 0
    # Run before it.
    prepare: str = "true"
    # What is in volumes after it, of the bundles that are there.
    data: frozenset[str] = frozenset()

    @property
    def can_be_repeated(self) -> bool:
        """Whether it may be asked for again where it is done."""
        return self.command[1] in ("install", "recreate")

    @property
    def changes_set(self) -> bool:
        return self.command[1] != "recreate"


DEVICE = "/dev/of-the-round"
_TOOLS = "./base/made/tools/"
_DATA = """[[volumes]]
name = "made"
file-provider-access = true
[[file-providers]]
image = "localhost/ready:1.0.0"
copy = [{{ from = "/ready", volume = "made", to = "/tools/of-{version}" }}]
[[init-containers]]
name = "prepare"
image = "localhost/ready:1.0.0"
command = ["/ready", "--touch", "/made/by-{version}", "--exit", "0"]
mounts = [{{ volume = "made", target = "/made" }}]
"""


def base(version: str, image: str, command: list[str] | None = None, timeout: str = "20s",
         **of_the_other: object) -> str:
    """One with data that its init container and its file provider write to, while the container that
    has it is stopped."""
    changes = {"image": image, "mounts": [{"volume": "made", "target": "/made"}]}
    changes |= {"command": command} if command else {}
    return description("base", version, type="base", start_timeout="2s" if command else timeout,
                       extra=_DATA.format(version=version),
                       containers={"changes": changes, "stays": of_the_other})


def data(version: str) -> frozenset[str]:
    """What such a base has in its volume, as contract.Snapshot has it."""
    tool = hashlib.sha256(images.ready_program().read_bytes()).hexdigest()
    return frozenset({f"{hashlib.sha256().hexdigest()}  ./base/made/by-{version}",
                      f"{tool}  {_TOOLS}of-{version}"})


def wrong_data(found: frozenset[str], wanted: frozenset[str]) -> list[str]:
    """What init containers wrote stays; what came from an image goes with its bundle."""
    stale = {each for each in found - wanted if _TOOLS in each}
    return [*(f"missing in a volume: {each}" for each in sorted(wanted - found)),
            *(f"left in a volume: {each}" for each in sorted(stale))]


def device(number: int) -> str:
    """A command that gives the device one of two numbers, now and after a boot."""
    node = f"c+ {DEVICE} 0666 root root - 1:{(3, 5)[number % 2]}"
    return (f"echo '{node}' >/etc/tmpfiles.d/of-the-round.conf; rm -f {DEVICE};"
            " systemd-tmpfiles --create --prefix=/dev")


class Round:
    def __init__(self, maker: Maker, number: int, timeout: str = "20s", kind: str = "oci"):
        """kind: how its bundles have their images, "oci" or "store", or "delta": the update is a delta
        file of a store."""
        self.maker = maker
        self._kind = kind
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
            self._make(name, base(f"{number}.{minor}.0", self._image(image), command, timeout,
                                  devices=[DEVICE]))
        guest.run(f"test -e {DEVICE} || {{ {device(number)}; }}")
        guest.run(["podman", "rmi", *ids], timeout=120)

    def operations(self) -> list[Operation]:
        beside = {"bystander": "1.0.0", "addon": f"{self.number}.0.0"}
        old, new = (beside | {"base": f"{self.number}.{minor}.0"} for minor in (0, 1))
        old_data, new_data = (data(f"{self.number}.{minor}.0") for minor in (0, 1))
        agent = ["update-agent", "--no-service"]
        return [
            Operation("install", [*agent, "install", self._path("old"), self._path("addon")], old,
                      data=old_data),
            Operation("recreate", [*agent, "recreate"], old, prepare=device(self.number + 1), data=old_data),
            Operation("update", [*agent, "install", self._path(self._update())], new, data=new_data),
            Operation("failed-update", [*agent, "install", "--retry", self._path("bad")],
                      new, UNHEALTHY, data=new_data),
            Operation("rollback", [*agent, "rollback"], old, data=old_data),
            Operation("remove", [*agent, "remove", "base", "addon"], {"bystander": "1.0.0"}),
        ]

    def _image(self, which: str) -> str:
        return f"localhost/{which}:{self.number}"

    def _update(self) -> str:
        return f"new-from-{self.number}.0.0" if self._kind == "delta" else "new"

    def _path(self, name: str) -> str:
        return f"{self._directory}/{name}.bundle"

    def _make(self, name: str, text: str) -> None:
        options = f"--images={'oci' if self._kind == 'oci' else 'store'}"
        if name == "new" and self._kind == "delta":
            options += f" --delta-from={self._path('old')}"
        self.maker.make(text, self._path(name), options=options)
