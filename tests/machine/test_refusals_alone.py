# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused because of what the machine is, has or does, each on a machine of its own."""

import pytest

from support import images
from support.bundles import Maker, description, refuse

pytestmark = pytest.mark.one_suite

GOOD = description("good", containers={"good-main": {}})


@pytest.fixture
def maker(machine, pki):
    """A machine with a bundle that runs, so that there is something to disturb."""
    made = Maker(machine, pki)
    made.install(GOOD)
    return made


@pytest.fixture
def bundle(maker):
    """A bundle file that would install."""
    return maker.make(description("new"), "/srv/new.bundle")


def test_a_second_base(machine, maker):
    maker.install(description("first", type="base"))
    second = maker.make(description("second", type="base"), "/srv/second.bundle")
    refuse(machine, second, 5, "one base bundle only", "first 1.0.0", "second 1.0.0")


def test_a_name_that_the_host_has(machine, maker):
    machine.write_file("/etc/systemd/system/ssh.service", "[Service]\nExecStart=/bin/sleep 1000\n")
    machine.run("systemctl daemon-reload; systemctl start ssh")
    thief = maker.make(description("thief", containers={"ssh": {}}), "/srv/thief.bundle")
    refuse(machine, thief, 5, "ssh.service", "host")


def test_a_second_agent(machine, maker, bundle):
    """The first watches its bundle, and is stopped meanwhile, so that it is not done too early."""
    slow = maker.make(description("slow", settle_time="5s"), "/srv/slow.bundle")
    machine.run(f"systemd-run --unit=first update-agent --no-service install {slow}")
    machine.wait_active("slow-main.service")
    pid = machine.show("first.service", "MainPID")["MainPID"]
    machine.run(f"kill -STOP {pid}")
    refuse(machine, bundle, 7, "install", f"pid {pid}", "wait for it to end")
    assert machine.active("first.service"), "the first was done before the second was refused"
    machine.run(f"kill -CONT {pid}")
    machine.wait_until("! systemctl is-active --quiet first.service")
    assert machine.active("slow-main.service")


def test_a_full_disk(new_machine, installed_root, pki):
    machine = new_machine(installed_root, opt="tmpfs,size=3M")
    machine.boot()
    images.load(machine)
    machine.write_file("/etc/update-agent/agent.toml.d/small.toml", 'reserve = "0"\n')
    maker = Maker(machine, pki)
    maker.install(GOOD)
    bundle = maker.make(description("new"), "/srv/new.bundle")
    machine.run("dd if=/dev/zero of=/opt/filler bs=1k status=none; "
                "truncate -s -64k /opt/filler", check=False)
    refuse(machine, bundle, 11, "free")


def engine_files(machine) -> str:
    """The files of podman's store, for a machine where podman cannot be asked."""
    return machine.run(r"""cd /var/lib/containers/storage
        find . -xdev -printf '%p %l %m %s\n' | sort
        find . -xdev -type f -print0 | sort -z | xargs -0r sha256sum""").stdout


def test_no_podman(machine, maker, bundle, repository):
    """Really removed; the advice is followed then, and what was refused goes through."""
    machine.run("dpkg --purge --force-depends podman")
    assert not machine.run("command -v podman", check=False).ok
    before = engine_files(machine)
    refuse(machine, bundle, 5, "install the package podman")
    refuse(machine, "good", 5, "install the package podman", command="remove")
    assert engine_files(machine) == before
    machine.apt_install(repository, "podman")
    machine.run(f"update-agent install {bundle}", timeout=120)
    assert machine.active("new-main.service") and machine.active("good-main.service")
