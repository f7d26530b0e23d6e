# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops and what stays when the package is upgraded, removed and purged."""

import pytest

from support.bundles import description, pids

_UNITS = ("app.target", "app-first.service", "app-second.service")


@pytest.fixture
def with_bundle(machine, maker):
    maker.install(description("app", type="base", containers={
        "app-first": {"network": "bridge", "ports": ["18080:80"]},
        "app-second": {"requires": ["app-first"]}}))
    return machine


@pytest.fixture
def package(machine, repository) -> str:
    machine.copy_in(next(repository.glob("update-agent_*.deb")), "/srv/update-agent.deb")
    return "/srv/update-agent.deb"


def names(machine, what: str) -> list[str]:
    return machine.run(f"podman {what}").lines


def test_an_upgrade_starts_nothing_that_was_stopped(with_bundle, package):
    with_bundle.run("systemctl stop installed-bundles.target")
    with_bundle.wait_until("! systemctl is-active app-first.service app-second.service")
    with_bundle.run(["dpkg", "--install", package])
    assert not any(with_bundle.active(unit) for unit in _UNITS)


def test_a_removal_leaves_no_unit_behind(with_bundle, package):
    with_bundle.run("dpkg --remove update-agent", timeout=120)
    assert names(with_bundle, "ps --quiet") == []
    assert with_bundle.run("systemctl list-units --all --no-legend 'app*' 'installed-*'").lines == []
    assert with_bundle.run("systemctl --failed --no-legend").lines == []
    with_bundle.run(["dpkg", "--install", package])
    for unit in _UNITS:
        with_bundle.wait_active(unit)


def test_a_removal_is_refused_while_an_operation_runs(with_bundle):
    before = pids(with_bundle)
    refused = with_bundle.run("flock /opt/operation/update-agent/lock dpkg --remove update-agent",
                              check=False)
    assert not refused.ok
    assert "an operation is running" in refused.stderr
    assert pids(with_bundle) == before


def test_a_purge_leaves_what_belongs_to_others(with_bundle):
    with_bundle.run("podman volume create kept; podman create --name foreign localhost/ready:1.0.0;"
                    "mkdir -p /opt/data; echo text >/opt/data/kept")
    with_bundle.run("dpkg --purge update-agent", timeout=120)
    assert names(with_bundle, "ps --all --format '{{.Names}}'") == ["foreign"]
    assert names(with_bundle, "volume ls --quiet") == ["kept"]
    assert with_bundle.run("ls /opt").lines == ["data"]


def test_a_purge_removes_images_and_all_that_bears_the_name(with_bundle):
    with_bundle.run("podman tag localhost/ready:1.0.0 localhost/another-name:1")
    recorded = with_bundle.run("grep -rhoE 'image-id = \"sha256:[0-9a-f]{64}'"
                               " /opt/operation/update-agent/generations").lines
    ids = {line.partition("sha256:")[2] for line in recorded}
    assert ids
    with_bundle.run("dpkg --purge update-agent", timeout=120)
    left = names(with_bundle, "images --all --quiet --no-trunc")
    assert not ids & {line.removeprefix("sha256:") for line in left}
    assert with_bundle.run("find /etc /opt /run /usr /var/lib -xdev -name '*update-agent*'"
                           " -not -path '/var/lib/apt/*'").lines == []


def test_a_purge_without_podman_says_what_stays(with_bundle):
    with_bundle.run("dpkg --remove update-agent && mv /usr/bin/podman /usr/bin/podman.away",
                    timeout=120)
    purged = with_bundle.run("dpkg --purge update-agent")
    assert "containers and images of bundles stay" in purged.stderr
    assert with_bundle.run("ls -A /opt").lines == []
