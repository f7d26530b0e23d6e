# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever dies comes back, and whatever is stopped by hand stays down."""

import time

import pytest

from support.bundles import description, pids, status

PAIR = description("pair", containers={"first": {}, "second": {"requires": ["first"]}})
UNITS = ("first.service", "second.service")


def wait_for_other_pids(machine, before, timeout=40):
    deadline = time.monotonic() + timeout
    while True:
        now = pids(machine)
        if all(now[name] not in (0, before[name]) for name in before) and all(
                machine.active(unit) for unit in UNITS):
            return now
        assert time.monotonic() < deadline, f"{before} became {now}\n{machine.diagnosis()}"
        time.sleep(0.2)


@pytest.mark.parametrize("victim", ["payload", "conmon"])
def test_a_killed_container_comes_back_with_what_is_bound_to_it(machine, maker, victim):
    maker.install(PAIR)
    before = pids(machine)
    conmon = before["first"]
    machine.run(f"pkill --signal KILL --parent {conmon}" if victim == "payload"
                else f"kill -KILL {conmon}")
    wait_for_other_pids(machine, before)
    running = machine.run("podman ps --format '{{.Names}} {{.Status}}'").lines
    assert len(running) == 2 and all(" Up " in line for line in running)


def test_restarting_the_podman_socket_disturbs_no_container(machine, maker):
    maker.install(PAIR)
    before = pids(machine)
    machine.run("systemctl restart podman.socket && systemctl stop podman.socket")
    assert pids(machine) == before and all(machine.active(unit) for unit in UNITS)


def test_the_target_of_all_bundles_stops_and_starts_everything(machine, maker):
    maker.install(PAIR)
    machine.run("systemctl stop installed-bundles.target", timeout=120)
    machine.wait_until("! systemctl is-active first.service second.service pair.target")
    machine.run("systemctl start installed-bundles.target", timeout=120)
    for unit in UNITS:
        machine.wait_active(unit)


def test_a_stopped_container_holds_and_start_brings_back_what_is_bound_to_it(machine, maker):
    maker.install(PAIR)
    machine.run("update-agent stop first", timeout=120)
    time.sleep(5)  # longer than RestartSec, in which Upholds= would bring it back
    assert not any(machine.active(unit) for unit in UNITS)
    assert status(machine)["first"]["state"] == "held"
    begin = time.monotonic()
    machine.run("update-agent start first", timeout=120)
    machine.wait_active("second.service")
    assert time.monotonic() - begin < 30, machine.journal("--unit=second.service")
    assert status(machine)["first"]["state"] == "running"


def test_restart_gives_new_processes(machine, maker):
    maker.install(PAIR)
    before = pids(machine)
    machine.run("update-agent restart pair", timeout=120)
    wait_for_other_pids(machine, before)


def test_a_bundle_stops_and_starts_by_name(machine, maker):
    maker.install(PAIR)
    machine.run("update-agent stop pair", timeout=120)
    time.sleep(3)
    assert not any(machine.active(unit) for unit in UNITS)
    machine.run("update-agent start pair", timeout=120)
    assert all(machine.active(unit) for unit in UNITS)


@pytest.mark.long
def test_a_container_that_crashes_for_ever_is_bounded_and_told_of(machine, maker):
    """At most a start every 2 s and 100 journal lines a minute, and no other container notices."""
    maker.install(description("good", containers={"steady": {}}))
    machine.run(["update-agent", "install",
                 maker.make(description("bad", containers={"crashing": {}}), "/srv/bad.bundle")],
                timeout=120)
    steady = pids(machine)["steady"]
    # Once it is installed, another container takes its place: one that says READY and then crashes.
    machine.run("NOTIFY_SOCKET=/run/systemd/notify podman create --name crasher --cgroups=split"
                " --sdnotify=container --network=host --log-driver=journald"
                " --label update-agent.container=crashing localhost/ready:1.0.0 /ready --crash-after 200")
    machine.write_file("/etc/systemd/system/crashing.service.d/crash.conf",
                       "[Service]\nExecStart=\nExecStart=/usr/bin/podman start crasher\n")
    machine.run("systemctl daemon-reload")
    time.sleep(1.5)  # journalctl counts from full seconds, and the preparation is not meant
    begin = machine.run("date +%s").stdout.strip()
    machine.run(f"pkill --signal KILL --parent {pids(machine)['crashing']}")
    time.sleep(60)
    starts = machine.run(f"journalctl --since=@{begin} --unit=crashing.service --output=cat"
                         " | grep -c '^Starting '", check=False).stdout
    lines = machine.run(f"journalctl --since=@{begin} | wc -l").stdout
    assert 1 <= int(starts) <= 30, machine.journal("--since=@" + begin)
    assert int(lines) <= 100, machine.journal("--since=@" + begin)
    assert pids(machine)["steady"] == steady
    assert status(machine)["crashing"]["state"] in ("crashing", "failed")


def test_a_failure_at_a_stop_that_was_asked_for_makes_nobody_wait(machine, maker):
    """As most programs end at SIGTERM that have no handler for it."""
    rude = {"command": ["/ready", "--stop-exit", "143"]}
    maker.install(description("rude", containers={"plain": rude}))
    newer = maker.make(description("rude", version="1.1.0", containers={
        "plain": {**rude, "env": {"NEW": "1"}}}), "/srv/newer.bundle")
    for command in ("systemctl restart plain.service", "update-agent restart plain",
                    f"update-agent install {newer}"):
        before = pids(machine)["plain"]
        begin = time.monotonic()
        machine.run(command, timeout=120)
        assert time.monotonic() - begin < 30, machine.journal("--unit=plain.service")
        assert pids(machine)["plain"] not in (0, before)
    # The next crash is one again.
    machine.run(f"pkill --signal KILL --parent {pids(machine)['plain']}")
    machine.wait_until("! test -e /run/update-agent/asked-to-stop/plain")
    machine.wait_active("plain.service")


def test_a_stop_in_the_middle_of_a_start_leaves_nothing_behind(machine, maker):
    """Between making the container's first process and starting it, podman is killed by the stop."""
    maker.install(description("good", containers={"steady": {}}))
    machine.run("systemctl stop good-restart.target steady.service", timeout=60)
    for delay in range(0, 300, 15):
        machine.run(f"systemctl start --no-block steady.service; sleep {delay / 1000};"
                    " timeout 30 systemctl stop steady.service", timeout=60)
        left = machine.run("cat /sys/fs/cgroup/bundles.slice/bundles-good.slice/steady.service/cgroup.procs",
                           check=False).stdout
        assert not left, machine.journal("--unit=steady.service")
    machine.run("systemctl reset-failed steady.service; update-agent start good", timeout=60)
    assert machine.active("steady.service")
