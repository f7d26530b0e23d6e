# SPDX-License-Identifier: GPL-3.0-or-later
"""The service on the bus, as programs call it."""

import json
import os
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

from support.bundles import Maker, description

pytestmark = pytest.mark.one_suite

MANAGER = "org.updateagent /org/updateagent org.updateagent.Manager1"
# How long ten clients call at once; two minutes are a campaign.
STRESS_SECONDS = int(os.environ.get("UPDATE_AGENT_STRESS_SECONDS", "12"))
# A service that was built with a sanitizer, for the campaign.
STRESS_SERVICE = os.environ.get("UPDATE_AGENT_STRESS_SERVICE", "")


def call(machine, method: str, *arguments: str, check: bool = True):
    return machine.run(f"busctl --json=short call -- {MANAGER} {method} {' '.join(arguments)}", check=check)


def job_of(machine, method: str, *arguments: str) -> str:
    return json.loads(call(machine, method, *arguments).stdout)["data"][0]


def job(machine, path: str) -> dict:
    values = json.loads(machine.run(
        f"busctl --json=short call org.updateagent {path} org.freedesktop.DBus.Properties GetAll s"
        " org.updateagent.Job1").stdout)["data"][0]
    return {name: value["data"] for name, value in values.items()}


def ended(machine, path: str, timeout: float = 60) -> dict:
    machine.wait_until(f"busctl get-property org.updateagent {path} org.updateagent.Job1 State"
                       " | grep --quiet ended", timeout=timeout)
    return job(machine, path)


def service_pid(machine) -> str:
    return machine.show("update-agent.service", "MainPID")["MainPID"]


def install(machine, *files: str) -> str:
    number = machine.run(["update-agent", "install", "--no-wait", *files]).stdout.strip()
    return f"/org/updateagent/job/{number}"


def wait_gone(machine) -> None:
    machine.wait_until("systemctl show --property=ActiveState --value update-agent.service"
                       " | grep --quiet --line-regexp inactive", timeout=10)


def slow_window(machine) -> None:
    """Every change waits for a hook, until a file is there."""
    machine.write_file("/etc/update-agent/hooks.d/before.d/50-window",
                       "#!/bin/sh\nuntil test -e /run/open; do sleep 0.1; done\n", mode=0o755)


def test_the_service_comes_with_a_call_and_leaves_when_nobody_needs_it(machine, maker):
    maker.install(description("base", type="base"))
    machine.run("systemctl stop update-agent.service")
    machine.write_file("/etc/systemd/system/update-agent.service.d/idle.conf",
                       "[Service]\nExecStart=\n"
                       "ExecStart=/usr/libexec/update-agent/update-agent-service 2\n")
    machine.run("systemctl daemon-reload")
    assert not machine.active("update-agent.service")
    assert json.loads(call(machine, "ListBundles").stdout)["data"] == [[["base", "1.0.0", "base", "base"]]]
    pid = service_pid(machine)
    kilobytes = machine.run(f"sed -n 's/^Pss: *\\([0-9]*\\) kB/\\1/p' /proc/{pid}/smaps_rollup").stdout
    assert int(kilobytes) <= 6 * 1024
    wait_gone(machine)
    left = machine.show("update-agent.service", "Result", "NRestarts", "ActiveState")
    assert left == {"Result": "success", "NRestarts": "0", "ActiveState": "inactive"}
    # Its jobs are known to the next one.
    number = machine.run("update-agent restart base-main --no-wait").stdout.strip()
    machine.run(f"update-agent watch {number}")
    wait_gone(machine)
    assert job(machine, f"/org/updateagent/job/{number}")["ExitCode"] == 0


