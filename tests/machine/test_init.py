# SPDX-License-Identifier: GPL-3.0-or-later
"""Init containers: when they run, what they find, and what comes of those that fail."""

import pytest

from support.bundles import IMAGE, description, pids, status
from support.command import host

pytestmark = pytest.mark.one_suite

MAPS = '[[volumes]]\nname = "maps"\nhost-path = "/opt/data/maps"\nshared = true\n'


def init(name: str, *words: str, volume: str = "", wait: str = "30s") -> str:
    lines = ["[[init-containers]]", f'name = "{name}"', f'image = "{IMAGE}"', f'max-wait = "{wait}"',
             f"command = {list(('/ready', *words))!r}".replace("'", '"')]
    if volume:
        lines.append(f'mounts = [{{volume = "{volume}", target = "/{volume}"}}]')
    return "\n".join(lines) + "\n"


def base(version: str = "1.0.0", *inits: str, **options) -> str:
    writer = {"mounts": [{"volume": "maps", "target": "/maps"}]} | options
    return description("base", type="base", version=version, extra=MAPS + "".join(inits),
                       containers={"writer": writer, "other": {}})


def fail(machine, path: str, rc: int, *texts: str) -> str:
    done = machine.run(["update-agent", "install", path], check=False, timeout=120)
    assert done.rc == rc, done
    for text in texts:
        assert text in done.stderr, done
    return done.stderr


def no_run_is_left(machine) -> None:
    assert not machine.run("podman ps --all --quiet --filter label=update-agent.init").stdout


def test_they_run_in_their_order_and_write_to_volumes_and_journal(machine, maker):
    maker.install(base("1.0.0", init("first", "--print", "hello of the first", "--touch",
                                     "/maps/first", "--exit", "0", volume="maps"),
                       init("second", "--touch", "/maps/second", "--exit", "0", volume="maps")))
    first, second = (machine.run(f"stat -c %.9Y /opt/data/maps/{name}").stdout
                     for name in ("first", "second"))
    assert float(first) < float(second)
    assert status(machine)["writer"]["state"] == "running"
    no_run_is_left(machine)
    assert "hello of the first" in machine.run("journalctl --no-pager --output=cat --boot").stdout
    assert machine.run("update-agent verify", check=False, timeout=120).ok
    history = machine.run("update-agent history --json").stdout
    assert '"init"' in history


def test_an_update_stops_only_what_has_the_volume(machine, maker):
    maker.install(base())
    before = pids(machine)
    maker.install(base("1.1.0", init("migrate", "--touch", "/maps/new", "--exit", "0",
                                     volume="maps")))
    after = pids(machine)
    assert after["other"] == before["other"] and after["writer"] != before["writer"]
    assert machine.exists("/opt/data/maps/new")
    assert machine.run("systemctl is-active base-restart.target").ok
    planned = maker.make(base("1.2.0", init("again", "--exit", "0", volume="maps")),
                         "/srv/base.bundle")
    text = machine.run(f"update-agent install --dry-run {planned}").stdout
    assert "would run  again-" in text and "would restart  writer.service" in text, text


def test_one_that_fails_is_undone_with_its_words(machine, maker):
    maker.install(base())
    before = status(machine)
    bad = maker.make(base("1.1.0", init("early", "--exit", "0"),
                          init("migrate", "--print", "table is missing", "--exit", "3",
                               volume="maps")), "/srv/bad.bundle")
    fail(machine, bad, 8, "running init container migrate-", "ended with 3", "  table is missing",
         "the old set is running again")
    after = status(machine)
    assert {name: each["podman-name"] for name, each in after.items()} == {
        name: each["podman-name"] for name, each in before.items()}
    assert all(each["state"] == "running" for each in after.values())
    no_run_is_left(machine)
    fail(machine, bad, 5, "--retry")
    slow = maker.make(base("1.2.0", init("slow", "--print", "still at it", "--never", wait="2s")),
                      "/srv/slow.bundle")
    running = pids(machine)
    fail(machine, slow, 8, "did not end within 2s", "still at it", "nothing was changed")
    assert pids(machine) == running
    no_run_is_left(machine)


def begin(machine, path: str, runs: str) -> None:
    """Start an installation, and return while its init container of that name runs."""
    machine.run(f"(update-agent --no-service install {path}; echo $? >/srv/rc) </dev/null >/srv/out 2>&1 &")
    machine.wait_until(f"podman ps --quiet --filter label=update-agent.init={runs} | grep -q .")


