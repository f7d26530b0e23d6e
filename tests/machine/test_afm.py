# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles as applications of AGL's framework, over D-Bus as its documentation calls it.

The session bus is a plain dbus-daemon, which starts the daemon by its service file; one test has a
user manager of systemd instead.
"""

import json
import socket
import struct
import time

import pytest

from support.bundles import Maker, description, pids

BUS = "unix:path=/run/session-bus"
RADIO = {"name": "The radio", "short_name": "Radio", "width": 800, "height": 480,
         "author": "Somebody", "containers": {"store": {}, "app": {"requires": ["store"]}}}
NOBODY = "setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent"
FAILED = "Error org.freedesktop.DBus.Error.Failed: "


class Session:
    """Callers on a session bus."""

    def __init__(self, machine, bus=BUS):
        self.machine = machine
        self.environment = ["env", f"DBUS_SESSION_BUS_ADDRESS={bus}"]

    def send(self, member, text, name="user", timeout=120):
        """dbus-send, as in the examples of the framework."""
        return self.machine.run(
            [*self.environment, "dbus-send", "--session", "--print-reply",
             "--reply-timeout=120000", f"--dest=org.AGL.afm.{name}", f"/org/AGL/afm/{name}",
             f"org.AGL.afm.{name}.{member}", f"string:{text}"], check=False, timeout=timeout)

    def call(self, member, value, name="user"):
        sent = self.send(member, json.dumps(value), name)
        assert sent.rc == 0, sent
        return json.loads(sent.stdout.split('string "', 1)[1].rsplit('"', 1)[0])

    def refused(self, member, text, name="user"):
        sent = self.send(member, text, name)
        assert sent.rc != 0 and sent.stderr.startswith(FAILED), sent
        return sent.stderr.removeprefix(FAILED).strip()

    def util(self, *words, **options):
        return self.machine.run([*self.environment, "afm-util", *words], check=False, timeout=120,
                                **options)


def send_raw(bus, text):
    """Calls `detail` on the bus with the socket, and returns the answer's bytes."""
    def string(value):
        return struct.pack("<I", len(value)) + value.encode() + b"\0"

    def call(serial, text, **header):
        fields = b""
        codes = {"path": (1, b"o"), "interface": (2, b"s"), "member": (3, b"s"), "to": (6, b"s")}
        for name, value in header.items():
            code, kind = codes[name]
            fields += b"\0" * (-len(fields) % 8) + bytes([code, 1]) + kind + b"\0" + string(value)
        if text is not None:
            fields += b"\0" * (-len(fields) % 8) + b"\x08\x01g\0\x01s\0"
        body = b"" if text is None else string(text)
        head = struct.pack("<4sIII", b"l\x01\0\x01", len(body), serial, len(fields)) + fields
        return head + b"\0" * (-len(head) % 8) + body

    dbus = {"path": "/org/freedesktop/DBus", "interface": "org.freedesktop.DBus",
            "to": "org.freedesktop.DBus"}
    afm = {"path": "/org/AGL/afm/user", "interface": "org.AGL.afm.user", "to": "org.AGL.afm.user"}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(bus)
        connection.sendall(b"\0AUTH EXTERNAL 30\r\n")
        assert connection.recv(4096).startswith(b"OK ")
        connection.sendall(b"BEGIN\r\n" + call(1, None, member="Hello", **dbus)
                           + call(2, text, member="detail", **afm))
        received = b""
        while b"org.freedesktop.DBus.Error" not in received or b"bytes" not in received:
            part = connection.recv(65536)
            assert part, received
            received += part
    return received


@pytest.fixture
def session(machine, repository):
    machine.apt_install(repository, "--no-install-recommends", "update-agent-afm")
    machine.run(f"systemd-run --unit=session-bus dbus-daemon --session --nofork --address={BUS}")
    machine.wait_until("test -S /run/session-bus")
    return Session(machine)


