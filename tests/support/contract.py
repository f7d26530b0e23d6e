# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be true of a machine once an operation is over, however it ended.

take() looks at a guest from outside, with podman, systemctl and find; the agent is asked for nothing
but its own verdict. broken() lists in words what is not as it must be.
"""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath

from .guest import Guest

KEEP_GENERATIONS = 3  # agent.toml(5)
_SECTION = "=== "
_LEFTOVER = " leftover "
_SHORT_ID = 12
_FAILED_SETS = "update-agent/failed-sets.toml"
_RESTART = "-restart.target"
_OURS = ("/run/systemd/generator.late/", "/opt/operation/")
_LOOK = r"""
section() { echo "=== $1"; }
cd /opt/operation
section link; readlink systemd-units
section loaded; readlink /run/systemd/generator.late/update-agent.generation
for file in update-agent/generations/*/generation.toml; do section "$file"; cat "$file"; done
for file in update-agent/generations/*.state; do
    [ ! -e "$file" ] || { section "$file"; cat "$file"; }
done
section files; find . -printf '%P\n' | sort
section units; ls systemd-units
section floors; cat update-agent/floors.toml 2>&1
section temporary
find /tmp /var/tmp /var/lib/containers -maxdepth 1 ! -name 'systemd-private-*' \
    ! -path /var/lib/containers/cache  # podman's own, made with the first image that comes
find /run/update-agent -mindepth 1 ! -path '/run/update-agent/devices*' \
    ! -path '/run/update-agent/jobs*' ! -name status.json ! -name pull-storage.conf 2>&1 | grep -v 'No such'
find /var/lib/containers/storage -maxdepth 1 -name 'update-agent-tmp*'
find /var/lib/containers/storage/overlay/tempdirs -mindepth 1 -maxdepth 1 2>&1 | grep -v 'No such'
section masks; find /run/systemd/system /etc/systemd/system -lname /dev/null | sort
section jobs; systemctl list-jobs --plain --no-legend
section locked; flock --nonblock update-agent/lock true || echo yes
section agents; pgrep --exact update-agent
section containers; podman ps --all --format json
section images; podman images --all --format json
section stores
for kept in update-agent/bundles/*/; do
    [ ! -e "$kept/store.json" ] || sha256sum "$kept/manifest" | cut -c-16
done
section mounts
findmnt --raw --noheadings --types squashfs,overlay --output TARGET |
    sed -n 's,^/var/lib/update-agent/mounts/,,p; \,^/run/update-agent/image-,p'
section show; systemctl show '*.service' '*.target' \
    --property=Id,LoadState,ActiveState,FragmentPath,NeedDaemonReload,ExecStart,InvocationID
section verdict; update-agent verify 2>&1 || echo "exit $?"
section data; cd /opt/data 2>/dev/null && find . -type f -exec sha256sum {} +
exit 0
"""


_WITH_OLD_DEVICES = """update-agent status --json | jq --raw-output \
    '.bundles[].containers[] | select(any(.devices[]?; .created != null and .created != .now)) | .name'"""


@dataclass(frozen=True)
class Snapshot:
    """What a guest had at one moment."""

    generation: int
    loaded: str
    generations: dict[int, dict]  # generation.toml, by number
    states: dict[int, dict]
    files: frozenset[str]
    unit_files: frozenset[str]
    floors: str
    temporary: frozenset[str]
    masks: frozenset[str]
    containers: dict[str, str]  # states, by name, of those with our label
    images: frozenset[str]
    units: dict[str, dict[str, str]]
    data: frozenset[str]  # sums and paths of files in volumes
    stores: frozenset[str]  # what kept bundles have to be mounted, and what is, by name
    mounts: frozenset[str]
    leftovers: dict[str, str] = field(default_factory=dict)

    @property
    def installed(self) -> dict[str, str]:
        """Versions by bundle."""
        return {bundle["id"]: bundle["version"] for bundle in self._bundles()}

    @property
    def podman_names(self) -> dict[str, str]:
        """Podman's names of the installed containers, by their own."""
        return {each["name"]: each["podman-name"]
                for bundle in self._bundles() for each in bundle.get("containers", [])}

    def invocations(self, bundle: str) -> dict[str, str]:
        """They change when a container is started again."""
        names = [each["name"] + ".service" for one in self._bundles() if one["id"] == bundle
                 for each in one["containers"]]
        return {name: self.units.get(name, {}).get("InvocationID", "") for name in names}

    def _bundles(self) -> list[dict]:
        return self.generations.get(self.generation, {}).get("bundles", [])