def test_one_is_cancelled_before_the_switch(machine, maker):
    maker.install(base())
    running = pids(machine)
    path = maker.make(base("1.1.0", init("slow", "--never")), "/srv/slow.bundle")
    begin(machine, path, "slow")
    machine.run("pkill --signal INT --oldest --exact update-agent")
    machine.wait_until("test -s /srv/rc")
    assert machine.run("cat /srv/rc").stdout.strip() == "7", machine.run("cat /srv/out").stdout
    assert pids(machine) == running
    no_run_is_left(machine)


@pytest.mark.parametrize("volume", ["", "maps"])
def test_one_whose_agent_is_killed_is_ended_by_recover(machine, maker, volume):
    maker.install(base())
    before = status(machine)["writer"]["podman-name"]
    path = maker.make(base("1.1.0", init("slow", "--never", volume=volume)), "/srv/slow.bundle")
    begin(machine, path, "slow")
    machine.run("pkill --signal KILL --oldest --exact update-agent")
    machine.wait_until("test -s /srv/rc")
    machine.run("update-agent recover", timeout=120)
    no_run_is_left(machine)
    now = status(machine)["writer"]
    assert now["state"] == "running" and now["podman-name"] == before
    assert machine.run("update-agent verify", check=False, timeout=120).ok


def chart(machine) -> str:
    """The content of a file in the volume, its times, and who may read it."""
    rights = host("getfacl", "--numeric", "--absolute-names", machine.path("/opt/data/maps/chart"))
    return rights.stdout + machine.run("cd /opt/data/maps && stat -c '%Y %a' chart && cat chart").stdout


def test_data_goes_back_with_the_set(machine, maker):
    maker.install(base())
    machine.run("cd /opt/data/maps && echo first >chart && touch --date 2020-01-02 chart")
    host("setfacl", "--modify", "u:2005:r", machine.path("/opt/data/maps/chart"))
    first = chart(machine)
    bad = maker.make(base("1.1.0", init("spoil", "--touch", "/maps/spoilt", "--exit", "1",
                                        volume="maps")), "/srv/bad.bundle")
    fail(machine, bad, 8, "the old set is running again")
    assert not machine.exists("/opt/data/maps/spoilt") and chart(machine) == first
    never = maker.make(base("1.2.0", init("migrate", "--touch", "/maps/new", "--exit", "0",
                                          volume="maps"), command=["/ready", "--never"]),
                       "/srv/never.bundle")
    fail(machine, never, 8, "writer.service")
    assert not machine.exists("/opt/data/maps/new") and chart(machine) == first

    maker.install(base("1.3.0", init("migrate", "--touch", "/maps/new", "--exit", "0",
                                     volume="maps")))
    history = machine.run("update-agent history --json").stdout
    assert "snapshot of /opt/data/maps: " in history
    machine.run("echo second >/opt/data/maps/chart")
    machine.run("update-agent rollback", timeout=180)
    assert not machine.exists("/opt/data/maps/new") and chart(machine) == first
    # What the container mounts is what is there now.
    name = status(machine)["writer"]["podman-name"]
    machine.run(f"podman exec {name} /ready --exists /maps/chart")
    absent = machine.run(f"podman exec {name} /ready --exists /maps/new", check=False)
    assert absent.rc == 1, absent
    machine.run("update-agent rollback", timeout=180)
    assert machine.exists("/opt/data/maps/new")
    assert machine.run("cat /opt/data/maps/chart").stdout == "second\n"
    assert machine.run("update-agent verify", check=False, timeout=120).ok


def test_data_goes_back_at_the_boot_after_a_cut(machine, maker):
    maker.install(base())
    machine.run("echo first >/opt/data/maps/chart")
    path = maker.make(base("1.1.0", init("slow", "--touch", "/maps/half", "--never",
                                         volume="maps")), "/srv/slow.bundle")
    begin(machine, path, "slow")
    machine.wait_until("test -e /opt/data/maps/half")
    machine.kill()
    machine.boot()
    machine.wait_active("writer.service")
    assert not machine.exists("/opt/data/maps/half")
    assert machine.run("cat /opt/data/maps/chart").stdout == "first\n"
    no_run_is_left(machine)


def test_a_volume_that_is_too_large_to_copy_is_refused(machine, maker):
    maker.install(base())
    machine.write_file("/etc/update-agent/agent.toml.d/limit.toml", 'snapshot-limit = "1M"\n')
    machine.run("head -c 2M /dev/urandom >/opt/data/maps/large")
    path = maker.make(base("1.1.0", init("migrate", "--exit", "0", volume="maps")),
                      "/srv/large.bundle")
    fail(machine, path, 5, "/opt/data/maps has more than 1", "snapshot-limit")
