# SPDX-License-Identifier: GPL-3.0-or-later
"""What is paused does not run, and whatever stops it lets it end by itself."""

import json
import time

from support.bundles import description, pids, status
from support.namespace import wait_for

PAIR = description("pair", containers={"first": {}, "second": {"requires": ["first"]}})
# Left by a clean shutdown.
STAMP = "/var/lib/containers/storage/update-agent.stamp"
OTHER = description("other", containers={"alone": {}})


def freezer(machine, unit):
    return machine.show(unit, "FreezerState")["FreezerState"]


def frozen_groups(machine):
    """How many processes the kernel itself says stand still, of a service."""
    return machine.run("grep -rl --include=cgroup.events 'frozen 1' /sys/fs/cgroup"
                       " | grep -c 'service/cgroup.events$' || true").stdout.strip()


def test_what_is_paused_stands_still_until_it_is_resumed(machine, maker):
    maker.install(PAIR, OTHER)
    before = pids(machine)
    machine.run("update-agent pause pair", timeout=60)
    assert {name: each["state"] for name, each in status(machine).items()} == {
        "first": "paused", "second": "paused", "alone": "running"}
    assert "paused" in machine.run("update-agent list").stdout
    assert frozen_groups(machine) == "2"
    machine.run("update-agent pause second && update-agent resume bundle:pair", timeout=60)
    assert freezer(machine, "first.service") == freezer(machine, "second.service") == "running"
    assert frozen_groups(machine) == "0"
    assert pids(machine) == before and status(machine)["first"]["state"] == "running"


def test_what_does_not_run_cannot_be_paused(machine, maker):
    maker.install(PAIR)
    machine.run("update-agent stop second", timeout=60)
    for command in ("pause", "resume"):
        refused = machine.run(f"update-agent {command} second", check=False, timeout=60)
        assert refused.rc == 5, refused
        assert "the container second is not running; 'update-agent start' starts it" in refused.stderr
        missing = machine.run(f"update-agent {command} nobody", check=False, timeout=60)
        assert missing.rc == 6, missing
    machine.run("update-agent pause pair", timeout=60)
    assert status(machine)["first"]["state"] == "paused"


def test_stopping_restarting_updating_and_removing_end_a_pause(machine, maker):
    maker.install(PAIR, OTHER)
    machine.run("update-agent pause pair && update-agent pause other", timeout=60)
    # What is bound to it stands still, too.
    machine.run("update-agent restart first", timeout=120)
    machine.wait_active("second.service")
    assert freezer(machine, "second.service") == "running"

    machine.run("update-agent pause second", timeout=60)
    machine.run("update-agent stop first", timeout=120)
    assert not machine.active("second.service")
    machine.run("update-agent start first", timeout=120)

    machine.run("update-agent pause pair", timeout=60)
    maker.install(description("pair", version="1.1.0", containers={
        "first": {"env": {"A": "b"}}, "second": {"requires": ["first"]}}))
    assert {each["state"] for name, each in status(machine).items() if name != "alone"} == {
        "running"}
    # Nothing had to do with it.
    assert status(machine)["alone"]["state"] == "paused"

    machine.run("update-agent pause first", timeout=60)
    machine.run("update-agent rollback", timeout=120)
    assert status(machine)["first"]["state"] == "running"
    machine.run("update-agent pause pair", timeout=60)
    machine.run("update-agent remove pair", timeout=120)
    assert list(status(machine)) == ["alone"] and status(machine)["alone"]["state"] == "paused"
    log = machine.journal()
    assert "frozen unit" not in log and "SIGKILL" not in log


def test_a_shutdown_lets_run_on_what_is_paused(machine, maker):
    maker.install(PAIR, OTHER)
    machine.run("systemctl start systemd-logind")
    machine.run("update-agent pause pair && update-agent pause other", timeout=60)
    assert "What is paused runs on" in machine.run("systemd-inhibit --list --no-pager").stdout
    begin = time.monotonic()
    machine.power_off_by_logind()
    assert time.monotonic() - begin < 40
    assert machine.path(STAMP).exists()
    machine.boot()
    log = machine.run("journalctl --no-pager --boot=-1").stdout
    assert "frozen unit" not in log and "killed" not in log.lower()
    for unit in ("first.service", "second.service", "alone.service"):
        machine.wait_active(unit)
        assert f"{unit}: Deactivated successfully" in log, unit