def test_what_is_installed_says_what_the_objects_are(machine, maker):
    path = maker.make(description("base", type="base"), "/srv/base.bundle")
    installed = install(machine, path)
    assert ended(machine, installed)["ExitCode"] == 0
    for path, name in (("/org/updateagent", "Manager1"), (installed, "Job1")):
        served = xml.fromstring(machine.run(
            f"busctl introspect --xml-interface org.updateagent {path}").stdout)
        file = xml.fromstring(machine.read_file(
            f"/usr/share/dbus-1/interfaces/org.updateagent.{name}.xml"))
        described, found = ({member.get("name"): members_of(member) for member in tree.find(
            f"./interface[@name='org.updateagent.{name}']")} for tree in (file, served))
        assert described == found


def members_of(member) -> list:
    arguments = [(each.get("name"), each.get("type"), each.get("direction"))
                 for each in member.findall("arg")]
    # sd-bus leaves out the direction of a signal's arguments.
    return [member.tag, member.get("type"), arguments]


def test_the_set_and_its_history_are_told(machine, maker):
    maker.install(description("base", type="base"), description("view", requires={"base": "^1"}))
    told = json.loads(json.loads(call(machine, "Describe", "s", "base").stdout)["data"][0])
    assert told["bundle"]["required-by"] == ["view"] and told["generation"] == 1
    history = json.loads(json.loads(call(machine, "History", "u", "1").stdout)["data"][0])
    assert history == json.loads(machine.run("update-agent history --lines 1 --json").stdout)
    unknown = call(machine, "Describe", "s", "nothing", check=False)
    assert not unknown.ok and "the bundle nothing is not installed" in unknown.stderr


def test_hostile_calls_are_refused(machine, maker):
    path = maker.make(description("base", type="base"), "/srv/base.bundle")
    assert ended(machine, install(machine, path))["ExitCode"] == 0
    pid = service_pid(machine)
    refused = {
        "Install 'a(sh)a{sv}' 0 0": "at least one file is needed",
        "Stop 'asa{sv}' 1 x 1 force b true": "there is no option 'force'",
        "Remove 'asa{sv}' 1 x 1 purge s yes": "the option 'purge' is to be a b",
        "Remove 'asa{sv}' 0 0": "at least one name is needed",
        "Remove 'asa{sv}' 1 '' 0": "a name is empty",
        "Remove 'asa{sv}' 1 '[base,view]' 0": "no bundle or container is called '[...'",
        f"Remove 'asa{{sv}}' 101 {'x ' * 101} 0": "more than 100 names",
        f"Remove 'asa{{sv}}' 1 {'x' * 5000} 0": "a name is longer than 4096 bytes",
        "Rollback 'a{sv}' 2 retry b true retry b true": "the option 'retry' comes twice",
        "Rollback s x": "",
        "Shred": "",
    }
    for arguments, text in refused.items():
        answer = machine.run(f"busctl call -- {MANAGER} {arguments}", check=False, timeout=10)
        assert not answer.ok and text in answer.stderr, answer
    missing = machine.run("busctl call org.updateagent /org/updateagent/job/99 org.updateagent.Job1 Cancel",
                          check=False)
    assert not missing.ok
    cancelled = job_of(machine, "Remove", "'asa{sv}'", "1", "--purge", "0")
    assert ended(machine, cancelled)["ExitCode"] == 6
    # Nothing that is named is a variable of systemd's, nor a list.
    expanded = ended(machine, job_of(machine, "Remove", "'asa{sv}'", "1", "'$PATH'", "0"))
    assert expanded["ExitCode"] == 6 and "'$PATH'" in expanded["Text"], expanded
    assert service_pid(machine) == pid