def test_every_method_of_the_interface(machine, maker, session):
    path = maker.make(description("radio", **RADIO), "/tmp/radio.wgt")
    machine.run(f"systemd-run --unit=monitor sh -c 'DBUS_SESSION_BUS_ADDRESS={BUS} dbus-monitor"
                " --session type=signal,member=changed >/run/signals'")
    assert session.call("runnables", True) == []

    assert session.call("install", path, "system") == {"added": "radio@1.0.0"}
    machine.wait_until("test $(grep -c install /run/signals) = 2")
    signals = machine.read_file("/run/signals")
    for name in ("user", "system"):
        assert f"path=/org/AGL/afm/{name}; interface=org.AGL.afm.{name}; member=changed" in signals
    assert '{"operation":"install","data":"radio@1.0.0"}' in signals

    detail = {"id": "radio@1.0.0", "version": "1.0.0", "width": 800, "height": 480,
              "name": "The radio", "description": "", "shortname": "Radio", "author": "Somebody"}
    assert session.call("runnables", True) == [detail]
    assert session.call("detail", "radio@1.0.0") == detail
    assert session.call("detail", {"id": "radio@1.0.0"}) == detail

    runid = pids(machine)["app"]
    (runner,) = session.call("runners", None)
    assert (runner["runid"], runner["state"], runner["id"]) == (runid, "running", "radio@1.0.0")
    assert runner["pids"][0] == runid and pids(machine)["store"] in runner["pids"]
    payload = machine.run(f"pgrep --parent {runid}").stdout.split()
    assert {int(pid) for pid in payload} <= set(runner["pids"])
    assert session.call("state", runid) == runner
    assert session.call("state", {"runid": runid}) == runner

    for pause, resume in (("pause", "resume"), ("stop", "continue")):
        assert session.call(pause, runid) is True
        assert session.call("state", runid)["state"] == "paused"
        assert session.call(resume, runid) is True
        assert session.call("state", runid) == runner

    # It runs already.
    assert session.call("start", "radio@1.0.0") == runid
    assert session.call("once", {"id": "radio@1.0.0"}) == runner
    assert session.call("terminate", runid) is True
    assert session.call("runners", True) == [] and not machine.active("store.service")
    assert session.refused("state", str(runid)).startswith("not found: nothing runs with the runid")
    for mode in ("local", "remote"):
        runid = session.call("start", {"id": "radio@1.0.0", "mode": mode})
        assert runid == pids(machine)["app"] and machine.active("store.service")
        assert session.call("terminate", runid) is True
    assert session.call("once", "radio@1.0.0")["state"] == "running"

    assert session.refused("install", json.dumps(path)).startswith(
        "system error: radio@1.0.0 is installed already")
    assert session.call("install", {"wgt": path, "force": True, "root": "/"}) == {
        "added": "radio@1.0.0"}
    newer = maker.make(description("radio", "1.1.0", **RADIO), "/tmp/newer.wgt")
    assert session.call("install", {"wgt": newer}) == {"added": "radio@1.1.0"}
    assert session.refused("detail", '"radio@1.0.0"').startswith("not found: ")

    assert session.call("uninstall", {"id": "radio@1.1.0"}) is True
    assert session.call("runnables", True) == []
    assert '{"operation":"uninstall","data":"radio@1.1.0"}' in machine.read_file("/run/signals")
    # Who asked is in the history, not who asked on their behalf.
    history = json.loads(machine.run("update-agent history --json").stdout)["operations"]
    assert {each["who"] for each in history} == {"root (0)"}