def test_a_shutdown_that_nobody_announces_lets_run_on_what_is_paused(machine, maker, suite):
    maker.install(PAIR)
    machine.run("systemctl stop systemd-logind.service dbus-org.freedesktop.login1.service",
                check=False)
    machine.run("update-agent pause pair", timeout=60)
    assert "no shutdown is announced here" in machine.journal("-u", "update-agent-thaw.service")
    begin = time.monotonic()
    machine.power_off()
    assert time.monotonic() - begin < 40
    # Without it the next boot looks at all that a power cut may have torn.
    clean = machine.path(STAMP).exists()
    machine.boot()
    log = machine.run("journalctl --no-pager --boot=-1").stdout
    assert "update-agent-thaw.service: Deactivated successfully" in log
    stopped = {f"{unit}: Deactivated successfully" in log
               for unit in ("first.service", "second.service")}
    # systemd 257 does not stop what it takes for frozen, and may come to it before the thaw or after.
    assert clean == (stopped == {True})
    assert clean or suite == "trixie"
    for unit in ("first.service", "second.service"):
        machine.wait_active(unit)


def test_only_who_is_paused_is_waited_for(machine, maker):
    maker.install(PAIR, OTHER)
    machine.run("systemctl start systemd-logind")
    machine.run("update-agent pause pair && update-agent pause other", timeout=60)
    # Whoever knows the connection's name may send it a signal.
    names = machine.run("busctl list --no-legend | awk '$3 ~ /^update-agent/ {print $1}'").stdout
    assert names.split()
    for name in names.split():
        machine.run("setpriv --reuid 65534 --regid 65534 --clear-groups busctl emit"
                    f" --destination={name} /org/freedesktop/login1 org.freedesktop.login1.Manager"
                    " PrepareForShutdown b true")
    machine.run("update-agent resume other", timeout=60)
    assert {name: each["state"] for name, each in status(machine).items()} == {
        "first": "paused", "second": "paused", "alone": "running"}
    assert machine.active("update-agent-thaw.service")
    machine.run("update-agent resume pair", timeout=60)
    assert not machine.active("update-agent-thaw.service")
    assert "What is paused runs on" not in machine.run("systemd-inhibit --list --no-pager").stdout


def test_a_paused_health_check_keeps_nobody_waiting(machine, maker):
    checked = {"health": {"cmd": ["/ready", "--exists", "/ready"], "interval": "1s",
                          "timeout": "5s", "retries": 3}}
    maker.install(description("checked", containers={"app": checked}))
    for _ in range(2):
        machine.run("update-agent pause app", timeout=60)
        checked_at = last_check(machine)
        time.sleep(4)
        begin = time.monotonic()
        machine.run("podman ps --all", timeout=60)
        assert time.monotonic() - begin < 15
        maker.install(OTHER)
        states = {name: each["state"] for name, each in status(machine).items()}
        assert states == {"app": "paused", "alone": "running"}
        assert last_check(machine) == checked_at
        machine.run("update-agent resume app", timeout=60)
        wait_for(lambda: last_check(machine) != checked_at, 30, "a check")
        # podman makes another service for the checks, maybe of the same name.
        machine.run("update-agent remove other && update-agent restart app", timeout=120)


def last_check(machine):
    """When a check of the health ended last."""
    name = status(machine)["app"]["podman-name"]
    (container,) = json.loads(machine.run(["podman", "inspect", name]).stdout)
    state = container["State"]
    health = state.get("Health") or state.get("Healthcheck")
    return health["Log"][-1]["End"]


def test_the_package_is_removed_though_something_is_paused(machine, maker):
    maker.install(PAIR)
    machine.run("update-agent pause pair", timeout=60)
    machine.run("dpkg --remove update-agent", timeout=180)
    assert machine.run("podman ps --quiet").stdout == ""
