# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of the package: installed, upgraded, removed, installed again, purged."""

import pytest

from support import images
from support.command import host
from support.repository import built_packages

_DESCRIPTION = """format = 1
id = "life"
name = "life"
version = "1.0.0"
type = "base"
os = ">= 12"
architectures = ["{architecture}"]
settle-time = "1s"
[[containers]]
name = "life-first"
image = "localhost/ready:1.0.0"
network = "bridge"
ports = ["18080:80"]
[[containers]]
name = "life-second"
image = "localhost/ready:1.0.0"
requires = ["life-first"]
"""
_UNITS = ("life.target", "life-first.service", "life-second.service")
_LABELLED = "podman ps --all --quiet --filter label=update-agent.container"


@pytest.fixture
def install_bundle(pki):
    """install_bundle(machine): a signed bundle, made there and installed by the command."""
    def install(machine):
        who = pki.identity("signer")
        for file, name in ((who.key, "key"), (who.certificate, "cert"), (who.chain, "chain")):
            machine.copy_in(file, f"/srv/{name}.pem")
        machine.copy_in(pki.anchor, "/etc/update-agent/trust.d/root.pem")
        architecture = machine.run("dpkg --print-architecture").stdout.strip()
        machine.write_file("/srv/bundle.toml", _DESCRIPTION.format(architecture=architecture))
        machine.run("cd /srv && update-agent bundle create bundle.toml --key key.pem"
                    " --cert cert.pem --chain chain.pem && update-agent install life_1.0.0.bundle",
                    timeout=180)
        assert running(machine)
    return install


@pytest.fixture
def with_bundle(machine, install_bundle):
    install_bundle(machine)
    return machine


def running(machine) -> bool:
    return all(machine.active(unit) for unit in _UNITS)


def identity(machine) -> list[dict[str, str]]:
    """What changes when something restarts."""
    return [machine.show(unit, "MainPID", "InvocationID") for unit in _UNITS[1:]]


def copy_package(machine, suite) -> str:
    package = next(p for p in built_packages(suite) if p.name.startswith("update-agent_"))
    machine.copy_in(package, "/srv/update-agent.deb")
    return "/srv/update-agent.deb"


def copy_newer_package(machine, suite, tmp_path) -> str:
    package = next(p for p in built_packages(suite) if p.name.startswith("update-agent_"))
    tree = tmp_path / "newer"
    host("dpkg-deb", "--raw-extract", package, tree)
    control = tree / "DEBIAN/control"
    control.write_text(control.read_text().replace("\nVersion: ", "\nVersion: 1:"))
    host("dpkg-deb", "--build", "--root-owner-group", tree, tmp_path / "newer.deb")
    machine.copy_in(tmp_path / "newer.deb", "/srv/newer.deb")
    return "/srv/newer.deb"


def test_its_dependencies_are_all_that_bundles_need(minimal_machine, repository, install_bundle):
    minimal_machine.apt_install(repository, "--no-install-recommends", "update-agent")
    images.load(minimal_machine)
    install_bundle(minimal_machine)
    minimal_machine.reboot()
    minimal_machine.wait_until("systemctl is-active " + " ".join(_UNITS))


def test_an_upgrade_stops_nothing(with_bundle, suite, tmp_path):
    before = identity(with_bundle)
    with_bundle.run(["dpkg", "--install", copy_newer_package(with_bundle, suite, tmp_path)])
    assert identity(with_bundle) == before
    assert with_bundle.show("life-first.service", "NeedDaemonReload") == {"NeedDaemonReload": "no"}


def test_an_upgrade_starts_nothing_that_was_stopped(with_bundle, suite, tmp_path):
    with_bundle.run("systemctl stop installed-bundles.target")
    with_bundle.wait_until("! systemctl is-active life-first.service life-second.service")
    with_bundle.run(["dpkg", "--install", copy_newer_package(with_bundle, suite, tmp_path)])
    assert not with_bundle.run(["systemctl", "is-active", *_UNITS], check=False).ok


def test_a_removal_stops_the_bundles_and_keeps_them(with_bundle, suite):
    before = with_bundle.run("update-agent list").stdout
    with_bundle.run("dpkg --remove update-agent", timeout=120)
    assert with_bundle.run("podman ps --quiet").stdout == ""
    assert len(with_bundle.run(_LABELLED).lines) == 2
    assert with_bundle.show("life-first.service", "LoadState") == {"LoadState": "not-found"}
    assert with_bundle.run("systemctl --failed --no-legend").stdout == ""

    with_bundle.run(["dpkg", "--install", copy_package(with_bundle, suite)])
    with_bundle.wait_until("systemctl is-active " + " ".join(_UNITS))
    assert with_bundle.run("update-agent list").stdout == before


def test_a_removal_is_refused_while_an_operation_runs(with_bundle):
    before = identity(with_bundle)
    refused = with_bundle.run("flock /opt/operation/update-agent/lock dpkg --remove update-agent",
                              check=False)
    assert not refused.ok
    assert "an operation is running" in refused.stderr
    assert identity(with_bundle) == before
    with_bundle.run("update-agent list")


def test_a_purge_removes_what_is_the_agents_and_no_more(with_bundle):
    with_bundle.run("podman volume create kept; mkdir -p /opt/data; echo text >/opt/data/kept;"
                    "podman create --name foreign localhost/ready:1.0.0")
    with_bundle.run("dpkg --purge update-agent", timeout=120)
    assert with_bundle.run(_LABELLED).stdout == ""
    assert with_bundle.run("podman ps --all --format '{{.Names}}'").lines == ["foreign"]
    assert with_bundle.run("podman volume ls --quiet").lines == ["kept"]
    assert with_bundle.run("ls /opt").lines == ["data"]
    assert with_bundle.run("find / -xdev -name '*update-agent*' -not -path '/srv/*'"
                           " -not -path '/tmp/*' -not -path '/var/cache/*'"
                           " -not -path '/var/log/*'").stdout == ""


def test_a_purge_removes_the_images_that_only_bundles_used(with_bundle):
    with_bundle.run("dpkg --purge update-agent", timeout=120)
    assert with_bundle.run("podman images --quiet --no-trunc").stdout == ""


def test_a_purge_without_podman_says_what_stays(with_bundle):
    with_bundle.run("dpkg --remove update-agent && mv /usr/bin/podman /usr/bin/podman.away",
                    timeout=120)
    purged = with_bundle.run("dpkg --purge update-agent")
    assert "containers and images of bundles stay" in purged.stderr
    assert with_bundle.run("ls -A /opt").stdout == ""
