# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs after a boot, without any command."""

import pytest

from support import images
from support.bundles import description, pids, status

BASE = description("base", type="base", containers={"store": {}})
ADDON = description("addon", requires={"base": "*"}, containers={"reader": {}})


@pytest.fixture(params=["root", "bind"])
def machine(request, new_machine, installed_root):
    """/opt on the root file system, and as a mount of its own."""
    guest = new_machine(installed_root, opt=request.param)
    guest.boot()
    guest.run("update-agent init-store")
    images.load(guest)
    return guest


def test_after_a_reboot_everything_is_up(machine, maker):
    maker.install(BASE, ADDON)
    machine.reboot()
    for unit in ("base.target", "addon.target", "store.service", "reader.service"):
        machine.wait_active(unit)
    assert all(container["state"] == "running" for container in status(machine).values())
    mounted = machine.run("findmnt /opt", check=False).ok
    for relation, units in machine.show("bundle-startup.service", "Requires", "After").items():
        assert ("opt.mount" in units.split()) == mounted, relation


def test_without_bundles_nothing_of_ours_runs_at_boot(machine, maker):
    machine.reboot()
    assert "update-agent[" not in machine.journal()
    for unit in ("bundle-startup.service", "update-agent-store.service", "installed-bundles.target",
                 "update-agent-recover.service", "update-agent-recreate.service",
                 "update-agent-confirm.service"):
        started = machine.show(unit, "InactiveExitTimestampMonotonic")
        assert started == {"InactiveExitTimestampMonotonic": "0"}, unit


def test_a_set_installed_below_another_root_runs_at_its_first_boot(machine, maker):
    """As for an image of a machine that is built elsewhere: nothing is started, podman not asked."""
    paths = [maker.make(text, f"/srv/{name}.bundle") for name, text in (("b", BASE), ("a", ADDON))]
    machine.run("mkdir -p /srv/root/etc && cp -aL /etc/update-agent /etc/os-release /srv/root/etc/")
    machine.run(["update-agent", "--root", "/srv/root", "install", *paths])
    assert machine.run("podman ps --all --quiet").stdout == ""
    listed = machine.run("update-agent --root /srv/root status").stdout
    assert listed.count("offline") == 2 and "not confirmed" in listed
    machine.run("podman rmi --all; rm -r /opt/operation; cp -a /srv/root/opt/operation /opt/")
    machine.reboot()
    for unit in ("store.service", "reader.service"):
        machine.wait_active(unit, timeout=60)
    # Nobody has seen it run before.
    machine.wait_until("update-agent status | grep -q ', confirmed'", timeout=60)
    assert "confirm" in machine.run("update-agent history").stdout


def test_a_held_container_is_back_after_a_boot(machine, maker):
    maker.install(BASE)
    machine.run("update-agent stop store", timeout=120)
    machine.reboot()
    machine.wait_active("store.service")


def test_a_lost_engine_store_is_restored_from_the_kept_bundles(machine, maker):
    maker.install(BASE, ADDON)
    machine.power_off()
    machine.boot()
    for unit in ("store.service", "reader.service"):
        machine.wait_active(unit)
    # The stop of the target alone does not wait for what is part of it, the stamp among it.
    machine.run("systemctl stop installed-bundles.target update-agent-store.service", timeout=120)
    machine.run("podman rm --all --force; podman rmi --all --force; rm -rf /var/lib/containers/storage/*",
                timeout=120)
    machine.reboot()
    for unit in ("store.service", "reader.service"):
        machine.wait_active(unit, timeout=60)


def test_a_crash_of_the_machine_is_noticed(machine, maker):
    maker.install(BASE)
    machine.kill()
    machine.boot()
    machine.wait_active("store.service", timeout=60)
    assert pids(machine)["store"] != 0