def test_what_is_refused(machine, maker, session):
    maker.install(description("app"))
    deep = "[" * 50000 + "]" * 50000
    for name, member, text, says in [
            ("user", "runnables", "null", "bad request: write anything but null"),
            ("user", "runnables", "", "bad request: the text is not JSON"),
            ("user", "runners", "{", "bad request: the text is not JSON"),
            ("user", "detail", "null", "bad request: write a string"),
            ("user", "detail", "{}", "bad request: the object has no"),
            ("user", "detail", '"nobody@1.0.0"', "not found: no application nobody@1.0.0"),
            ("user", "start", '"app"', "not found: no application app"),
            ("user", "start", '{"id":"app@1.0.0","mode":"far"}', "bad request: mode must be"),
            ("user", "once", "12", "bad request: write a string"),
            ("user", "terminate", "null", "bad request: the runid must be an integer"),
            ("user", "terminate", "1", "not found: nothing runs with the runid 1"),
            ("user", "pause", '"1"', "bad request: the runid must be an integer"),
            ("user", "resume", "99999999999", "bad request: no application can have"),
            ("user", "state", "-1", "bad request: no application can have"),
            ("user", "install", "null", "bad request: write a string"),
            ("user", "install", '"a.wgt"', "bad request: wgt must be an absolute path"),
            ("user", "install", '"/nowhere"', "not found: cannot open /nowhere"),
            ("user", "install", '"/srv"', "bad request: /srv is not a regular file"),
            ("user", "install", '"/dev/zero"', "bad request: /dev/zero is not a regular file"),
            ("user", "install", '"/etc/passwd"', "system error: "),
            ("user", "install", '{"wgt":"/a","root":"/srv"}', "bad request: nothing is installed"),
            ("user", "detail", '"\\ufffe"', "not found: no application \ufffd"),
            ("user", "detail", "{" + '"a":1,' * 256 + '"id":"app@1.0.0"}',
             "bad request: the text has more than 256 keys"),
            ("user", "uninstall", '"app@2.0.0"', "not found: no application app@2.0.0"),
            ("system", "uninstall", "true", "bad request: write a string"),
            ("system", "install", deep, "bad request: the text is longer than 65536 bytes"),
            ("user", "detail", "[" * 2000, "bad request: the text nests deeper than 16 levels"),
            ("user", "state", " " * 100000, "bad request: the text is longer"),
    ]:
        message = session.refused(member, text, name)
        assert message.startswith(says), (member, text[:60], message)
    # Longer than a command line can be.
    for flood in ("[" * (1 << 20), '{"a":' * (1 << 18), "\"" * (1 << 20)):
        answer = send_raw(f"/proc/{machine.init_pid}/root/run/session-bus", flood)
        assert b"org.freedesktop.DBus.Error.Failed" in answer, answer
        assert b"longer than 65536 bytes" in answer, answer
    unknown = session.send("explode", "true")
    assert "UnknownMethod" in unknown.stderr, unknown
    assert session.call("runnables", 0)[0]["id"] == "app@1.0.0"


def test_what_does_not_come_up_cannot_be_started(machine, maker, session):
    maker.install(description("app"))
    runid = session.call("start", "app@1.0.0")
    assert session.call("terminate", runid) is True
    machine.run("mv /usr/bin/podman /usr/bin/podman.away")
    message = session.refused("start", '"app@1.0.0"')
    assert message.startswith("can't start: "), message


