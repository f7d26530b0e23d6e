# SPDX-License-Identifier: GPL-3.0-or-later
"""A realistic set of bundles in one request, beside the bare calls that lead to the same."""

import json
import shlex

from support import realistic_set
from support.realistic_set import ADDONS, CONTAINERS, INIT_CONTAINERS, VOLUMES, WRITTEN

SIZE = (f"A base with {CONTAINERS} containers, {VOLUMES} volumes and {INIT_CONTAINERS} init containers, and"
        f" {ADDONS} add-ons with a container and files each")
_VOLUMES = " ".join(f"/opt/data/base/volume{number}" for number in range(VOLUMES))
_TARGETS = " ".join(["base.target", *(f"addon{number}.target" for number in range(ADDONS))])
_NAMES = " ".join([*(f"addon{number}" for number in range(ADDONS)), "base"])

_ROUNDS = """set -e
now() {{ echo "${{EPOCHREALTIME/./}}000"; }}
for ((n = 0; n < {pairs}; ++n)); do
    a=$(now); update-agent install {files} >/dev/null; b=$(now)
    update-agent remove {names} >/dev/null; rm -rf /opt/data/base
    c=$(now); bash -e /srv/bare >/dev/null; d=$(now)
    bash -e /srv/undo >/dev/null 2>&1; rm -rf /opt/data/base
    echo "$((b - a)) $((d - c))"
done"""

_UNDO = f"""systemctl stop installed-bundles.target {_TARGETS} update-agent-store.service
podman rm --all
rm -r /run/systemd/system/*
systemctl daemon-reload"""


def installation(machine, maker, pairs: int) -> str:
    """Nanoseconds, a line a round: update-agent install, the bare calls."""
    machine.run("update-agent remove $(update-agent list --json | jq --raw-output '.bundles[].id')",
                timeout=120)
    files = realistic_set.bundles(maker, "1.0.0", settle_time="0s")
    machine.run(["update-agent", "install", *files], timeout=300)
    machine.write_file("/srv/bare", _bare(machine))
    machine.write_file("/srv/undo", _UNDO)
    machine.run(f"cp -a /opt/operation/systemd-units/. /srv/units;"
                f" update-agent remove {_NAMES}; rm -rf /opt/data/base", timeout=300)
    machine.write_file("/srv/rounds", _ROUNDS.format(pairs=pairs, files=" ".join(files), names=_NAMES))
    return machine.run("systemd-run --quiet --wait --pipe --property=Delegate=yes bash /srv/rounds",
                       timeout=3600).stdout


def _bare(machine) -> str:
    """What the agent calls, in one script; the containers' arguments are its own."""
    arguments = machine.run("jq --compact-output .arguments /opt/operation/systemd-units/../containers/*")
    creates = [shlex.join(["podman", "create", *json.loads(line)]) for line in arguments.lines]
    inits = [f"podman run --rm --network=host --user=2050 --volume=/opt/data/base/volume{number}:/data"
             " localhost/ready:1.0.0 /ready --touch /data/made --exit 0" for number in WRITTEN]
    copies = [f"cp --preserve=timestamps $root/chart /opt/data/base/volume{number}/chart{number}"
              for number in range(ADDONS)]
    return "\n".join([f"mkdir -p {_VOLUMES}", f"chown 2050 {_VOLUMES}",
                      "export NOTIFY_SOCKET=/run/systemd/notify", *creates, "unset NOTIFY_SOCKET", *inits,
                      "root=$(podman image mount localhost/files:1.0.0)", *copies,
                      "podman image unmount localhost/files:1.0.0",
                      "cp -a /srv/units/. /run/systemd/system/", "systemctl daemon-reload",
                      f"systemctl start {_TARGETS}"])
