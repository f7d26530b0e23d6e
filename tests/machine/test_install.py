# SPDX-License-Identifier: GPL-3.0-or-later
"""install and remove on a running machine, and what systemd then has."""

import json

import pytest

from support.bundles import description, pids, state, status, without_failed_sets

BASE = description("base", type="base", containers={"store": {}, "broker": {"requires": ["store"]}})
ADDON = description("addon", requires={"base": "^1.0.0"},
                    containers={"reader": {}, "sensor": {"requires": ["reader"]}})


def depends(machine, unit, *properties):
    return {name: set(value.split()) for name, value in machine.show(unit, *properties).items()}


def test_every_unit_has_the_declared_dependencies(machine, maker):
    maker.install(BASE, ADDON)
    target = depends(machine, "addon.target", "Wants", "After", "PartOf", "Requires", "WantedBy")
    assert {"reader.service", "sensor.service", "addon-restart.target"} <= target["Wants"]
    assert {"reader.service", "sensor.service", "base.target"} <= target["After"]
    assert "base.target" in target["Requires"]
    assert target["PartOf"] == target["WantedBy"] == {"installed-bundles.target"}
    restart = depends(machine, "addon-restart.target", "Upholds", "After", "PartOf")
    assert restart["Upholds"] == {"reader.service", "sensor.service"}
    assert restart["Upholds"] <= restart["After"]
    assert restart["PartOf"] == {"addon.target"}
    sensor = depends(machine, "sensor.service", "BindsTo", "After", "PartOf", "RequiresMountsFor")
    assert "reader.service" in sensor["BindsTo"]
    assert {"reader.service", "base.target", "network.target"} <= sensor["After"]
    assert sensor["PartOf"] == {"addon.target"}
    assert sensor["RequiresMountsFor"] == {"/opt/operation"}
    service = machine.show("sensor.service", "Type", "NotifyAccess", "Restart", "Slice", "SendSIGKILL")
    assert service == {"Type": "notify", "NotifyAccess": "all", "Restart": "always",
                       "Slice": "bundles-addon.slice", "SendSIGKILL": "no"}
    startup = depends(machine, "bundle-startup.service", "Requires", "After", "WantedBy")
    assert "podman.socket" in startup["Requires"] & startup["After"]
    assert startup["WantedBy"] == {"multi-user.target"}


def test_everything_rendered_is_silent_under_systemd_analyze(machine, maker):
    maker.install(BASE, ADDON)
    done = machine.run("systemd-analyze verify --man=no /opt/operation/systemd-units/*.service"
                       " /opt/operation/systemd-units/*.target bundle-startup.service"
                       " update-agent-store.service update-agent-thaw.service"
                       " installed-bundles.target")
    assert done.stdout + done.stderr == ""


def test_the_addons_containers_start_after_the_bases_target_is_up(machine, maker):
    slow = description("base", type="base", containers={
        "store": {"command": ["/ready", "--delay", "1500"]}})
    maker.install(slow, ADDON)
    started = {unit: int(machine.show(unit, "ActiveEnterTimestampMonotonic")
                         ["ActiveEnterTimestampMonotonic"])
               for unit in ("base.target", "reader.service")}
    begun = int(machine.show("reader.service", "InactiveExitTimestampMonotonic")
                ["InactiveExitTimestampMonotonic"])
    assert started["base.target"] <= begun <= started["reader.service"]


def test_one_command_installs_in_the_order_of_requirements(machine, maker):
    base = maker.make(BASE, "/srv/base.bundle")
    addon = maker.make(ADDON, "/srv/addon.bundle")
    machine.run("podman rmi --all")
    outcome = json.loads(machine.run(f"update-agent --json install {addon} {base}", timeout=120).stdout)
    assert [bundle["id"] for bundle in outcome["installed"]] == ["base", "addon"]
    assert all(machine.active(f"{unit}.service") for unit in ("store", "broker", "reader", "sensor"))


def test_what_is_installed_already_is_left_alone(machine, maker):
    paths = maker.install(BASE)
    before, running = state(machine), pids(machine)
    done = machine.run(["update-agent", "install", *paths])
    assert "installed already" in done.stdout
    assert state(machine) == before and pids(machine) == running


def test_a_second_bundle_touches_no_container_of_the_first(machine, maker):
    maker.install(BASE)
    running = pids(machine)
    machine.run(["update-agent", "install", maker.make(ADDON, "/srv/addon.bundle")], timeout=120)
    assert {name: pid for name, pid in pids(machine).items() if name in running} == running


def test_dry_run_prints_the_plan_and_changes_nothing(machine, maker):
    path = maker.make(BASE, "/srv/base.bundle")
    before = state(machine)
    done = machine.run(["update-agent", "install", "--dry-run", path])
    assert "would install  base 1.0.0" in done.stdout and "would start  base.target" in done.stdout
    assert state(machine) == before