def test_others_are_answered_while_something_is_installed(machine, maker, session):
    path = maker.make(description("slow", settle_time="15s"), "/srv/slow.bundle")
    machine.run(f"systemd-run --unit=monitor sh -c 'DBUS_SESSION_BUS_ADDRESS={BUS} dbus-monitor"
                " --session type=signal,member=changed >/run/signals'")
    machine.run([
        "systemd-run", "--unit=installing", "--remain-after-exit", "sh", "-c",
        f"DBUS_SESSION_BUS_ADDRESS={BUS} afm-util install {path} >/run/installed 2>&1"])
    machine.wait_until("test -s /opt/operation/update-agent/lock")
    machine.wait_active("slow-main.service")
    begin = time.monotonic()
    assert session.call("runnables", True)[0]["id"] == "slow@1.0.0"
    assert session.call("runners", True)[0]["id"] == "slow@1.0.0"
    # Whoever knows a connection's name may send it a signal: neither the job's end nor a change.
    daemons = machine.run("busctl list --no-legend | awk '$3 ~ /^afm-/ && /^:/ {print $1}'").stdout
    assert len(daemons.split()) == 2
    for name in daemons.split():
        emit = f"{NOBODY} busctl --destination={name} emit"
        for number in range(1, 4):
            machine.run(f"{emit} /org/updateagent/job/{number} org.updateagent.Job1 Ended iss 0 '{{}}' x")
        machine.run(f"{emit} /org/AGL/afm/system org.AGL.afm.system changed s forged")
    assert session.refused("detail", '"nobody@1.0.0"').startswith("not found")
    assert session.refused("uninstall", "null").startswith("bad request")
    assert time.monotonic() - begin < 12 and machine.read_file("/run/installed") == ""
    # The service may die meanwhile: its job goes on, and is asked about.
    machine.run("systemctl kill --signal=KILL update-agent.service")
    machine.wait_until("test -s /run/installed", timeout=60)
    assert json.loads(machine.read_file("/run/installed")) == {"added": "slow@1.0.0"}
    assert "forged" not in machine.read_file("/run/signals")


def test_who_may_not_install_may_look(machine, maker, session):
    path = maker.make(description("app"), "/srv/app.bundle")
    maker.install(description("there"))
    refused = machine.run(NOBODY + " dbus-send --system --print-reply --dest=org.AGL.afm.system"
                          " /org/AGL/afm/system org.AGL.afm.system.install"
                          f" 'string:\"{path}\"'", check=False)
    assert FAILED + "forbidden: " in refused.stderr, refused
    runs = pids(machine)["there-main"]
    for words, rc, says in [("list", 0, "there@1.0.0"), ("ps", 0, str(runs)),
                            (f"install {path}", 1, "forbidden: "),
                            ("remove there@1.0.0", 1, "forbidden: "),
                            (f"kill {runs}", 1, "forbidden: "), (f"pause {runs}", 1, "forbidden: ")]:
        done = machine.run(f"{NOBODY} dbus-run-session -- afm-util {words}", check=False)
        assert done.rc == rc and says in done.stdout + done.stderr, done
    assert machine.active("there-main.service") and not machine.exists(
        "/opt/operation/update-agent/bundles/app")


def test_polkit_may_let_a_user_install_from_his_home(guarded, repository, pki):
    guarded.apt_install(repository, "--no-install-recommends", "update-agent-afm")
    maker = Maker(guarded, pki)
    maker.make(description("app"), "/home/caller/app.wgt")
    guarded.run("chmod 0700 /home/caller && chmod 0600 /home/caller/app.wgt"
                " && chown caller: /home/caller/app.wgt")
    as_caller = ("cd /home/caller && setpriv --reuid=caller --regid=caller --clear-groups"
                 " dbus-run-session -- afm-util ")
    refused = guarded.run(as_caller + "add app.wgt", check=False)
    assert refused.rc == 1 and "forbidden: " in refused.stderr, refused
    guarded.write_file("/etc/polkit-1/rules.d/20-more.rules",
                       'polkit.addRule(function(action, subject) { if (action.id =='
                       ' "org.updateagent.install") return polkit.Result.YES; });\n')
    guarded.wait_until(as_caller + "add app.wgt", timeout=60)
    runid = pids(guarded)["app-main"]
    assert guarded.run(f"{as_caller} kill {runid}").stdout == "true\n"
    history = json.loads(guarded.run("update-agent history --json").stdout)["operations"]
    uid = guarded.run("id --user caller").stdout.strip()
    assert history[-1]["who"] == f"caller ({uid})"


