# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole way on a whole machine: apt, bundles, a reboot, a power cut, and the kernel's limits."""

import pytest

from support.bundles import Maker, description, pids, status
from support.container_process import Process

BASE = description("base", type="base", start_timeout="90s", containers={
    "limited": {"memory-max": "48M", "pids-limit": 32, "cpus": 0.5},
    "fast": {"realtime": True},
    "mapped": {"uid-map": ["0:200000:1000"], "gid-map": ["0:300000:1000"], "network": "none"}})
ADDON = description("addon", requires={"base": "*"}, start_timeout="90s",
                    containers={"reader": {}, "sensor": {"requires": ["reader"]}})


@pytest.mark.one_suite
def test_bundles_run_within_their_limits_and_come_back(bare_vm, machine, repository, pki):
    vm = bare_vm
    vm.apt_install(repository, "update-agent")
    maker = Maker(vm, pki, workshop=machine)
    paths = [maker.make(text, f"/srv/{name}.bundle") for name, text in (("b", BASE), ("a", ADDON))]
    vm.run(["update-agent", "install", *paths], timeout=300)
    check_limits(vm)
    check_realtime(vm)
    check_mapping(vm)

    vm.reboot()
    for unit in ("limited.service", "sensor.service"):
        vm.wait_active(unit, timeout=120)
    check_limits(vm)

    before = pids(vm)
    vm.run("sync")
    vm.power_cut()
    vm.boot()
    for unit in ("limited.service", "sensor.service"):
        vm.wait_active(unit, timeout=180)
    assert all(container["state"] == "running" for container in status(vm).values())
    assert set(pids(vm)) == set(before)


def check_limits(vm) -> None:
    """As the kernel has them, for the cgroup that the payload is in."""
    group = "/sys/fs/cgroup/bundles.slice/bundles-base.slice/limited.service"
    assert vm.read_file(f"{group}/memory.max").strip() == str(48 << 20)
    assert vm.read_file(f"{group}/pids.max").strip() == "32"
    assert vm.read_file(f"{group}/cpu.max").split() == ["50000", "100000"]
    payload = vm.run("pgrep --full '^/ready$' | head -1").stdout.strip()
    assert vm.run(f"cat /proc/{payload}/cgroup").stdout.startswith("0::/bundles.slice/")


def check_realtime(vm) -> None:
    limited, fast = Process(vm, "limited"), Process(vm, "fast")
    for name in ("pid", "ipc"):
        ours = vm.run(f"readlink /proc/1/ns/{name}").stdout.strip()
        assert fast.link(f"ns/{name}") == ours != limited.link(f"ns/{name}")
    assert fast.limit("Max msgqueue size") == ["unlimited"] * 2
    assert fast.limit("Max open files") == ["768"] * 2
    assert fast.limit("Max stack size") == ["524288"] * 2


def check_mapping(vm) -> None:
    mapped = Process(vm, "mapped")
    assert mapped.read("uid_map").split() == ["0", "200000", "1000"]
    assert mapped.read("gid_map").split() == ["0", "300000", "1000"]
    assert mapped.status("Uid") == ["200000"] * 4 and mapped.status("Gid") == ["300000"] * 4
