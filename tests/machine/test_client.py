# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that the service carries out, as the one who calls sees them."""

import json
import re

import pytest

from support.bundles import description

pytestmark = pytest.mark.one_suite

NOBODY = "setpriv --reuid=nobody --regid=nogroup --clear-groups"


def base(version: str = "1.0.0", settle_time: str = "500ms") -> str:
    return description("base", type="base", version=version, settle_time=settle_time,
                       containers={"robot": {"env": {"VERSION": version}}})


def jobs(machine) -> list:
    """Object, operation, state and caller of each."""
    listed = machine.run("busctl --json=short call org.updateagent /org/updateagent"
                         " org.updateagent.Manager1 ListJobs").stdout
    return json.loads(listed)["data"][0]


def newest(machine) -> dict:
    return json.loads(machine.run("update-agent history --json").stdout)["operations"][-1]


def printed(machine, command: str) -> tuple:
    done = machine.run(f"update-agent {command}", check=False, timeout=120)
    numbers = r"generation \d+|kept are [\d ]+, see 'update-agent history'|no other generation is kept"
    return done.rc, *(re.sub(numbers, "generation N", each) for each in (done.stdout, done.stderr))


def test_the_service_prints_what_the_command_prints(machine, maker):
    path = maker.make(base(), "/srv/base.bundle")
    other = maker.make(description("view", requires={"base": "^2.0"}), "/srv/view.bundle")
    commands = [f"install {path}", f"install {path}", f"install {other} /nowhere", f"install {other}",
                "install /dev/null", "restart robot", "restart nothing", "stop robot", "start robot",
                "remove nothing", "verify --repair", "rollback 99", "remove base", "rollback"]
    for options in ("", " --json"):
        by_service = [printed(machine, command + options) for command in commands]
        count = len(jobs(machine))
        assert count > 0
        machine.run("update-agent remove base --no-service", timeout=60)
        here = [printed(machine, command + options + " --no-service") for command in commands]
        machine.run("update-agent remove base --no-service", timeout=60)
        assert len(jobs(machine)) == count
        for command, one, two in zip(commands, by_service, here, strict=True):
            if options and one[0] == 0:
                one, two = ((each[0], sorted(json.loads(each[1])), each[2]) for each in (one, two))
            assert one == two, command


def test_who_does_not_wait_can_watch(machine, maker):
    path = maker.make(base(settle_time="5s"), "/srv/base.bundle")
    number = machine.run(f"update-agent install --no-wait {path}").stdout.strip()
    assert newest_is_not_there(machine)
    watched = machine.run(f"update-agent watch {number} --progress=json", timeout=120).lines
    end = json.loads(watched[-1])
    assert end["exit-code"] == 0 and end["result"]["installed"][0]["id"] == "base", end
    assert {"effect", "step", "end"} <= {json.loads(line)["event"] for line in watched}
    again = machine.run(f"update-agent watch {number}").stdout
    assert again == end["text"]
    unknown = machine.run("update-agent watch 99999", check=False)
    assert unknown.rc == 6 and "no job 99999" in unknown.stderr, unknown


def newest_is_not_there(machine) -> bool:
    return json.loads(machine.run("update-agent history --json").stdout)["operations"] == []


def test_a_terminal_that_is_closed_ends_nothing(machine, maker):
    path = maker.make(base(settle_time="5s"), "/srv/base.bundle")
    # What the terminal leaves behind is not ended by systemd.
    machine.run("systemd-run --quiet --unit=terminal --property=KillMode=process"
                " script --quiet --return --command"
                f" 'update-agent install {path}' /run/typescript")
    machine.wait_active("robot.service")
    machine.run("pkill --signal KILL --exact script")
    machine.wait_until("! systemctl is-active --quiet terminal.service")
    machine.run("pkill --signal KILL --full 'update-agent install'")
    assert jobs(machine)[-1][2] == "running"
    number = jobs(machine)[-1][0].rsplit("/", 1)[-1]
    machine.run(f"update-agent watch {number}", timeout=120)
    assert newest(machine)["outcome"] == "done"
    assert json.loads(machine.run("update-agent status --json").stdout)["confirmed"]


def test_a_service_that_is_killed_is_found_again(machine, maker):
    path = maker.make(base(settle_time="5s"), "/srv/base.bundle")
    machine.run(f"systemd-run --quiet --unit=caller update-agent install {path} --verbose")
    machine.wait_active("robot.service")
    machine.run("busctl status org.updateagent | sed -n s/^PID=//p | xargs kill -KILL")
    machine.wait_until("! systemctl is-active --quiet caller.service", timeout=120)
    assert machine.show("caller.service", "Result")["Result"] == "success"
    assert newest(machine)["outcome"] == "done"


def test_who_has_no_right_reads_which_one(machine, maker):
    path = maker.make(base(), "/srv/base.bundle")
    machine.run(["chmod", "0644", path])
    for command, action in ((f"install {path}", "install"), ("remove base", "remove"),
                            ("rollback", "rollback"), ("stop robot", "manage-units"),
                            ("verify --repair", "install")):
        denied = machine.run(f"{NOBODY} update-agent {command}", check=False)
        assert denied.rc == 10 and f"org.updateagent.{action}" in denied.stderr, denied
    assert newest_is_not_there(machine)


def test_a_masked_service_is_done_without(machine, maker):
    machine.run("busctl call org.updateagent /org/updateagent org.freedesktop.DBus.Peer Ping")
    unit = machine.run("systemctl whoami $(busctl status org.updateagent | sed -n s/^PID=//p)",
                       check=False).stdout.strip() or "update-agent.service"
    machine.run(f"systemctl mask --runtime --now {unit}")
    path = maker.make(base(), "/srv/base.bundle")
    done = machine.run(f"update-agent install {path}", timeout=120)
    assert "installed  base 1.0.0" in done.stdout and done.stderr == "", done
    alone = machine.run("update-agent restart robot --no-wait", check=False)
    assert alone.rc == 12 and "the service is not there" in alone.stderr, alone