def take(guest: Guest) -> Snapshot:
    text = guest.run(["bash", "-c", _LOOK], timeout=180).stdout
    sections = {}
    for part in ("\n" + text).split("\n" + _SECTION)[1:]:
        name, _, content = part.partition("\n")
        sections[name] = content.strip("\n")
    generations = {int(name.split("/")[2]): tomllib.loads(content)
                   for name, content in sections.items()
                   if name.endswith("/generation.toml") and "*" not in name and ".new-" not in name}
    states = {int(name.rpartition("/")[2].removesuffix(".state")): tomllib.loads(content)
              for name, content in sections.items() if name.endswith(".state")}
    containers = {each["Names"][0]: each["State"] for each in json.loads(sections["containers"] or "[]")
                  if "update-agent.container" in (each["Labels"] or {})}
    return Snapshot(
        generation=int(sections["link"].split("/")[2]), loaded=sections["loaded"],
        generations=generations, states=states, files=_lines(sections["files"]),
        unit_files=_lines(sections["units"]), floors=sections["floors"],
        temporary=_lines(sections["temporary"]), masks=_lines(sections["masks"]),
        containers=containers,
        images=frozenset(each["Id"] for each in json.loads(sections["images"] or "[]")),
        units=_units(sections["show"]), data=_lines(sections["data"]),
        stores=_lines(sections["stores"]), mounts=_lines(sections["mounts"]),
        leftovers={name: sections[name] for name in ("jobs", "locked", "agents", "verdict")})


def _lines(text: str) -> frozenset[str]:
    return frozenset(text.splitlines())


def _units(text: str) -> dict[str, dict[str, str]]:
    blocks = [dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
              for block in text.split("\n\n")]
    return {block["Id"]: block for block in blocks if "Id" in block}


def with_old_devices(guest: Guest) -> list[str]:
    """Containers that were created with another number than their device has."""
    return guest.run(_WITH_OLD_DEVICES).lines


def broken(now: Snapshot, start: Snapshot) -> list[str]:
    """What is wrong whichever set is installed; start is from before anything was done."""
    return [*_unsettled(now, start), *_missing(now), *_not_running(now), *_not_loaded(now),
            *left_behind(now, start)]


def left_behind(now: Snapshot, start: Snapshot) -> list[str]:
    """What nobody needs; it does no harm but that it takes up room."""
    return [*_unfinished(now, start), *_unneeded(now, start)]


def not_as_before(now: Snapshot, before: Snapshot, left: Iterable[str] = ()) -> list[str]:
    """What differs, where the old set has to be there as if nothing had been tried.

    What is there besides may be so if left, lines of left_behind(), name it.
    """
    wrong = []
    named = _named(left)
    for what in ("generation", "generations", "states", "files", "floors", "masks", "images",
                 "data"):
        old, new = (getattr(each, what) for each in (before, now))
        new = _without(named, old, new)
        if what == "files":  # what failed is remembered, what is unfinished is said elsewhere
            old, new = ({name for name in names if name != _FAILED_SETS and "/." not in f"/{name}"}
                        for names in (old, new))
        if old != new:
            wrong.append(f"{what} differ: {_difference(old, new)}")
    old, new = set(before.containers), _without(named, set(before.containers), set(now.containers))
    if old != new:
        wrong.append(f"containers differ: {_difference(old, new)}")
    return wrong


def _named(left: Iterable[str]) -> set[str]:
    """Paths, containers, images and numbers of generations."""
    words = {word.removeprefix("/opt/operation/") for line in left for word in line.split()}
    return words - {"update-agent"}  # names the command, and would be the directory of all files


def _without(named: set[str], old, new):
    """What is new, but for what is named and was not there."""
    if isinstance(new, dict):
        return {key: value for key, value in new.items() if key in old or str(key) not in named}
    if isinstance(new, (set, frozenset)):
        return {name for name in new if name in old or not named.intersection(_names_of(name))}
    return new


def _names_of(name: str) -> set[str]:
    """Of what is a file, an image or a container: an image may be named by its id's beginning."""
    return {name, name[:_SHORT_ID], *map(str, PurePath(name).parents)}


def _difference(old, new) -> str:
    if isinstance(old, (set, frozenset)):
        return f"gone {sorted(old - new)}, there {sorted(new - old)}"
    if isinstance(old, dict):
        keys = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
        return "; ".join(f"{key}: {old.get(key)} -> {new.get(key)}" for key in sorted(keys))
    return f"{old!r} -> {new!r}"


def _unfinished(now: Snapshot, start: Snapshot) -> list[str]:
    names = {name for name in now.files if "/.new-" in f"/{name}" or "/.gone-" in f"/{name}"}
    names |= now.temporary - start.temporary
    said = [f"update-agent verify: {line}" for line in _verdict(now) if _LEFTOVER in line]
    return said + [f"left behind: {name}" for name in sorted(names) if name.rpartition("/")[0] not in names]


