# SPDX-License-Identifier: GPL-3.0-or-later
"""Units for the generator, as many as wanted, and quadlets that declare the same containers.

One bundle is installed. What the agent rendered for it is copied under other names, and every
container is translated: the arguments of its `podman create` into [Container], its unit's sections
as they are. The targets are plain units beside quadlets, which cost its generator nothing.
"""

import itertools
import json
import re
import shlex
from pathlib import Path

from support.bundles import IMAGE, description

CONTAINERS = 10  # of a bundle
UNITS = CONTAINERS + 2  # and its two targets
QUADLETS = "/etc/containers/systemd"

# In every name, to be replaced by a number; digests have no such letters.
_NUMBER = "nnn"
_BUNDLE = "fleet" + _NUMBER

# The examples' options, and one dependency.
_CONTAINER = {
    "command": ["/ready"], "user": "2000", "env": {"TOPIC": "machine/temperature"},
    "start-timeout": "30s", "stop-timeout": "10s", "memory-max": "64M", "pids-limit": 16,
    "read-only": True, "cap-drop": ["ALL"],
}

_KEYS = {
    "name": "ContainerName", "label": "Label", "hostname": "HostName", "pull": "Pull",
    "cgroups": "CgroupsMode", "pids-limit": "PidsLimit", "log-driver": "LogDriver",
    "stop-timeout": "StopTimeout", "user": "User", "env": "Environment",
    "cap-drop": "DropCapability", "network": "Network", "read-only": "ReadOnly",
}
# What quadlet's generator writes by itself, and what is there for the way in which the agent's
# units start and stop a container that was made before.
_NOT_DECLARED = {"Type", "NotifyAccess", "ExecStart", "ExecStop", "ExecStopPost", "SendSIGKILL",
                 "StandardOutput", "Delegate"}


class Fleet:
    def __init__(self, machine, maker):
        self._machine = machine
        maker.install(_description())
        operation = machine.path("/opt/operation")
        units = operation / (operation / "systemd-units").readlink()
        self._units = {file.name: file.read_text() for file in units.iterdir() if file.is_file()}
        self._quadlets = {
            f"{file.name}.container": _quadlet(self._units[f"{file.name}.service"],
                                               json.loads(file.read_text())["arguments"])
            for file in (units.parent / "containers").iterdir()}
        machine.run(["update-agent", "remove", _BUNDLE], timeout=120)
        # Where the machine sees a plain file system and no overlay.
        self._directory = "/var/lib/containers/fleet"
        machine.run(f"""set -e
            mkdir -p {self._directory}/operation {self._directory}/quadlets {QUADLETS}
            mount --bind {self._directory}/operation /opt/operation
            mount --bind {self._directory}/quadlets {QUADLETS}""")

    def set_size(self, containers: int) -> None:
        """Replace what is there by bundles of so many containers in all."""
        self._machine.run(f"rm -rf /opt/operation/* {QUADLETS}/*", timeout=120)
        directory = self._machine.path(self._directory)
        generation = "update-agent/generations/1/units"
        units = directory / "operation" / generation
        (units / "installed-bundles.target.wants").mkdir(parents=True)
        (directory / "operation/systemd-units").symlink_to(generation)
        for number in range(containers // CONTAINERS):
            _write(units, self._units, number)
            _write(directory / "quadlets", self._quadlets, number)
            target = f"{_BUNDLE}.target".replace(_NUMBER, str(number))
            (units / "installed-bundles.target.wants" / target).symlink_to(f"../{target}")

    def close(self) -> None:
        self._machine.run(f"umount /opt/operation {QUADLETS}; rm -rf {self._directory}", timeout=120)


def _description() -> str:
    names = [f"{_BUNDLE}-part{number}" for number in range(CONTAINERS)]
    return description(_BUNDLE, type="base", containers={
        name: _CONTAINER | ({"requires": names[:1]} if name != names[0] else {}) for name in names})


def _write(directory: Path, texts: dict[str, str], number: int) -> None:
    for name, text in texts.items():
        file = directory / name.replace(_NUMBER, str(number))
        file.write_text(text.replace(_NUMBER, str(number)))
        file.chmod(0o644)


def _quadlet(unit: str, arguments: list[str]) -> str:
    sections = dict(re.findall(r"^\[(\w+)\]\n(.*?)(?=^\[|\Z)", unit, re.MULTILINE | re.DOTALL))
    service = "".join(line for line in sections["Service"].splitlines(keepends=True)
                      if line.partition("=")[0] not in _NOT_DECLARED)
    return (f"[Unit]\n{sections['Unit']}[Container]\n{_container(arguments)}\n"
            f"[Service]\n{service}")


def _container(arguments: list[str]) -> str:
    """The options, then the image, then the command."""
    options = list(itertools.takewhile(lambda word: word.startswith("--"), arguments))
    command = arguments[len(options) + 1:]
    return "\n".join([f"Image={IMAGE}", f"Exec={shlex.join(command)}", *map(_line, options)]) + "\n"


def _line(option: str) -> str:
    if option == "--sdnotify=container":
        return "Notify=true"
    name, _, value = option.removeprefix("--").partition("=")
    return f"{_KEYS[name]}={value or 'true'}" if name in _KEYS else f"PodmanArgs={option}"
