# SPDX-License-Identifier: GPL-3.0-or-later
"""A device that is pulled out and comes back with another number, as the kernel and udev have it."""

import json

import pytest

from support.bundles import Maker, description, status
from support.qmp import PluggedPorts
from support.vm_image import vm_image

pytestmark = pytest.mark.one_suite

DEVICE = "/dev/virtio-ports/robot"
TEXT = description("base", type="base", start_timeout="90s", containers={
    "robot": {"devices": [DEVICE]}, "bound": {"requires": ["robot"]}, "other": {}})


def number(vm) -> str:
    major, minor = vm.run(f"stat --dereference -c '%t %T' {DEVICE}").stdout.split()
    return f"{int(major, 16)}.{int(minor, 16)}"


def device(vm) -> dict:
    return status(vm)["robot"]["devices"][0]


def runs(vm) -> dict[str, str]:
    return {name: each["unit"]["invocation-id"] for name, each in status(vm).items()}


def wait_for_recreation(vm, now: str) -> None:
    wanted = f'.bundles[].containers[] | select(.name == "robot") | .devices[0].created == "{now}"'
    vm.wait_until(f"update-agent status --json | jq --exit-status '{wanted}'", timeout=120)
    for name in ("robot", "bound", "other"):
        vm.wait_active(f"{name}.service", timeout=120)


def test_a_device_that_comes_back_with_another_number_restarts_its_users(
        new_vm, machine, suite, installed_root, pki, tmp_path):
    ports = PluggedPorts(tmp_path)
    vm = new_vm(vm_image(suite, installed_root), qemu_options=ports.qemu_options)
    vm.boot()
    ports.plug("robot", 3)
    vm.wait_until(f"test -e {DEVICE}")
    first = number(vm)
    # Without a bundle that has a device nobody is asked.
    assert vm.show("update-agent-recreate.service", "InactiveExitTimestampMonotonic") == {
        "InactiveExitTimestampMonotonic": "0"}
    Maker(vm, pki, workshop=machine).install(TEXT)
    assert device(vm) == {"path": DEVICE, "created": first, "now": first}
    before = runs(vm)

    ports.pull("robot")
    vm.wait_until(f"! test -e {DEVICE}")
    assert device(vm)["now"] is None
    ports.plug("robot", 7)
    vm.wait_until(f"test -e {DEVICE}")
    second = number(vm)
    assert second != first
    wait_for_recreation(vm, second)
    after = runs(vm)
    assert {name for name in before if before[name] != after[name]} == {"robot", "bound"}

    # Once more: udev and systemd start it for each time that it is plugged in.
    ports.pull("robot")
    vm.wait_until(f"! test -e {DEVICE}")
    ports.plug("robot", 9)
    vm.wait_until(f"test -e {DEVICE}")
    wait_for_recreation(vm, number(vm))

    # Another device costs no call of podman, and disturbs nobody.
    quiet = runs(vm)
    ports.plug("stranger", 11)
    vm.wait_until("test -e /dev/virtio-ports/stranger")
    vm.wait_until("systemctl show --property=ActiveState update-agent-recreate.service"
                  " | grep --quiet inactive")
    assert runs(vm) == quiet
    done = json.loads(vm.run("update-agent history --json").stdout)["operations"]
    assert [each["operation"] for each in done] == ["install", "recreate", "recreate"]
