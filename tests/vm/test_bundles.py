# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole way on a whole machine: apt, bundles, a reboot, a power cut, and the kernel's limits."""

from support import images
from support.bundles import Maker, description, pids, status

BASE = description("base", type="base", start_timeout="90s", containers={
    "limited": {"memory-max": "48M", "pids-limit": 32, "cpus": 0.5}})
ADDON = description("addon", requires={"base": "*"}, start_timeout="90s",
                    containers={"reader": {}, "sensor": {"requires": ["reader"]}})


def test_bundles_run_within_their_limits_and_come_back(bare_vm, repository, pki):
    vm = bare_vm
    vm.apt_install(repository, "update-agent")
    images.load(vm)
    maker = Maker(vm, pki)
    paths = [maker.make(text, f"/srv/{name}.bundle") for name, text in (("b", BASE), ("a", ADDON))]
    vm.run(["update-agent", "install", *paths], timeout=300)
    check_limits(vm)

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
