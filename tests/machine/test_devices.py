# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices of containers: what they are created with, and what follows when a number changes."""

import json
import time

import pytest

from support.bundles import description, refuse, status

pytestmark = pytest.mark.one_suite

SERVICE = "update-agent-recreate.service"
LINK = "/dev/serial/by-id/usb-lidar"
NULL, ZERO, FULL = "1:3", "1:5", "1:7"


def numbers(machine, **nodes: str) -> None:
    """Nodes of these numbers, now and after a boot; the link leads to the lidar."""
    lines = [f"c+ /dev/{name} 0666 root root - {number}\n" for name, number in nodes.items()]
    lines += ["d /dev/serial/by-id 0755 root root -\n", f"L+ {LINK} - - - - ../../lidar\n"]
    machine.write_file("/etc/tmpfiles.d/nodes.conf", "".join(lines))
    machine.run("rm --force /dev/lidar /dev/camera && systemd-tmpfiles --create --prefix=/dev")


def bundles() -> tuple[str, str]:
    base = description("base", type="base", containers={
        "lidar": {"devices": [LINK]},
        "bound": {"requires": ["lidar"]},
        "camera": {"devices": ["/dev/camera"]}})
    view = description("view", requires={"base": "*"}, containers={
        "both": {"devices": ["/dev/camera", LINK]}, "plain": {}})
    return base, view


def ids(machine) -> dict[str, str]:
    """podman's ids, which are others for containers that were created again."""
    listed = json.loads(machine.run("podman ps --all --format json").stdout)
    return {each["Labels"]["update-agent.container"]: each["Id"] for each in listed}


def changed(before: dict, after: dict) -> set[str]:
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}


def inside(machine, container: str, path: str) -> str:
    """Number of the device as the container has it, major:minor."""
    pid = machine.run(["podman", "inspect", "--format", "{{.State.Pid}}",
                       status(machine)[container]["podman-name"]]).stdout.strip()
    major, minor = machine.run(f"stat -c '%t %T' /proc/{pid}/root{path}").stdout.split()
    return f"{int(major, 16)}:{int(minor, 16)}"


def wait_up(machine, *containers: str) -> None:
    for name in containers:
        machine.wait_active(f"{name}.service", timeout=60)


def invocations(machine) -> dict[str, str]:
    return {name: each["unit"]["invocation-id"] for name, each in status(machine).items()}


@pytest.fixture
def equipped(machine, maker):
    numbers(machine, lidar=NULL, camera=FULL)
    maker.install(*bundles())
    return machine


def test_a_device_keeps_its_name_inside_and_is_in_the_labels_alone(equipped):
    machine = equipped
    assert inside(machine, "lidar", LINK) == NULL
    assert inside(machine, "both", "/dev/camera") == FULL
    assert machine.exists("/opt/operation/systemd-units/has-devices")
    name = status(machine)["lidar"]["podman-name"]
    labels = json.loads(machine.run(["podman", "inspect", name]).stdout)[0]["Config"]["Labels"]
    assert labels[f"update-agent.device.{LINK}"] == "1.3"
    stored = json.loads(machine.read_file("/opt/operation/systemd-units/../containers/lidar"))
    assert f"--device={LINK}" in stored["arguments"]
    assert not any("update-agent.device" in argument for argument in stored["arguments"])
    assert machine.run("update-agent verify", check=False, timeout=120).ok
    # The very name, so that the digest of the arguments is independent of the number.
    numbers(machine, lidar=ZERO, camera=FULL)
    machine.run(["podman", "rm", "--force", "--time", "0", name])
    assert machine.run("update-agent verify --repair", check=False, timeout=120).ok
    machine.run("update-agent start lidar", timeout=120)
    assert status(machine)["lidar"]["podman-name"] == name
    assert inside(machine, "lidar", LINK) == ZERO


