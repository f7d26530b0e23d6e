# SPDX-License-Identifier: GPL-3.0-or-later
"""Another version of what is installed, and back from it."""

import itertools
import json

from support.bundles import description, pids, state, status, without_failed_sets

OTHERS = [description(f"other{number}", containers={f"other{number}-main": {}}) for number in range(9)]


def base(version: str, start_timeout: str = "20s", settle_time: str = "2s", **options) -> str:
    return description("base", type="base", version=version, settle_time=settle_time,
                       start_timeout=start_timeout, containers={"changes": options, "stays": {}})


ADDON = description("addon", requires={"base": "^1.0"},
                    containers={"reader": {}, "bound": {"requires": ["reader"]}})


def lasting(machine) -> list[str]:
    """All but who runs: what was replaced for a while is another invocation."""
    return [line for line in without_failed_sets(state(machine)).splitlines()
            if not line.startswith(("running", "MainPID", "InvocationID"))]


def test_an_update_touches_nothing_but_what_changed(machine, maker):
    maker.install(base("1.0.0"), ADDON, *OTHERS)
    before = pids(machine)
    newer = maker.make(base("1.1.0", env={"NEW": "1"}), "/srv/newer.bundle")
    shown = machine.run(f"update-agent install {newer}", timeout=120).stdout
    assert "updated  base 1.1.0 from 1.0.0" in shown
    after = pids(machine)
    assert after["changes"] not in (0, before["changes"])
    assert {name: pid for name, pid in after.items() if name != "changes"} == \
        {name: pid for name, pid in before.items() if name != "changes"}
    listed = json.loads(machine.run("update-agent list --json").stdout)
    assert {each["id"]: each["version"] for each in listed["bundles"]}["base"] == "1.1.0"
    newer = maker.make(description("other0", version="1.1.0",
                                   containers={"other0-main": {"env": {"NEW": "1"}}}), "/srv/o.bundle")
    machine.run(f"update-agent install {newer}", timeout=120)
    last = pids(machine)
    assert last.pop("other0-main") not in (0, after.pop("other0-main"))
    assert last == after
    machine.reboot()
    machine.wait_active("changes.service")


def test_an_update_that_never_becomes_ready_is_back_on_the_old_version(machine, maker):
    maker.install(base("1.0.0"), ADDON)
    before, bystanders = lasting(machine), pids(machine)
    bad = maker.make(base("1.1.0", start_timeout="6s", command=["/ready", "--never"]),
                     "/srv/bad.bundle")
    failed = machine.run(f"update-agent install {bad}", timeout=180, check=False)
    assert failed.rc == 8, failed
    assert "changes.service" in failed.stderr and "the old set is running again" in failed.stderr
    after = pids(machine)
    assert all(after.values())
    assert {name: after[name] for name in ("stays", "reader", "bound")} == \
        {name: bystanders[name] for name in ("stays", "reader", "bound")}
    assert {each["state"] for each in status(machine).values()} == {"running"}
    assert lasting(machine) == before
    again = machine.run(f"update-agent install {bad}", check=False)
    assert again.rc == 5 and "changes.service" in again.stderr and "--retry" in again.stderr, again


def test_an_update_that_crashes_within_the_settle_time(machine, maker):
    maker.install(base("1.0.0"), ADDON)
    bad = maker.make(base("1.1.0", settle_time="20s",
                          command=["/ready", "--print", "no \x9b1mport", "--crash-after", "5000"]),
                     "/srv/bad.bundle")
    failed = machine.run(f"update-agent install {bad}", timeout=180, check=False)
    assert failed.rc == 8, failed
    lines = failed.stderr.splitlines()
    unit, = (number for number, line in enumerate(lines) if "  changes.service: " in line)
    told = list(itertools.takewhile(lambda line: line.startswith("    | "), lines[unit + 1:]))
    # Nothing of podman's or conmon's own is among them.
    assert set(told) == {"    | no ?1mport", "    | ready: crashing as asked"}, failed
    assert len(told) <= 5
    assert {each["state"] for each in status(machine).values()} == {"running"}
    listed = json.loads(machine.run("update-agent list --json").stdout)
    assert {each["id"]: each["version"] for each in listed["bundles"]}["base"] == "1.0.0"


def test_what_podman_cannot_start_says_why(machine, maker):
    bad = maker.make(description("odd", containers={"odd": {"entrypoint": ["/no-such-program"]}}),
                     "/srv/bad.bundle")
    failed = machine.run(f"update-agent install {bad}", timeout=180, check=False)
    assert failed.rc == 8, failed
    told = [line for line in failed.stderr.splitlines() if line.startswith("    | ")]
    assert any("no-such-program" in line for line in told), failed


def test_a_container_that_goes_and_one_that_comes(machine, maker):
    maker.install(base("1.0.0"), ADDON)
    before = pids(machine)
    newer = maker.make(description("base", type="base", version="1.2.0",
                                   containers={"stays": {}, "comes": {}}), "/srv/newer.bundle")
    machine.run(f"update-agent install {newer}", timeout=120)
    after = pids(machine)
    assert after["stays"] == before["stays"] and after["reader"] == before["reader"]
    assert after["comes"] and "changes" not in after
    assert not machine.active("changes.service")
    failed = machine.run("systemctl --failed --plain --no-legend", check=False).stdout
    assert "changes" not in failed