def test_changes_wait_for_each_other_and_what_starts_and_stops_goes_on(machine, maker):
    maker.install(description("base", type="base"), description("other", type="addon",
                                                                requires={"base": "^1"}))
    files = {name: maker.make(description(name, requires={"base": "^1"}), f"/srv/{name}.bundle")
             for name in ("one", "two", "three")}
    slow_window(machine)
    paths_of = {name: install(machine, file) for name, file in files.items()}
    again = machine.run(["update-agent", "install", "--no-wait", files["two"]], check=False)
    assert again.rc == 7 and "is about the same already" in again.stderr
    assert [job(machine, each)["State"] for each in paths_of.values()] == ["running", "queued", "queued"]
    machine.run("update-agent stop other-main", timeout=20)
    assert not machine.active("other-main.service")
    machine.run(f"busctl call org.updateagent {paths_of['three']} org.updateagent.Job1 Cancel")
    assert job(machine, paths_of["three"])["ExitCode"] == 7

    # What waits is not lost with the service.
    machine.run(f"kill -KILL {service_pid(machine)}")
    machine.run("touch /run/open")
    results = {name: ended(machine, each) for name, each in paths_of.items()}
    assert {name: each["ExitCode"] for name, each in results.items()} == {"one": 0, "two": 0, "three": 7}
    assert json.loads(results["two"]["Document"])["installed"][0]["id"] == "two"
    history = json.loads(machine.run("update-agent history --json").stdout)["operations"]
    assert [each["bundles"] for each in history[-2:]] == [["one 1.0.0"], ["two 1.0.0"]]


def test_a_job_that_runs_takes_back_what_it_has_begun_when_it_is_cancelled(machine, maker):
    path = maker.make(description("base", type="base"), "/srv/base.bundle")
    slow_window(machine)
    installing = install(machine, path)
    machine.run(f"busctl call org.updateagent {installing} org.updateagent.Job1 Cancel")
    machine.run("touch /run/open")
    assert ended(machine, installing)["ExitCode"] == 7
    assert json.loads(call(machine, "ListBundles").stdout)["data"] == [[]]


def test_a_reader_that_does_not_read_stops_nothing(machine, maker):
    path = maker.make(description("base", type="base"), "/srv/base.bundle")
    machine.run("systemd-run --quiet --unit=slow busctl monitor org.updateagent")
    machine.run("sleep 0.5; systemctl kill --signal=STOP slow.service")
    for _ in range(3):
        assert ended(machine, install(machine, path))["ExitCode"] == 0
        machine.run("update-agent remove base")
    machine.run("systemctl kill --signal=KILL slow.service")


def test_polkit_says_who_may_do_what(guarded, pki):
    maker = Maker(guarded, pki)
    maker.install(description("base", type="base"))
    as_caller = "setpriv --reuid=caller --regid=caller --clear-groups"
    guarded.run(f"{as_caller} update-agent stop base-main")
    assert not guarded.active("base-main.service")
    guarded.run(f"{as_caller} update-agent start base-main")
    guarded.run(f"{as_caller} busctl call {MANAGER} ListBundles")
    update = maker.make(description("base", "1.1.0", type="base"), "/home/caller/update.bundle")
    guarded.run(["chmod", "0644", update])
    refused = guarded.run(f"{as_caller} update-agent install {update}", check=False)
    assert refused.rc == 10 and "org.updateagent.install" in refused.stderr, refused
    assert "authenticated" in refused.stderr
    forged = guarded.run(f"{as_caller} busctl call {MANAGER} Start 'asa{{sv}}' 1 base-main 1 who s root",
                         check=False)
    assert not forged.ok and "the option 'who' is root's" in forged.stderr

    guarded.write_file("/etc/polkit-1/rules.d/20-more.rules",
                       'polkit.addRule(function(action, subject) { if (action.id =='
                       ' "org.updateagent.install") return polkit.Result.YES; });\n')
    guarded.wait_until(f"{as_caller} update-agent install {update}", timeout=60)
    history = json.loads(guarded.run("update-agent history --json").stdout)["operations"]
    uid = guarded.run("id --user caller").stdout.strip()
    assert history[-1]["who"] == f"caller ({uid})" and history[-1]["bundles"] == ["base 1.1.0"]