@pytest.mark.one_suite
def test_the_daemon_of_the_system_leaves_when_nobody_needs_it(machine, session):
    def state():
        return machine.show("afm-system-daemon.service", "ActiveState", "Result")

    assert session.refused("uninstall", "null").startswith("bad request")
    assert state()["ActiveState"] == "active"
    machine.wait_until("systemctl show --property=ActiveState --value afm-system-daemon.service"
                       " | grep --quiet --line-regexp inactive", timeout=90)
    assert state()["Result"] == "success"
    assert session.refused("uninstall", "null").startswith("bad request")


def test_the_command(machine, maker, session):
    maker.make(description("app"), "/srv/app.bundle")
    added = machine.run(f"cd /srv && DBUS_SESSION_BUS_ADDRESS={BUS} afm-util add app.bundle",
                        timeout=120)
    assert json.loads(added.stdout) == {"added": "app@1.0.0"}
    # Always by force.
    assert json.loads(session.util("install", "/srv/app.bundle").stdout) == {"added": "app@1.0.0"}
    assert json.loads(session.util("list").stdout)[0]["id"] == "app@1.0.0"
    assert json.loads(session.util("info", "app@1.0.0").stdout)["version"] == "1.0.0"
    runid = session.util("run", "app@1.0.0").stdout.strip()
    assert json.loads(session.util("ps").stdout)[0]["runid"] == int(runid)
    for verb, state in (("stop", "paused"), ("continue", "running")):
        assert session.util(verb, runid).stdout == "true\n"
        assert json.loads(session.util("status", runid).stdout)["state"] == state
    assert session.util("kill", runid).stdout == "true\n"
    assert json.loads(session.util("once", "app@1.0.0").stdout)["id"] == "app@1.0.0"
    assert session.util("remove", "app@1.0.0").stdout == "true\n"
    assert session.util("help").rc == session.util("-h").rc == session.util("--help").rc == 0
    for words, says in ((["explode"], "'explode' is no command"), ([], "no command is given"),
                        (["start"], "write it as: afm-util start ID"),
                        (["kill", "app"], "'app' is no runid"),
                        (["detail", "app@1.0.0"], "not found: ")):
        done = session.util(*words)
        assert done.rc == 1 and done.stdout == "" and says in done.stderr, done


def test_options_and_help_of_the_daemons(machine, session):
    for daemon in ("afm-system-daemon", "afm-user-daemon"):
        assert "Usage: " + daemon in machine.run(f"{daemon} --help").stdout
        refused = machine.run(f"{daemon} --root /srv/applications", check=False)
        assert refused.rc == 2 and "'update-agent --root' installs elsewhere" in refused.stderr
    confined = machine.run("systemd-analyze verify --man=no afm-system-daemon.service")
    assert confined.stdout + confined.stderr == ""
    exposure = machine.run("systemd-analyze security --no-pager afm-system-daemon.service | tail -1")
    assert "OK" in exposure.stdout or "SAFE" in exposure.stdout, exposure


def test_the_user_manager_starts_the_daemon(machine, maker, repository):
    machine.apt_install(repository, "update-agent-afm")  # and what it recommends
    maker.install(description("app"))
    machine.run("systemctl start systemd-logind && loginctl enable-linger root")
    machine.wait_until("test -S /run/user/0/bus")
    session = Session(machine, "unix:path=/run/user/0/bus")
    assert session.call("runnables", True)[0]["id"] == "app@1.0.0"
    assert session.call("start", "app@1.0.0") == pids(machine)["app-main"]
    unit = machine.run("XDG_RUNTIME_DIR=/run/user/0 systemctl --user show --property=ActiveState,"
                       "MainPID afm-user-daemon.service").stdout
    assert "ActiveState=active" in unit
    # Both names are one process.
    for name in ("user", "system"):
        owner = machine.run(f"busctl --address=unix:path=/run/user/0/bus status org.AGL.afm.{name}")
        assert "Comm=afm-user-daemon" in owner.stdout, owner