def test_a_bundle_whose_device_is_missing_is_refused(machine, maker):
    numbers(machine, camera=FULL)
    maker.install(description("other"))
    path = maker.make(bundles()[0], "/srv/base.bundle")
    refuse(machine, path, 5, "base 1.0.0:", f" containers[0].devices[0]: {LINK} is missing")
    plain = maker.make(description("dir", containers={"a": {"devices": ["/dev/shm"]}}),
                       "/srv/dir.bundle")
    refuse(machine, plain, 5, "containers[0].devices[0]: /dev/shm is a directory")


def test_at_boot_exactly_those_that_changed_are_created_again(equipped):
    machine = equipped
    before = ids(machine)
    machine.reboot()
    wait_up(machine, *before)
    assert changed(before, ids(machine)) == set()
    assert machine.show(SERVICE, "Result") == {"Result": "success"}

    numbers(machine, lidar=ZERO, camera=FULL)
    machine.reboot()
    wait_up(machine, *before)
    assert changed(before, ids(machine)) == {"lidar", "both"}
    assert inside(machine, "lidar", LINK) == inside(machine, "both", LINK) == ZERO
    assert inside(machine, "both", "/dev/camera") == FULL
    last = json.loads(machine.run("update-agent history --json").stdout)["operations"][-1]
    assert last["operation"] == "recreate" and last["outcome"] == "done"
    assert last["bundles"] == ["base 1.0.0", "view 1.0.0"]
    assert any(f"{LINK} was 1.3 and is 1.5" in note for note in last["notes"])
    # It was done before anything of the bundles was started.
    done = int(machine.show(SERVICE, "InactiveEnterTimestampMonotonic").popitem()[1])
    for name in before:
        assert int(machine.show(f"{name}.service", "InactiveExitTimestampMonotonic").popitem()[1]) > done
    assert machine.run("update-agent verify", check=False, timeout=120).ok


def test_a_device_that_is_missing_at_boot_keeps_nothing_from_starting(equipped):
    machine = equipped
    before = ids(machine)
    numbers(machine, camera=ZERO)
    machine.reboot()
    wait_up(machine, "camera", "plain")
    assert changed(before, ids(machine)) == {"camera"}
    assert f"the device {LINK} of the container lidar is missing" in machine.journal("-u", SERVICE)
    assert machine.show(SERVICE, "Result") == {"Result": "success"}
    lidar = status(machine)["lidar"]["devices"]
    assert lidar == [{"path": LINK, "created": "1.3", "now": None}]
    assert "missing" in machine.run("update-agent status").stdout

    # It is plugged in, with another number; udev starts this.
    numbers(machine, lidar=FULL, camera=ZERO)
    machine.run(["systemctl", "start", SERVICE], timeout=120)
    assert inside(machine, "lidar", LINK) == inside(machine, "both", LINK) == FULL
    wait_up(machine, *before)


def test_a_container_without_labels_is_created_again(equipped):
    machine = equipped
    before = ids(machine)
    machine.run("update-agent stop camera", timeout=120)
    stored = json.loads(machine.read_file("/opt/operation/systemd-units/../containers/camera"))
    machine.run(["podman", "rm", status(machine)["camera"]["podman-name"]])
    machine.run(["env", "NOTIFY_SOCKET=/run/systemd/notify", "podman", "create",
                 *stored["arguments"]])
    without = ids(machine)
    assert changed(before, without) == {"camera"}
    machine.reboot()
    wait_up(machine, *before)
    assert changed(without, ids(machine)) == {"camera"}
    assert "has no label" in machine.journal("-u", SERVICE) + machine.run(
        "update-agent history --json").stdout