def test_queries_spawn_nothing(machine, maker):
    maker.install(BASE)
    for query in ["list", "status", "show base", "history"]:
        machine.run("strace --follow-forks --quiet=all --trace=execve,fork,vfork,clone,clone3"
                    f" --output=/srv/trace update-agent {query}")
        calls = machine.read_file("/srv/trace").splitlines()
        assert len(calls) == 1 and "execve" in calls[0], (query, calls)


def test_remove_stops_the_bundle_and_takes_its_units_away(machine, maker):
    maker.install(BASE, ADDON)
    running = pids(machine)
    machine.run("update-agent remove addon", timeout=120)
    assert not machine.active("reader.service")
    assert machine.show("reader.service", "LoadState") == {"LoadState": "not-found"}
    assert "reader" not in machine.run("podman ps --format '{{.Names}}'").stdout
    assert pids(machine) == {name: running[name] for name in ("store", "broker")}
    machine.run("update-agent remove base", timeout=120)
    assert machine.run("podman ps --quiet").stdout == ""
    assert "no bundles" in machine.run("update-agent list").stdout


def test_a_bundle_that_was_removed_can_be_installed_again(machine, maker):
    paths = maker.install(BASE)
    machine.run("update-agent remove base", timeout=120)
    machine.run(["update-agent", "install", *paths], timeout=120)
    assert machine.active("broker.service")


def test_what_no_kept_generation_needs_goes(machine, maker):
    """Generation 0 is in a lower layer of the machine's overlay, as in images of such machines."""
    paths = [maker.make(text, f"/srv/{number}.bundle") for number, text in enumerate(
        (BASE, description("other", containers={"only": {}})))]
    for operation in (f"install {paths[0]}", "remove base", f"install {paths[1]}", "remove other"):
        done = machine.run(f"update-agent --quiet {operation}", timeout=120)
        assert done.stderr == "", done
    kept = machine.run("cd /opt/operation/update-agent; ls -A generations bundles").lines
    assert kept == ["bundles:", "other_1.0.0", "", "generations:", "2", "2.state", "3", "3.state",
                    "4", "4.state"]
    names = machine.run("podman ps --all --format '{{.Names}}'").lines
    assert len(names) == 1 and names[0].startswith("only-")


def test_what_never_becomes_ready_is_undone(machine, maker):
    maker.install(BASE)
    before, running = state(machine), pids(machine)
    never = description("addon", start_timeout="3s", requires={"base": "*"}, containers={
        "good": {}, "late": {"command": ["/ready", "--never"], "start-timeout": "2s"}})
    path = maker.make(never, "/srv/never.bundle")
    done = machine.run(["update-agent", "install", path], check=False, timeout=120)
    assert done.rc == 8, done
    assert "late.service" in done.stderr
    assert without_failed_sets(state(machine)) == without_failed_sets(before)
    assert pids(machine) == running
    assert machine.show("late.service", "LoadState") == {"LoadState": "not-found"}
    _, installed, undone, reason = machine.run("update-agent history").stdout.splitlines()
    assert all(word in installed for word in ("install", "base 1.0.0", "0→1", "done")), installed
    assert all(word in undone for word in ("addon 1.0.0", "  1  ", "exit 8")), undone
    assert "late.service" in reason, reason


@pytest.mark.parametrize("socket", ["gone", "deaf"])
def test_without_a_d_bus_daemon(machine, maker, socket):
    """systemd's private socket is there as long as systemd is."""
    paths = [maker.make(text, f"/srv/{number}.bundle") for number, text in enumerate((BASE, ADDON))]
    machine.run("systemctl mask --now dbus.socket dbus.service")
    if socket == "gone":
        machine.run("rm /run/dbus/system_bus_socket")
    assert not machine.run("busctl list", check=False).ok
    machine.run(["update-agent", "install", *paths], timeout=120)
    running = pids(machine)
    assert all(running[name] for name in ("store", "broker", "reader", "sensor"))
    machine.run("update-agent restart addon", timeout=120)
    assert {name: pid for name, pid in pids(machine).items() if pid == running[name]}.keys() == {
        "store", "broker"}
    machine.reboot()
    machine.wait_active("sensor.service")
    machine.run("update-agent remove addon base", timeout=120)
    assert machine.run("podman ps --quiet").stdout == ""
    assert "no bundles" in machine.run("update-agent status").stdout


def test_forty_containers(machine, maker):
    """More questions to systemd than a bus lets a connection have on their way at a time."""
    names = [f"part{number}" for number in range(40)]
    maker.install(description("many", start_timeout="2min", containers={name: {} for name in names}))
    assert {each["state"] for each in status(machine).values()} == {"running"}
    assert len(status(machine)) == len(names)
    machine.run("update-agent stop many", timeout=120)
    machine.run("update-agent start many", timeout=120)
    machine.run("update-agent remove many", timeout=120)
