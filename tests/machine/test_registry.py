# SPDX-License-Identifier: GPL-3.0-or-later
"""Images from a registry: Debian's docker-registry, in the machine itself."""

import pytest

from support import roots
from support.bundles import IMAGE, description, refuse, status

pytestmark = pytest.mark.one_suite

ADDRESS = "127.0.0.1:5000"
NAME = f"{ADDRESS}/team/ready"
CONFIGURATION = f"""version: 0.1
storage: {{filesystem: {{rootdirectory: /srv/registry}}}}
http: {{addr: {ADDRESS}}}
"""
UNIT = """[Service]
Type=exec
ExecStart=/usr/local/bin/docker-registry serve /etc/registry.yml
"""
AUTH = """auth: {htpasswd: {realm: registry, path: /etc/registry.passwd}}
"""
# robot, with the password "secret".
PASSWORDS = "robot:$2b$04$BOxpz2lJL2ky8kYRyVmzvuTdxujO13ELHEIn98vG5NVV0b6hmVaG6\n"
WRONG = "0" * 64


@pytest.fixture
def reference(machine, suite):
    """The test image in a registry that runs, with its digest; no longer in podman's store."""
    program = roots.registry(suite).layers[0] / "usr/bin/docker-registry"
    machine.copy_in(program, "/usr/local/bin/docker-registry")
    machine.write_file("/etc/registry.yml", CONFIGURATION)
    machine.write_file("/etc/systemd/system/registry.service", UNIT)
    machine.write_file("/etc/containers/registries.conf.d/registry.conf",
                       f'[[registry]]\nlocation = "{ADDRESS}"\ninsecure = true\n')
    machine.run("systemctl daemon-reload && systemctl start registry")
    machine.run(f"for i in $(seq 50); do podman push --quiet --digestfile /srv/digest {IMAGE} {NAME}:1"
                " && exit; sleep 0.2; done; exit 1", timeout=120)
    machine.run(f"podman rmi --force {IMAGE}")
    return f"{NAME}:1@{machine.run('cat /srv/digest').stdout.strip()}"


def remote(reference: str, version: str = "1.0.0", **options) -> str:
    return description("remote", version=version, images="registry",
                       containers={"main": {"image": reference} | options})


def images(machine) -> list[str]:
    return machine.run("podman images --quiet --no-trunc").lines


def test_images_come_from_the_registry_and_come_back_from_it(machine, maker, reference):
    path = maker.make(remote(reference), "/srv/remote.bundle")
    assert machine.path(path).stat().st_size < 20_000
    assert "image-id" in machine.run(f"tar -xOf {path} bundle.toml").stdout
    machine.run("podman rmi --all --force")
    machine.run(["update-agent", "install", path], timeout=180)
    main = status(machine)["main"]
    assert main["state"] == "running" and len(images(machine)) == 1
    machine.run("podman image prune --force")
    assert len(images(machine)) == 1
    machine.run("update-agent verify", timeout=120)

    # The store is lost, and the registry is away: that is told, and nothing else is in the way.
    machine.run("systemctl stop registry main.service remote.target; podman rm --all --force;"
                " podman rmi --all --force", timeout=120)
    lost = machine.run("update-agent verify", check=False, timeout=120)
    assert lost.rc == 1 and "is missing, and only its registry has it" in lost.stdout + lost.stderr, lost
    repaired = machine.run("update-agent verify --repair", check=False, timeout=180)
    assert repaired.rc == 1 and f"try again when {ADDRESS} answers" in repaired.stderr, repaired
    machine.run("systemctl start registry && update-agent verify --repair", timeout=180)
    machine.run("update-agent start remote", timeout=120)
    machine.wait_active("main.service")
    machine.run("update-agent verify", timeout=120)


def test_what_cannot_be_pulled_or_is_another_image_is_refused(machine, maker, reference):
    # Its lock is there from then on.
    machine.run("update-agent remove nothing", check=False)
    good = maker.make(remote(reference), "/srv/remote.bundle")
    machine.run("podman rmi --all --force")
    # The image is not the one that was signed; it is gone again.
    other = remote(reference, **{"image-id": f"sha256:{WRONG}"})
    refuse(machine, maker.make(other, "/srv/other.bundle"), 3, f"the image {reference} has the id",
           f"and the description says {WRONG}")
    unknown = remote(f"{NAME}@sha256:{WRONG}", **{"image-id": f"sha256:{WRONG}"})
    refuse(machine, maker.make(unknown, "/srv/unknown.bundle"), 6, "manifest unknown", "has no such image")
    machine.run("systemctl stop registry")
    text = refuse(machine, good, 12, "connection refused", f"try again when {ADDRESS} answers")
    assert text.count("asked again in") == 2, text
    machine.run(f"systemctl start registry && update-agent install {good}", timeout=180)
    # What is there is not asked for again, and a rollback brings back what another image replaced.
    machine.run("systemctl stop registry")
    newer = maker.make(remote(reference, "1.1.0", env={"NEW": "1"}, **{
        "image-id": "sha256:" + images(machine)[0].removeprefix("sha256:")}), "/srv/newer.bundle")
    machine.run(["update-agent", "install", newer], timeout=180)
    machine.run("update-agent rollback", timeout=180)


def test_credentials_come_from_podmans_own_file(machine, maker, reference):
    path = maker.make(remote(reference), "/srv/remote.bundle")
    machine.run("podman rmi --all --force")
    machine.write_file("/etc/registry.yml", CONFIGURATION + AUTH)
    machine.write_file("/etc/registry.passwd", PASSWORDS)
    machine.run("systemctl restart registry")
    machine.wait_until(f"exec 3<>/dev/tcp/{ADDRESS.replace(':', '/')}")
    refused = machine.run(["update-agent", "install", path], check=False, timeout=120)
    assert refused.rc == 10, refused
    login = next(part for part in refused.stderr.split("'") if part.startswith("podman login "))
    machine.run(f"echo secret | {login} --username robot --password-stdin")
    # As after a boot.
    assert not machine.exists("/run/containers/0/auth.json")
    machine.run(f"systemd-run --wait --pipe update-agent install {path}", timeout=180)
    assert status(machine)["main"]["state"] == "running"
