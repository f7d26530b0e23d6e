# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian package over its life: apt alone, from nothing to purged."""

import os

from support import images
from support.bundles import Maker, description, pids, state

BUNDLE = description("app", containers={"app-main": {}})
APT = "DEBIAN_FRONTEND=noninteractive apt-get --quiet --assume-yes"


def test_the_dependencies_are_complete(minimal_machine, repository, pki):
    """A Debian without podman; nothing but the package is named, and nothing recommended comes."""
    machine = minimal_machine
    assert not machine.exists("/usr/bin/podman")
    machine.apt_install(repository, "--no-install-recommends", "update-agent")
    images.load(machine)
    Maker(machine, pki).install(BUNDLE)
    assert machine.active("app-main.service")
    good = machine.run("update-agent doctor", check=False)
    assert "FAILURE" not in good.stdout, good
    machine.reboot()
    machine.wait_active("app-main.service")


def test_upgrade_remove_reinstall_purge(machine, maker, repository):
    machine.copy_in(repository, "/srv/repository")
    package = f"/srv/repository/{next(p.name for p in repository.glob('update-agent_*.deb'))}"
    maker.install(BUNDLE)
    machine.run("podman volume create precious; mkdir -p /opt/data; echo mine >/opt/data/file")
    machine.run("podman pull --quiet oci:/nowhere 2>/dev/null; podman tag localhost/ready:1.0.0 localhost/mine:1",
                check=False)
    running, before = pids(machine), state(machine)

    machine.run(f"{APT} install --reinstall {package}", timeout=300)
    assert pids(machine) == running and state(machine) == before

    machine.run(f"{APT} remove update-agent", timeout=300)
    assert machine.run("podman ps --quiet").stdout == "", "a container was orphaned"
    assert "app-main" in machine.run("podman ps --all --format '{{.Names}}'").stdout
    assert machine.exists("/opt/operation/update-agent/history.jsonl")

    machine.run(f"{APT} install {package}", timeout=300)
    machine.wait_active("app-main.service")

    machine.run(f"{APT} purge update-agent", timeout=300)
    assert machine.run("podman ps --all --quiet").stdout == ""
    for path in ("/opt/operation/update-agent", "/opt/operation/systemd-units", "/etc/update-agent"):
        assert not machine.exists(path), path
    assert machine.read_file("/opt/data/file") == "mine\n"
    assert "precious" in machine.run("podman volume ls").stdout


def test_an_upgrade_ends_no_running_operation(machine, maker, repository):
    machine.copy_in(repository, "/srv/repository")
    path = maker.make(description("slow", settle_time="8s"), "/srv/slow.bundle")
    machine.run(f"systemd-run --unit=operation --remain-after-exit update-agent install {path}")
    machine.wait_until("test -s /opt/operation/update-agent/lock")
    machine.run(f"{APT} install --reinstall /srv/repository/update-agent_*.deb", timeout=300)
    machine.wait_until("systemctl show operation -p SubState | grep exited", timeout=90)
    assert machine.show("operation", "ExecMainStatus") == {"ExecMainStatus": "0"}
    assert machine.active("slow-main.service")


def test_what_is_installed_where(machine):
    listed = machine.run("dpkg --listfiles update-agent").lines
    generators = [path for path in listed if "/system-generators/" in path]
    assert [os.path.basename(path) for path in generators] == ["update-agent-generator"]
    assert not [path for path in listed if path.startswith("/opt")]
    for page in ("update-agent.1", "bundle.toml.5", "agent.toml.5", "update-agent-generator.8"):
        assert any(path.endswith(f"/{page}.gz") for path in listed), page
