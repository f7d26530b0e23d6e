# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops and what stays when the package is upgraded, removed and purged."""

import pytest

from support import images
from support.bundles import description, pids

_UNITS = ("app.target", "app-first.service", "app-second.service")
_OWN_IMAGE = "localhost/own:1"


@pytest.fixture
def with_bundle(machine, maker):
    images.load(machine, _OWN_IMAGE, files={"own": b"own"})
    maker.install(description("app", type="base", containers={
        "app-first": {"network": "bridge", "ports": ["18080:80"]},
        "app-second": {"image": _OWN_IMAGE, "requires": ["app-first"]}}))
    return machine


@pytest.fixture
def package(machine, repository) -> str:
    machine.copy_in(next(repository.glob("update-agent_*.deb")), "/srv/update-agent.deb")
    return "/srv/update-agent.deb"


def names(machine, what: str) -> list[str]:
    return machine.run(f"podman {what}").lines


def test_upgrade_and_removal(with_bundle, package):
    refused_while_an_operation_runs(with_bundle)
    leaves_no_unit_behind(with_bundle)
    with_bundle.run(["dpkg", "--install", package])
    for unit in _UNITS:
        with_bundle.wait_active(unit)
    an_upgrade_starts_nothing_that_was_stopped(with_bundle, package)


def refused_while_an_operation_runs(machine) -> None:
    before = pids(machine)
    refused = machine.run("flock /opt/operation/update-agent/lock dpkg --remove update-agent",
                          check=False)
    assert not refused.ok
    assert "an operation is running" in refused.stderr
    assert pids(machine) == before


def leaves_no_unit_behind(machine) -> None:
    machine.run("dpkg --remove update-agent", timeout=120)
    assert names(machine, "ps --quiet") == []
    assert machine.run("systemctl list-units --all --no-legend 'app*' 'installed-*'").lines == []
    assert machine.run("systemctl --failed --no-legend").lines == []


def an_upgrade_starts_nothing_that_was_stopped(machine, package: str) -> None:
    machine.run("systemctl stop installed-bundles.target")
    machine.wait_until("! systemctl is-active app-first.service app-second.service")
    machine.run(["dpkg", "--install", package])
    assert not any(machine.active(unit) for unit in _UNITS)


def test_a_purge_leaves_what_belongs_to_others_and_nothing_else(with_bundle):
    with_bundle.run("podman volume create kept; podman create --name foreign localhost/ready:1.0.0;"
                    "mkdir -p /opt/data; echo text >/opt/data/kept;"
                    f"podman tag {_OWN_IMAGE} localhost/another-name:1")
    recorded = with_bundle.run("grep -rhoE 'image-id = \"sha256:[0-9a-f]{64}'"
                               " /opt/operation/update-agent/generations").lines
    ids = {line.partition("sha256:")[2] for line in recorded}
    assert len(ids) == 2
    used = names(with_bundle, "inspect foreign --format '{{.Image}}'")
    with_bundle.run("dpkg --purge update-agent", timeout=120)
    assert names(with_bundle, "ps --all --format '{{.Names}}'") == ["foreign"]
    assert names(with_bundle, "volume ls --quiet") == ["kept"]
    left = names(with_bundle, "images --all --quiet --no-trunc")
    assert ids & {line.removeprefix("sha256:") for line in left} == set(used)
    assert with_bundle.run("ls /opt").lines == ["data"]
    assert with_bundle.run("find /etc /opt /run /usr /var/lib -xdev -name '*update-agent*'"
                           " -not -path '/var/lib/apt/*'").lines == []


def test_a_purge_without_podman_says_what_stays(with_bundle):
    with_bundle.run("dpkg --remove update-agent && mv /usr/bin/podman /usr/bin/podman.away",
                    timeout=120)
    purged = with_bundle.run("dpkg --purge update-agent")
    assert "containers and images of bundles stay" in purged.stderr
    assert with_bundle.run("ls -A /opt").lines == []