def _unsettled(now: Snapshot, start: Snapshot) -> list[str]:
    wrong = ["a transaction is there"] if "update-agent/transaction" in now.files else []
    wrong += [f"masked: {name}" for name in sorted(now.masks - start.masks)]
    wrong += [f"{name}: {text}" for name, text in now.leftovers.items() if text and name != "verdict"]
    wrong += [f"update-agent verify: {line}" for line in _verdict(now) if _LEFTOVER not in line]
    if not now.states.get(now.generation, {}).get("confirmed", now.generation == 0):
        wrong.append(f"generation {now.generation} is not confirmed")
    return wrong


def _verdict(now: Snapshot) -> list[str]:
    """What the agent itself finds wrong."""
    text = now.leftovers["verdict"]
    found = [line for line in text.splitlines() if line.startswith("WRONG")]
    return found or ([text] if "exit " in text else [])


def _unneeded(now: Snapshot, start: Snapshot) -> list[str]:
    kept = _kept_bundles(now)
    specs = [container for bundle in kept for container in bundle.get("containers", [])]
    needed = {spec["podman-name"] for spec in specs}
    wrong = [f"container {name} is needed by no generation" for name in set(now.containers) - needed]
    images = {spec["image-id"].removeprefix("sha256:") for spec in specs}
    wrong += [f"image {name[:_SHORT_ID]} is needed by no generation"
              for name in now.images - start.images - images]
    there = {name for name in now.files
             if name.startswith("update-agent/bundles/") and name.count("/") == 2}
    wrong += [f"{name} is needed by no generation" for name in there - _directories(kept)]
    wrong += [f"generation {number} is kept no longer"
              for number in set(now.generations) - _kept_numbers(now)]
    wrong += [f"images {name} are mounted for no kept bundle" for name in now.mounts - now.stores]
    wrong += [f"state of no generation: {number}" for number in set(now.states) - set(now.generations)]
    return sorted(wrong)


def _missing(now: Snapshot) -> list[str]:
    return [*(f"{name} is missing" for name in sorted(_directories(_kept_bundles(now)) - now.files)),
            *(f"images {name} are not mounted" for name in sorted(now.stores - now.mounts))]


def _kept_numbers(now: Snapshot) -> set[int]:
    return {*sorted(now.generations)[-KEEP_GENERATIONS:], now.generation}


def _kept_bundles(now: Snapshot) -> list[dict]:
    return [bundle for number in _kept_numbers(now)
            for bundle in now.generations.get(number, {}).get("bundles", [])]


def _directories(bundles: list[dict]) -> set[str]:
    return {f"update-agent/bundles/{bundle['id']}_{bundle['version']}" for bundle in bundles}


def _not_running(now: Snapshot) -> list[str]:
    current = now.podman_names
    wrong = []
    for name, podman_name in current.items():
        unit = now.units.get(f"{name}.service", {})
        if now.containers.get(podman_name) != "running" or unit.get("ActiveState") != "active":
            wrong.append(f"{name}: unit {unit.get('ActiveState')}, container {podman_name} "
                         f"{now.containers.get(podman_name)}")
    wrong += [f"{name} runs, and is not installed" for name, state in now.containers.items()
              if state == "running" and name not in current.values()]
    wrong += [f"{name} is {now.units.get(name, {}).get('ActiveState')}" for name in now.unit_files
              if name.endswith(".target") and not name.endswith(_RESTART)
              and now.units.get(name, {}).get("ActiveState") != "active"]
    return sorted(wrong)


def _not_loaded(now: Snapshot) -> list[str]:
    """Units that systemd has otherwise than the generation, or has still."""
    wrong = []
    if now.loaded != str(now.generation):
        wrong.append(f"generation {now.generation} is installed, {now.loaded} is loaded")
    for name in sorted(now.unit_files):
        unit = now.units.get(name)
        if unit is None or not name.endswith((".service", ".target")):
            continue  # systemd forgets what neither runs nor is wanted
        if unit["LoadState"] != "loaded" or unit["NeedDaemonReload"] != "no":
            wrong.append(f"{name}: {unit['LoadState']}, reload needed: {unit['NeedDaemonReload']}")
        podman_name = now.podman_names.get(name.removesuffix(".service"))
        if podman_name and podman_name not in unit.get("ExecStart", ""):
            wrong.append(f"{name} starts another container than {podman_name}")
    for name, unit in sorted(now.units.items()):
        ours = unit.get("FragmentPath", "").startswith(_OURS)
        vanished = unit["LoadState"] == "not-found" and unit["ActiveState"] != "inactive"
        if name not in now.unit_files and (ours or vanished):
            wrong.append(f"{name} is not installed: {unit['LoadState']}, {unit['ActiveState']}")
    return wrong
