# SPDX-License-Identifier: GPL-3.0-or-later
"""What replacing a container costs: how long it is away, beside podman itself and podman auto-update;
and what settling a killed operation takes."""

from support.bundles import description

# Both bundles have the same image; another environment makes another container.
_VERSIONS = {"1.0.0": "one", "1.1.0": "two"}

# It is started more often than systemd lets one start by default.
_PEER = """[Unit]
StartLimitIntervalSec=0

[Container]
Image=localhost/peer:latest
AutoUpdate=local
Network=host
Notify=true
"""

# A round: back and forth between two sets, a restart of the same unit by hand, podman's own stop and
# start, and a new image for the peer.
_ROUNDS = """set -e
now() {{ echo "${{EPOCHREALTIME/./}}000"; }}
away() {{
    local exit enter
    exit=$(systemctl show "$1" -P ActiveExitTimestampMonotonic)
    enter=$(systemctl show "$1" -P ActiveEnterTimestampMonotonic)
    echo "$(((enter - exit) * 1000))"
}}
for ((n = 0; n < {pairs}; ++n)); do
    update-agent rollback >/dev/null
    replaced=$(away replaced.service)
    systemctl reset-failed replaced.service
    systemctl restart replaced.service
    a=$(now); podman stop bare >/dev/null; podman start bare >/dev/null; b=$(now)
    podman tag localhost/peer:$((n % 2)) localhost/peer:latest
    podman auto-update >/dev/null
    echo "$replaced $(away replaced.service) $((b - a)) $(away peer.service)"
done"""

# The bundle is synced first, and the engine's store second.
_RECOVERY = """set -e
for ((n = 0; n < {pairs}; ++n)); do
    strace -o /dev/null -e trace=syncfs -e inject=syncfs:signal=KILL:when=2 \\
        update-agent --no-service install /srv/interrupted.bundle >/dev/null 2>&1 || true
    test -e /opt/operation/update-agent/transaction
    a=${{EPOCHREALTIME/./}}; update-agent recover >/dev/null; b=${{EPOCHREALTIME/./}}
    test ! -e /opt/operation/update-agent/transaction
    a2=${{EPOCHREALTIME/./}}; podman ps >/dev/null; b2=${{EPOCHREALTIME/./}}
    echo "$(((b - a) * 1000)) $(((b2 - a2) * 1000))"
done"""


def _bundle(version: str, value: str) -> str:
    return description("replaced", version=version, settle_time="0s",
                       containers={"replaced": {"env": {"VERSION": value}}})


def downtime(machine, maker, pairs: int) -> str:
    """Nanoseconds, a line a round: ours, systemctl restart, podman stop and start, podman auto-update."""
    for version, value in _VERSIONS.items():
        maker.install(_bundle(version, value))
    machine.run("podman create --quiet --name bare --network=host --log-driver=journald"
                " localhost/ready:1.0.0 && for n in 0 1; do podman commit --quiet"
                " --change ENV=IMAGE=$n bare localhost/peer:$n; done;"
                " podman tag localhost/peer:1 localhost/peer:latest", timeout=120)
    machine.write_file("/etc/containers/systemd/peer.container", _PEER)
    machine.run("systemctl daemon-reload && systemctl start peer.service")
    machine.write_file("/srv/rounds", "podman start bare >/dev/null\n" + _ROUNDS.format(pairs=pairs))
    # A cgroup of its own for what podman starts.
    rounds = machine.run("systemd-run --quiet --wait --pipe --property=Delegate=yes bash /srv/rounds",
                         timeout=1800).stdout
    machine.run("systemctl stop peer.service; podman rm --force bare; update-agent remove replaced",
                timeout=120)
    return rounds


def recovery(machine, maker, pairs: int) -> str:
    """Nanoseconds, a line a round: update-agent recover, podman ps."""
    maker.make(description("interrupted"), "/srv/interrupted.bundle")
    return machine.run(_RECOVERY.format(pairs=pairs), timeout=1800).stdout
