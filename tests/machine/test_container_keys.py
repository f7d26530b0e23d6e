# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of a container, each read back from the one that runs: from /proc, podman and systemd.

Those that a machine in a container has no right to are in tests/vm/test_bundles.py.
"""

import pytest

from support.bundles import description, status
from support.container_process import Process, inspected

pytestmark = pytest.mark.one_suite

# Bits of capabilities(7), as /proc/PID/status counts them.
NET_ADMIN, NET_RAW, CHOWN, SETUID = 12, 13, 0, 7


def run_base(machine, maker, **containers: dict) -> None:
    maker.install(description("base", type="base", containers={
        name.replace("_", "-"): keys for name, keys in containers.items()}))


def test_what_runs_and_as_whom(machine, maker):
    run_base(machine, maker, plain={}, other={
        "user": "2050:2060", "groups": ["2070", "2071"], "workdir": "/proc", "init": True,
        "entrypoint": ["/ready", "--print"], "command": ["two words", "--print", "100% $HOME"],
        "env": {"LIMIT": "50% of $all", "EMPTY": "", "LINES": "one\ntwo"}, "stop-signal": "SIGINT"},
        terminal={"tty": True})
    plain, other = Process(machine, "plain"), inspected(machine, "other")
    assert plain.status("Uid") == ["0"] * 4
    assert plain.lists("cmdline") == ["/ready"]
    init = Process(machine, "other")
    assert init.lists("cmdline")[0].endswith("init")
    payload = machine.run(f"pgrep --parent {init.pid}").stdout.strip()
    init.pid = payload
    assert init.lists("cmdline") == ["/ready", "--print", "two words", "--print", "100% $HOME"]
    assert init.status("Uid") == ["2050"] * 4 and init.status("Gid") == ["2060"] * 4
    assert {"2070", "2071"} <= set(init.status("Groups"))
    assert init.link("cwd") == "/proc"
    assert {"LIMIT=50% of $all", "EMPTY=", "LINES=one\ntwo"} <= set(init.lists("environ"))
    assert other["Config"]["StopSignal"] in (2, "SIGINT")
    assert other["Config"]["Hostname"] == "other"
    assert Process(machine, "terminal").link("fd/0").startswith("/dev/pts/")


def test_what_it_may_do(machine, maker):
    run_base(machine, maker, plain={}, none={"cap-drop": ["ALL"]},
             more={"cap-add": ["NET_ADMIN", "CAP_NET_RAW"], "cap-drop": ["CHOWN"]})
    plain, more, none = (Process(machine, name) for name in ("plain", "more", "none"))
    assert plain.has(CHOWN) and plain.has(SETUID) and not plain.has(NET_ADMIN)
    assert more.has(NET_ADMIN) and more.has(NET_RAW) and not more.has(CHOWN) and more.has(SETUID)
    assert more.has(NET_ADMIN, "CapEff")
    assert none.status("CapBnd") == none.status("CapEff") == ["0" * 16]


def test_files_of_its_own(machine, maker):
    run_base(machine, maker, one={
        "read-only": True, "shm-size": "1M", "tmpfs": ["/scratch:size=64k,mode=0700"]}, plain={})
    one, plain = Process(machine, "one"), Process(machine, "plain")
    assert "ro" in one.mount("/")[0] and "rw" in plain.mount("/")[0]
    _, kind, options = one.mount("/scratch")
    assert kind == "tmpfs" and {"size=64k", "mode=700"} <= options
    assert "size=1024k" in one.mount("/dev/shm")[2]


def test_networks_names_and_ports(machine, maker):
    run_base(machine, maker, plain={"add-hosts": ["broker.test:192.0.2.7"]}, alone={"network": "none"},
             bridged={"network": "bridge", "ports": ["127.0.0.1:18080:80", "18081:81/udp"],
                      "dns": ["192.0.2.53"]})
    host = machine.run("readlink /proc/1/ns/net").stdout.strip()
    plain, alone, bridged = (Process(machine, name) for name in ("plain", "alone", "bridged"))
    assert plain.link("ns/net") == host
    assert "192.0.2.7" in plain.read("root/etc/hosts")
    assert len({host, alone.link("ns/net"), bridged.link("ns/net")}) == 3
    assert alone.read("net/dev").count(":") == 1
    assert bridged.read("root/etc/resolv.conf").split()[-1] == "192.0.2.53"
    ports = inspected(machine, "bridged")["NetworkSettings"]["Ports"]
    assert ports["80/tcp"][0] == {"HostIp": "127.0.0.1", "HostPort": "18080"}
    assert ports["81/udp"][0]["HostPort"] == "18081"


def test_limits_and_units_of_the_machine_are_the_unit_s(machine, maker):
    for name in ("needed", "wanted", "bound"):
        machine.write_file(f"/etc/systemd/system/{name}.service",
                           "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n")
    machine.run("systemctl daemon-reload")
    units = {"requires": ["needed.service"], "wants": ["wanted.service"], "binds-to": ["bound.service"],
             "after": ["needed.service", "wanted.service", "bound.service"],
             "requisite": ["systemd-journald.service"]}
    run_base(machine, maker, one={"memory-max": "64M", "cpus": 1.5, "pids-limit": 77, "unit": units,
                                  "stop-timeout": "33s", "start-timeout": "44s"})
    for name in ("needed", "wanted", "bound"):
        machine.wait_active(f"{name}.service")
    shown = machine.show("one.service", "MemoryMax", "CPUQuotaPerSecUSec", "TasksMax", "Requires",
                         "Wants", "BindsTo", "Requisite", "After", "TimeoutStopUSec", "TimeoutStartUSec")
    assert (shown["MemoryMax"], shown["CPUQuotaPerSecUSec"], shown["TasksMax"]) == (
        str(64 << 20), "1.500000s", "77")
    assert (shown["TimeoutStopUSec"], shown["TimeoutStartUSec"]) == ("33s", "44s")
    assert "needed.service" in shown["Requires"] and "wanted.service" in shown["Wants"]
    assert "bound.service" in shown["BindsTo"]
    assert "systemd-journald.service" in shown["Requisite"]
    assert inspected(machine, "one")["Config"]["StopTimeout"] == 31
    machine.run("systemctl stop bound.service")
    assert machine.show("one.service", "ActiveState")["ActiveState"] == "inactive"


def test_a_health_check_is_podman_s(machine, maker):
    good = {"health": {"cmd": ["/ready", "--exists", "/ready"], "interval": "1s", "timeout": "5s",
                       "retries": 2, "start-period": "3s"}}
    run_base(machine, maker, good=good)
    check = inspected(machine, "good")["Config"]["Healthcheck"]
    assert check["Test"][-3:] == ["/ready", "--exists", "/ready"]
    assert (check["Interval"], check["Timeout"], check["StartPeriod"], check["Retries"]) == (
        10**9, 5 * 10**9, 3 * 10**9, 2)
    assert machine.run(["podman", "healthcheck", "run", status(machine)["good"]["podman-name"]]).ok


def test_an_add_on_may_none_of_what_gives_it_more(machine, maker):
    maker.install(description("base", type="base"))
    for keys, text in (({"user": "root"}, "is root"), ({"user": "0:5"}, "is root"),
                       ({"groups": ["0"]}, "is the group of root"),
                       ({"cap-add": ["SYS_ADMIN"]}, "cap-add"), ({"realtime": True}, "realtime"),
                       ({"uid-map": ["0:1:5"]}, "uid-map")):
        machine.write_file("/srv/bad.toml", description("addon", requires={"base": "*"},
                                                        containers={"one": keys}))
        done = machine.run("update-agent bundle create /srv/bad.toml --key /srv/pki/signer.key"
                           " --cert /srv/pki/signer.pem --output /srv/bad.bundle", check=False)
        assert done.rc == 3 and "/srv/bad.toml:" in done.stderr and text in done.stderr, done