def test_while_it_runs_exactly_the_users_of_a_changed_device_restart(equipped):
    machine = equipped
    before, run_before = ids(machine), invocations(machine)
    machine.run(["systemctl", "start", SERVICE])
    assert ids(machine) == before and invocations(machine) == run_before

    numbers(machine, lidar=ZERO, camera=FULL)
    now = status(machine)["lidar"]["devices"]
    assert now == [{"path": LINK, "created": "1.3", "now": "1.5"}]
    machine.run(["systemctl", "start", SERVICE], timeout=120)
    wait_up(machine, *before)
    assert changed(before, ids(machine)) == {"lidar", "both"}
    assert changed(run_before, invocations(machine)) == {"lidar", "both", "bound"}
    assert inside(machine, "lidar", LINK) == ZERO
    assert status(machine)["lidar"]["devices"][0]["created"] == "1.5"
    for unit in ("base.target", "view.target", "base-restart.target", "view-restart.target"):
        assert machine.active(unit)


def test_what_is_interrupted_is_finished_at_the_next_boot(equipped):
    machine = equipped
    before = ids(machine)
    numbers(machine, lidar=ZERO, camera=FULL)
    machine.run(["systemctl", "start", "--no-block", SERVICE])
    lidar = before["lidar"]
    machine.wait_until(f"! podman container exists {lidar}", timeout=60)
    machine.kill()
    machine.boot()
    wait_up(machine, *before)
    assert changed(before, ids(machine)) == {"lidar", "both"}
    assert inside(machine, "lidar", LINK) == inside(machine, "both", LINK) == ZERO
    assert not machine.exists("/opt/operation/update-agent/transaction")


def test_a_failure_is_told_and_the_bundles_start(equipped):
    machine = equipped
    numbers(machine, lidar=ZERO, camera=FULL)
    containers = machine.run("readlink -f /opt/operation/systemd-units/../containers").stdout.strip()
    machine.write_file(f"{containers}/lidar", "{}")
    machine.reboot()
    wait_up(machine, "lidar", "bound", "camera", "both", "plain")
    assert machine.show(SERVICE, "Result") == {"Result": "exit-code"}
    assert inside(machine, "both", LINK) == ZERO
    assert inside(machine, "lidar", LINK) == NULL


def test_without_devices_no_process_is_started(machine, maker):
    numbers(machine, lidar=NULL)
    maker.install(description("plain"), description("eye", containers={"a": {"devices": [LINK]}}))
    machine.run("update-agent remove eye", timeout=120)
    machine.reboot()
    machine.wait_active("plain-main.service", timeout=60)
    started = machine.show(SERVICE, "InactiveExitTimestampMonotonic", "ConditionResult")
    assert started == {"InactiveExitTimestampMonotonic": "0", "ConditionResult": "no"}
    # By hand, too.
    machine.run("strace -f -e trace=execve -o /tmp/trace update-agent recreate")
    assert machine.read_file("/tmp/trace").count("execve(") == 1


def test_an_operation_that_runs_is_waited_for(equipped):
    machine = equipped
    before = ids(machine)
    numbers(machine, lidar=ZERO, camera=FULL)
    machine.run("systemd-run --unit=holder flock /opt/operation/update-agent/lock sleep 5")
    machine.wait_until("systemctl is-active holder && ! flock -n /opt/operation/update-agent/lock true")
    by_hand = machine.run("update-agent recreate", check=False)
    assert by_hand.rc == 7, by_hand
    begin = time.monotonic()
    machine.run(["systemctl", "start", SERVICE], timeout=120)
    assert time.monotonic() - begin > 2
    wait_up(machine, *before)
    assert changed(before, ids(machine)) == {"lidar", "both"}


def test_the_rule_for_udev_asks_where_a_bundle_has_a_device(machine, maker):
    def properties(device: str) -> str:
        done = machine.run(["udevadm", "test", "--action=add", device], check=False)
        return done.stdout + done.stderr

    device = "/sys/class/misc/" + machine.run("ls /sys/class/misc").lines[0]
    wanted = f"SYSTEMD_WANTS={SERVICE}"
    assert wanted not in properties(device)
    numbers(machine, lidar=NULL, camera=FULL)
    maker.install(*bundles())
    assert wanted in properties(device)
    assert wanted not in properties("/sys/class/mem/null")