# Four change the set, four ask, one sends garbage and one leaves in the middle of its calls.
_STRESS = r"""
end=$((SECONDS + SECONDS_TO_RUN))
changes() {
    while [ $SECONDS -lt $end ]; do
        update-agent install --no-wait $1 >/dev/null 2>>/run/stress/errors || true
        busctl call MANAGER Remove 'asa{sv}' 1 $2 0 >/dev/null 2>>/run/stress/errors || true
    done
}
asks() {
    while [ $SECONDS -lt $end ]; do
        busctl --timeout=10 call MANAGER ListJobs >/dev/null || echo $1 >>/run/stress/unanswered
        busctl --timeout=10 call MANAGER ListBundles >/dev/null || echo $1 >>/run/stress/unanswered
    done
}
garbage() {
    while [ $SECONDS -lt $end ]; do
        busctl --timeout=10 call MANAGER Shred 2>&1 | grep -q 'Unknown method' ||
            echo garbage >>/run/stress/unanswered
        busctl --timeout=10 call MANAGER Install ay 1 1 2>&1 | grep -q . ||
            echo garbage >>/run/stress/unanswered
        last=$(busctl --json=short call MANAGER ListJobs | jq --raw-output '.data[0][-1][0] // empty')
        [ -z "$last" ] ||
            busctl call org.updateagent $last org.updateagent.Job1 Cancel >/dev/null 2>&1 || true
    done
}
leaves() {
    while [ $SECONDS -lt $end ]; do
        timeout --signal=KILL 0.01 busctl call MANAGER History u 0 >/dev/null 2>&1 || true
    done
}
mkdir -p /run/stress
for n in 1 2 3 4; do changes /srv/$n.bundle b$n & asks $n & done
garbage & leaves &
wait
"""


def use_sanitized_service(machine, program: str) -> None:
    machine.copy_in(Path(program), "/usr/libexec/update-agent/update-agent-service")
    machine.write_file("/etc/systemd/system/update-agent.service.d/sanitizer.conf",
                       "[Service]\nMemoryDenyWriteExecute=no\nSystemCallFilter=\nProtectProc=default\n"
                       "Environment=ASAN_OPTIONS=quarantine_size_mb=1:abort_on_error=1\n")
    machine.run("systemctl stop update-agent.service; systemctl daemon-reload")


def test_ten_clients_at_once(machine, maker):
    if STRESS_SERVICE:
        use_sanitized_service(machine, STRESS_SERVICE)
    for number in range(1, 5):
        maker.make(description(f"b{number}", type="addon" if number > 1 else "base",
                               requires={"b1": "^1"} if number > 1 else {}), f"/srv/{number}.bundle")
    call(machine, "ListJobs")
    pid = service_pid(machine)
    # Not of what it shares, which counts for more when others end that have it, too.
    memory = f"sed -n 's/^Anonymous: *\\([0-9]*\\) kB/\\1/p' /proc/{pid}/smaps_rollup"
    script = _STRESS.replace("SECONDS_TO_RUN", "3").replace("MANAGER", MANAGER)
    machine.run(script, timeout=120)
    before = int(machine.run(memory).stdout)
    machine.run(_STRESS.replace("SECONDS_TO_RUN", str(STRESS_SECONDS)).replace("MANAGER", MANAGER),
                timeout=STRESS_SECONDS + 120)
    assert not machine.exists("/run/stress/unanswered")
    assert service_pid(machine) == pid
    assert int(machine.run(memory).stdout) <= before + (16384 if STRESS_SERVICE else 512)
    machine.wait_until("! busctl --json=short call " + MANAGER + " ListJobs | jq --raw-output"
                       " '.data[0][][2]' | grep --quiet --invert-match ended", timeout=120)
    jobs = json.loads(call(machine, "ListJobs").stdout)["data"][0]
    assert len(jobs) == 16
    for path, *_ in jobs:
        assert job(machine, path)["ExitCode"] in (0, 5, 6, 7), job(machine, path)
    assert machine.run("update-agent verify", timeout=60).ok
    assert machine.run("busctl call " + MANAGER + " ListJobs").ok
    # A sanitizer tells of leaks at the end.
    machine.run("systemctl stop update-agent.service")
    assert machine.show("update-agent.service", "Result")["Result"] == "success"
    assert "Sanitizer" not in machine.journal("-u", "update-agent.service")
