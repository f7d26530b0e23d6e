# SPDX-License-Identifier: GPL-3.0-or-later
"""Back to an earlier set: by hand, and by itself where a change was interrupted."""

import json

import pytest

from support.bundles import description, pids, status

pytestmark = pytest.mark.one_suite


def base(version: str, settle_time: str = "500ms", **options) -> str:
    return description("base", type="base", version=version, settle_time=settle_time,
                       containers={"changes": options, "stays": {}})


ADDON = description("addon", requires={"base": "^1.0"}, containers={"reader": {}})
TRANSACTION = "/opt/operation/update-agent/transaction"


def versions(machine) -> dict[str, str]:
    listed = json.loads(machine.run("update-agent list --json").stdout)
    return {each["id"]: each["version"] for each in listed["bundles"]}


def test_an_earlier_set_is_put_back(machine, maker):
    maker.install(base("1.0.0"), ADDON)
    nothing = machine.run("update-agent rollback", check=False)
    assert nothing.rc == 6 and "no other generation is kept" in nothing.stderr, nothing
    newer = maker.make(base("1.1.0", env={"NEW": "1"}), "/srv/newer.bundle")
    machine.run(f"update-agent install {newer}", timeout=120)
    before = pids(machine)
    planned = machine.run("update-agent rollback --dry-run").stdout
    assert "would update  base 1.0.0 from 1.1.0" in planned and "changes.service" in planned
    assert pids(machine) == before

    machine.run("update-agent rollback", timeout=120)
    after = pids(machine)
    assert versions(machine) == {"base": "1.0.0", "addon": "1.0.0"}
    assert after.pop("changes") not in (0, before.pop("changes"))
    assert after == before
    assert machine.run("update-agent verify").ok
    newest = json.loads(machine.run("update-agent history --json").stdout)["operations"][-1]
    assert (newest["operation"], newest["exit-code"]) == ("rollback", 0)
    unknown = machine.run("update-agent rollback 99", check=False)
    assert unknown.rc == 6 and "kept are 2 1" in unknown.stderr, unknown

    machine.reboot()
    machine.wait_active("reader.service")
    assert versions(machine)["base"] == "1.0.0"


def killed_while_it_watches(machine, maker, text: str) -> None:
    """The agent dies once the new set runs, and before it is confirmed."""
    old = pids(machine)["changes"]
    path = maker.make(text, "/srv/newer.bundle")
    machine.run(f"systemd-run --quiet --unit=interrupted update-agent --no-service install {path}")
    machine.wait_until(f"test $(systemctl show changes.service -P MainPID) -ne {old} &&"
                       " systemctl is-active --quiet changes.service", timeout=60)
    machine.run("systemctl kill --signal=KILL interrupted.service")
    machine.wait_until("! systemctl is-active --quiet interrupted.service")
    assert machine.exists(TRANSACTION)


def test_a_set_that_was_switched_to_is_judged_after_the_boot(machine, maker):
    maker.install(base("1.0.0"), ADDON)
    killed_while_it_watches(machine, maker, base("1.1.0", settle_time="8s", env={"NEW": "1"}))
    machine.reboot()
    machine.wait_until(f"test ! -e {TRANSACTION}", timeout=60)
    assert versions(machine)["base"] == "1.1.0"
    assert "generation 2, confirmed" in machine.run("update-agent status").stdout
    for unit in ("update-agent-recover.service", "update-agent-confirm.service"):
        assert machine.show(unit, "Result") == {"Result": "success"}, unit
        assert machine.show(unit, "InactiveExitTimestampMonotonic") != {
            "InactiveExitTimestampMonotonic": "0"}, unit

    # And where it does not become healthy, the machine is back on what ran before.
    killed_while_it_watches(machine, maker, base(
        "1.2.0", settle_time="20s", command=["/ready", "--crash-after", "3000"]))
    machine.reboot()
    machine.wait_until(f"test ! -e {TRANSACTION}", timeout=120)
    assert versions(machine)["base"] == "1.1.0"
    assert machine.show("update-agent-confirm.service", "Result") == {"Result": "exit-code"}
    assert {each["state"] for each in status(machine).values()} == {"running"}
    again = machine.run("update-agent install /srv/newer.bundle", check=False)
    assert again.rc == 5 and "--retry" in again.stderr, again


def test_the_next_change_settles_what_was_interrupted(machine, maker):
    maker.install(base("1.0.0"), ADDON)
    killed_while_it_watches(machine, maker, base("1.1.0", settle_time="8s", env={"NEW": "1"}))
    removed = machine.run("update-agent remove addon", timeout=120)
    assert "the interrupted install of base 1.1.0 was finished" in removed.stderr, removed
    assert versions(machine) == {"base": "1.1.0"}
    assert not machine.exists(TRANSACTION)
