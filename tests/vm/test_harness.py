# SPDX-License-Identifier: GPL-3.0-or-later
"""The VM tier itself: what the other tests take for granted."""

import os

import pytest

from support import images


@pytest.mark.one_suite
def test_a_virtual_machine_is_a_whole_machine(bare_vm, tmp_path):
    controllers = bare_vm.read_file("/sys/fs/cgroup/cgroup.controllers").split()
    assert {"cpu", "io", "memory", "pids"} <= set(controllers)
    assert bare_vm.read_file("/proc/1/comm") == "systemd\n"

    images.load(bare_vm)
    limited = bare_vm.run("systemd-run --wait --pipe --quiet -p Delegate=yes podman run --rm"
                          " --cgroups=split --memory=64m localhost/ready:1.0.0"
                          " /ready --memory 128 --exit 0", check=False, timeout=120)
    assert limited.rc == 137, limited  # killed by the kernel at its limit

    data = os.urandom(3 << 20)
    (tmp_path / "in").write_bytes(data)
    bare_vm.copy_in(tmp_path / "in", "/var/tmp/directory/file")
    bare_vm.copy_out("/var/tmp/directory/file", tmp_path / "out")
    bare_vm.copy_out("/var/tmp/directory", tmp_path / "directory")
    assert (tmp_path / "out").read_bytes() == data
    assert (tmp_path / "directory/file").read_bytes() == data

    first = bare_vm.read_file("/proc/sys/kernel/random/boot_id")
    bare_vm.run("echo kept >/root/kept; sync; echo lost >/root/lost")
    bare_vm.power_cut()
    bare_vm.boot()
    assert bare_vm.read_file("/root/kept") == "kept\n"
    assert not bare_vm.exists("/root/lost")
    assert bare_vm.read_file("/proc/sys/kernel/random/boot_id") != first
    with pytest.raises(AssertionError, match="no end after"):
        bare_vm.run("sleep 1000", timeout=1)
    bare_vm.reboot()
    assert bare_vm.read_file("/root/kept") == "kept\n"
