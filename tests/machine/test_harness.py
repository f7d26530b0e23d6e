# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine tier itself: what the other tests take for granted."""

import pytest

from support import images, roots

_UNIT = """[Service]
Type=notify
NotifyAccess=all
Delegate=yes
ExecStart=/usr/bin/podman start sample
ExecStop=/usr/bin/podman stop sample
[Install]
WantedBy=multi-user.target
"""


def test_a_container_runs_under_systemd_and_again_after_a_reboot(bare_machine):
    images.load(bare_machine)
    bare_machine.run("NOTIFY_SOCKET=/run/systemd/notify podman create --name sample --cgroups=split"
                     " --sdnotify=container --network=host --log-driver=journald"
                     " localhost/ready:1.0.0 /ready --print hello")
    bare_machine.write_file("/etc/systemd/system/sample.service", _UNIT)
    bare_machine.run("systemctl daemon-reload && systemctl enable --now sample.service")
    first = bare_machine.show("sample.service", "ActiveState", "InvocationID")
    bare_machine.reboot()
    second = bare_machine.show("sample.service", "ActiveState", "InvocationID")
    assert first["ActiveState"] == second["ActiveState"] == "active"
    assert first["InvocationID"] != second["InvocationID"]
    assert "hello" in bare_machine.journal("CONTAINER_NAME=sample")


def test_a_container_that_never_says_ready_does_not_become_active(bare_machine):
    images.load(bare_machine)
    bare_machine.run("NOTIFY_SOCKET=/run/systemd/notify podman create --name sample --cgroups=split"
                     " --sdnotify=container --network=host localhost/ready:1.0.0 /ready --never")
    bare_machine.write_file("/etc/systemd/system/sample.service",
                            _UNIT.replace("Delegate", "TimeoutStartSec=2s\nDelegate"))
    assert not bare_machine.run("systemctl daemon-reload; systemctl start sample", check=False).ok
    assert bare_machine.show("sample", "Result") == {"Result": "timeout"}


@pytest.mark.parametrize("opt, mounted", [("root", False), ("bind", True), ("tmpfs,size=8M", True)])
def test_opt_may_be_a_mount(new_machine, suite, opt, mounted):
    machine = new_machine(roots.machine(suite), opt=opt)
    machine.boot()
    assert machine.active("opt.mount") == mounted
    assert machine.run("findmnt /opt", check=False).ok == mounted


def test_two_machines_do_not_see_each_other(new_machine, suite):
    machines = [new_machine(roots.minimal(suite)) for _ in range(2)]
    for machine in machines:
        machine.boot()
    machines[0].run("systemd-run --unit=only-here sleep infinity")
    assert machines[0].active("only-here.service")
    assert "only-here" not in machines[1].run("systemd-cgls --no-pager").stdout


def test_files_outlive_a_death_of_the_machine(bare_machine, tmp_path):
    bare_machine.write_file("/opt/kept", "text")
    bare_machine.kill()
    assert bare_machine.path("/opt/kept").read_text() == "text"
    bare_machine.boot()
    bare_machine.copy_out("/opt", tmp_path / "out")
    assert (tmp_path / "out/kept").read_text() == "text"
    bare_machine.copy_in(tmp_path / "out", "/srv/in")
    assert bare_machine.read_file("/srv/in/kept") == "text"


def test_a_minimal_machine_has_no_podman(minimal_machine):
    assert minimal_machine.run("systemctl is-system-running").stdout == "running\n"
    assert not minimal_machine.run("command -v podman", check=False).ok


def test_a_command_that_hangs_is_ended(bare_machine):
    with pytest.raises(AssertionError, match="no end after"):
        bare_machine.run("sleep 12345", timeout=0.5)
    assert not bare_machine.run("pgrep -f 'sleep 1234[5]'", check=False).ok
