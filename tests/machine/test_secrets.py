# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of podman's store: inside a container, and nowhere else."""

import pytest

from support.bundles import description, refuse, status

pytestmark = pytest.mark.one_suite

SECRET = "squeamish ossifrage"
KEYS = [{"name": "key"}, {"name": "cert", "target": "/etc/app/cert.pem"}]


def app(version: str = "1.0.0", **options) -> str:
    return description("app", version=version, containers={"main": {"secrets": KEYS} | options})


def test_a_secret_is_in_its_container_and_nowhere_else(machine, maker):
    maker.install(description("before"))
    path = maker.make(app(), "/srv/app.bundle")
    refuse(machine, path, 5, "containers[0].secrets[0].name: podman has no secret 'key'",
           "podman secret create key FILE", "containers[0].secrets[1].name: podman has no secret 'cert'")
    for name in ("key", "cert"):
        machine.run(["podman", "secret", "create", name, "-"], input=f"{SECRET} {name}".encode())
    machine.run(["update-agent", "install", path], timeout=180)
    # The image has no shell: the files are read from outside, as the container's own process has them.
    podman_name = status(machine)["main"]["podman-name"]
    pid = machine.run(["podman", "inspect", "--format", "{{.State.Pid}}", podman_name]).stdout.strip()
    root = f"/proc/{pid}/root"
    assert machine.run(f"cat {root}/run/secrets/key").stdout == f"{SECRET} key"
    assert machine.run(f"cat {root}/etc/app/cert.pem").stdout == f"{SECRET} cert"
    # An add-on's user can read it.
    assert machine.run(f"podman exec {podman_name} /ready --exists /run/secrets/key --exit 0").ok
    machine.run("sync; journalctl --sync", check=False)
    found = machine.run(f"grep -rl '{SECRET.split()[1]}' /opt/operation /run/update-agent /var/log",
                        check=False).stdout
    assert not found, found
    assert SECRET.split()[1] not in machine.run("journalctl --no-pager").stdout
    machine.run("update-agent verify", timeout=120)
    machine.run("podman secret rm key")
    newer = maker.make(app("1.1.0", env={"NEW": "1"}), "/srv/newer.bundle")
    refuse(machine, newer, 5, "podman has no secret 'key'")
