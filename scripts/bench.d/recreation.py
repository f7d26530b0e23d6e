# SPDX-License-Identifier: GPL-3.0-or-later
"""update-agent-recreate.service of a machine with many containers that have a device."""

import json

from support.bundles import description

CONTAINERS, CHANGED = 100, 3

_SERVICE = "update-agent-recreate.service"
_NULL, _ZERO, _FULL = "1:3", "1:5", "1:7"

# The notes of what containers were created with are gone after a boot.
_ROUNDS = """set -e
took() {{
    local begin end
    begin=$(systemctl show %s -P InactiveExitTimestampMonotonic)
    end=$(systemctl show %s -P InactiveEnterTimestampMonotonic)
    echo "$(((end - begin) * 1000))"
}}
for ((n = 0; n < {pairs}; ++n)); do
    rm -rf /run/update-agent/devices
    systemctl start %s
    a=${{EPOCHREALTIME/./}}; podman ps --all >/dev/null; b=${{EPOCHREALTIME/./}}
    echo "$(took) $(((b - a) * 1000))"
done""" % (_SERVICE, _SERVICE, _SERVICE)


def unchanged(machine, maker, pairs: int) -> str:
    """Nanoseconds, a line a round: the service where nothing changed, podman ps."""
    _nodes(machine, moves=_NULL)
    path = maker.make(description("many", start_timeout="300s", settle_time="0s", containers={
        _name(number): {"devices": ["/dev/moves" if number < CHANGED else "/dev/stays"]}
        for number in range(CONTAINERS)}), "/srv/many.bundle")
    machine.run(["update-agent", "install", path], timeout=900)
    return machine.run(_ROUNDS.format(pairs=pairs), timeout=900).stdout


def boot(machine) -> float:
    """Milliseconds that the service took at a boot that changed devices; fails unless exactly their
    containers were created again, before anything of the bundles was started."""
    before = _inspected(machine)
    _nodes(machine, moves=_ZERO)
    machine.reboot(timeout=300)
    machine.wait_active("installed-bundles.target", timeout=600)
    after = _inspected(machine)
    again = {name for name in before if before[name] != after[name]}
    assert before.keys() == after.keys() and again == {_name(number) for number in range(CHANGED)}, again
    begin, end = (int(machine.show(_SERVICE, f"Inactive{edge}TimestampMonotonic").popitem()[1])
                  for edge in ("Exit", "Enter"))
    for name in before:
        started = int(machine.show(f"{name}.service", "InactiveExitTimestampMonotonic").popitem()[1])
        assert started > end, name
    machine.run("update-agent remove many", timeout=600)
    return (end - begin) / 1000


def _name(number: int) -> str:
    return f"many{number}"


def _nodes(machine, moves: str) -> None:
    machine.write_file("/etc/tmpfiles.d/nodes.conf",
                       f"c+ /dev/moves 0666 root root - {moves}\nc+ /dev/stays 0666 root root - {_FULL}\n")
    machine.run("rm --force /dev/moves && systemd-tmpfiles --create --prefix=/dev")


def _inspected(machine) -> dict[str, dict]:
    """What does not change while a container is started and stopped, by its name in the bundle."""
    listed = json.loads(machine.run("podman inspect $(podman ps --all --quiet --filter name=^many)",
                                    timeout=300).stdout)
    return {each["Config"]["Labels"]["update-agent.container"]:
            {key: each[key] for key in ("Id", "Created", "Config", "HostConfig", "Image", "Mounts")}
            for each in listed}
