# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages that come with a bundle: --install-host-packages, with real apt and dpkg."""

import json

import pytest

from support.bundles import description, refuse, state, without_failed_sets
from support.package_source import Package, PackageSource

INSTALL = "install --install-host-packages"
LIBRARY = Package("ua-lib", "1:1.0", files={"/etc/ua-lib.conf": "as shipped\n",
                                            "/usr/share/ua-lib/data": "data\n"})
TOOL = Package("ua-tool", "2.0-1", {"Depends": "ua-lib (>= 1:1.0)", "Recommends": "ua-nice"})
NICE = Package("ua-nice")
# What it does takes as long as somebody wants.
SLOW = Package("ua-slow", fields={"Depends": "ua-lib"}, scripts={
    "postinst": "touch /run/ua-slow; while [ -e /run/ua-slow ]; do sleep 0.2; done\n"})

# fcntl(2) locks, which flock(1) knows nothing of.
HOLD_LOCK = r"""use Fcntl;
open(my $file, '+<', shift) or die $!;
my $all = pack('s s x![q] q q l x![q]', F_WRLCK, 0, 0, 0, 0);
fcntl($file, F_SETLK, $all) or die $!;
open(my $held, '>', '/run/held');
sleep 600;
"""


def wanting(*packages: str, bundle: str = "picky", **options) -> str:
    """A bundle that wants packages, such as "ua-tool >= 2"."""
    extra = ""
    for package in packages:
        name, _, version = package.partition(" ")
        extra += f'[[host-packages]]\nname = "{name}"\n'
        extra += f'version = "{version}"\n' if version else ""
    return description(bundle, extra=extra, **options)


def packages(machine) -> str:
    """dpkg's and apt's whole state, and what lies where these put files."""
    return machine.run(r"""
        dpkg-query -W -f '${db:Status-Abbrev} ${binary:Package} ${Version}\n'
        apt-mark showmanual | sed 's/^/manual /'
        find /etc /usr /var/lib/dpkg/updates /var/cache/apt/archives -path /etc/systemd -prune -o \
            -newer /srv/before -type f -print
        dpkg --audit""", timeout=120).stdout


@pytest.fixture
def source(machine):
    made = PackageSource(machine, LIBRARY, TOOL, NICE, SLOW)
    machine.run("update-agent remove nothing; touch /srv/before", check=False)
    return made


def is_installed(machine, name: str) -> bool:
    return machine.run(f"dpkg-query -W -f '${{db:Status-Status}}' {name}",
                       check=False).stdout == "installed"


def refuse_packages(machine, path: str, status: int, *texts: str) -> str:
    """Refused, and nothing of the packages is another."""
    before = packages(machine)
    text = refuse(machine, path, status, *texts, command=INSTALL)
    assert packages(machine) == before
    return text


def test_packages_come_with_a_bundle_and_stay_when_it_goes(machine, maker, source):
    path = maker.make(wanting("ua-tool >= 2", "systemd"), "/srv/picky.bundle")
    before = packages(machine)
    refuse(machine, path, 5, "needs the Debian package ua-tool (>= 2), which is not installed",
           "--install-host-packages")
    dry = machine.run(f"update-agent {INSTALL} --dry-run {path}", timeout=120).stdout
    assert "would install  Debian package ua-tool 2.0-1\n" in dry, dry
    assert "would install  Debian package ua-lib 1:1.0  (a dependency)" in dry, dry
    assert packages(machine) == before

    done = machine.run(f"update-agent --json {INSTALL} {path}", timeout=180)
    assert [(each["name"], each["automatic"]) for each in json.loads(done.stdout)["host-packages"]] == [
        ("ua-lib", True), ("ua-tool", False)], done
    assert is_installed(machine, "ua-tool") and is_installed(machine, "ua-lib")
    assert not is_installed(machine, "ua-nice")
    assert machine.active("picky-main.service")
    marks = machine.run("apt-mark showmanual ua-tool ua-lib; apt-mark showauto ua-tool ua-lib").lines
    assert marks == ["ua-tool", "ua-lib"]
    assert not machine.run("find /var/cache/apt/archives -name '*.deb'").stdout
    assert "Setting up ua-tool (2.0-1)" in machine.journal("-t", "update-agent-packages")
    history = json.loads(machine.run("update-agent history --json").stdout)["operations"][-1]
    assert "with the Debian packages ua-lib 1:1.0, ua-tool 2.0-1, by --install-host-packages" in (
        history["notes"])

    machine.run("update-agent remove picky", timeout=120)
    assert is_installed(machine, "ua-tool") and is_installed(machine, "ua-lib")


def test_a_set_that_does_not_become_healthy_takes_its_packages_with_it(machine, maker, source):
    maker.install(description("good"))
    # What was here before has left its configuration.
    machine.run("apt-get --quiet --assume-yes install ua-lib && echo mine >/etc/ua-lib.conf && "
                "apt-get --quiet --assume-yes remove ua-lib && touch /srv/before", timeout=120)
    before, all_before = packages(machine), state(machine)
    sick = wanting("ua-tool", start_timeout="4s", containers={
        "sick": {"command": ["/no/such/program"], "restart": "no"}})
    path = maker.make(sick, "/srv/sick.bundle")
    failed = machine.run(f"update-agent {INSTALL} {path}", check=False, timeout=180)
    assert failed.rc == 8, failed
    assert packages(machine) == before
    assert machine.read_file("/etc/ua-lib.conf") == "mine\n"
    assert without_failed_sets(state(machine)) == without_failed_sets(all_before)

    # Without anything that was there, nothing of it is left at all.
    machine.run("dpkg --purge ua-lib")
    failed = machine.run(f"update-agent {INSTALL} --retry {path}", check=False, timeout=180)
    assert failed.rc == 8 and not machine.exists("/etc/ua-lib.conf"), failed


def test_only_what_can_be_taken_back_is_installed(machine, maker):
    old = Package("ua-old", "1.0")
    PackageSource(machine, old)
    machine.run("apt-get --quiet --assume-yes install ua-old", timeout=120)
    PackageSource(machine, LIBRARY, TOOL, Package("ua-old", "2.0"),
                  Package("ua-new", fields={"Depends": "ua-old (>= 2)"}),
                  Package("ua-grumpy", fields={"Conflicts": "procps"}),
                  Package("ua-taker", fields={"Replaces": "procps"}),
                  Package("ua-vital", fields={"Protected": "yes"}),
                  Package("ua-lost", fields={"Depends": "ua-nowhere (>= 3)"}),
                  Package("ua-fails", fields={"Depends": "ua-lib"},
                          scripts={"postinst": "echo it is all wrong >&2\nexit 3\n"}))
    machine.run("update-agent remove nothing; touch /srv/before", check=False)
    number = 0

    def refused(status: int, *texts: str, wants: tuple) -> str:
        nonlocal number
        number += 1
        path = maker.make(wanting(*wants), f"/srv/{number}.bundle")
        return refuse_packages(machine, path, status, *texts)

    refused(5, "ua-old 1.0 is installed, and an upgrade could not be undone", "apt install ua-old",
            wants=("ua-old >= 2",))
    refused(5, "would replace what is installed, which could not be undone: ua-old 1.0 by 2.0",
            "apt install ua-new", wants=("ua-new",))
    refused(5, "would remove what is installed: procps", wants=("ua-grumpy",))
    refused(5, "ua-taker may replace files of procps", wants=("ua-taker",))
    refused(5, "ua-vital is essential or protected", wants=("ua-vital",))
    refused(5, "ua-lost depends on ua-nowhere (>= 3)", wants=("ua-lost",))
    refused(5, "no package source has ua-tool (>= 3), ua-tool (<< 4); there is 2.0-1",
            wants=("ua-tool >= 3", "ua-tool << 4"))
    refused(5, "no package source has ua-nothing, nor any other version", "apt-get update",
            wants=("ua-nothing",))
    # It breaks while it is installed: gone again, with what came before it.
    refused(5, "it is all wrong", "nothing was changed", wants=("ua-fails",))
    machine.run("rm -rf /var/lib/apt/lists/*")
    refused(5, "there are no lists", "apt-get update", wants=("ua-tool",))


@pytest.mark.one_suite
def test_packages_without_a_signature_are_not_trusted(machine, maker):
    PackageSource(machine, LIBRARY, TOOL, is_signed=False)
    machine.run("update-agent remove nothing; touch /srv/before", check=False)
    path = maker.make(wanting("ua-tool"), "/srv/picky.bundle")
    # Also where the administrator lets apt itself do it.
    machine.write_file("/etc/apt/apt.conf.d/99careless", 'APT::Get::AllowUnauthenticated "true";\n')
    refuse_packages(machine, path, 4, "no signed package source has ua-tool 2.0-1")


@pytest.mark.one_suite
def test_a_package_source_that_is_away_or_has_others_by_now(machine, maker, source):
    path = maker.make(wanting("ua-tool"), "/srv/picky.bundle")
    source.stop()
    refuse_packages(machine, path, 12, "cannot be downloaded", "127.0.0.1", "nothing was changed")
    source.start()
    machine.run("mv /srv/packages/ua-tool_2.0-1_all.deb /srv/")
    refuse_packages(machine, path, 12, "404", "apt-get update")
    # Not what was signed.
    machine.run("tr a b </srv/ua-tool_2.0-1_all.deb >/srv/packages/ua-tool_2.0-1_all.deb")
    assert "ua-tool" in refuse_packages(machine, path, 4, "cannot be downloaded")
    machine.run(f"mv /srv/ua-tool_2.0-1_all.deb /srv/packages/ && update-agent {INSTALL} {path}",
                timeout=180)


def begin_slow_one(machine, maker) -> str:
    """An installation whose package is being configured; returns the bundle file."""
    path = maker.make(wanting("ua-slow"), "/srv/slow.bundle")
    machine.run("touch /srv/before")
    machine.run("systemd-run --unit=operation --remain-after-exit --property=KillMode=process"
                f" update-agent --no-service {INSTALL} {path}")
    machine.wait_until("test -e /run/ua-slow")
    return path


@pytest.mark.one_suite
def test_an_agent_that_is_killed_while_dpkg_works(machine, maker, source):
    before, all_before = packages(machine), state(machine)
    begin_slow_one(machine, maker)
    machine.run("systemctl kill --kill-who=main --signal=KILL operation")
    machine.wait_until("systemctl is-failed operation")
    # What it has left behind goes on, and nobody works beside it.
    beside = machine.run("update-agent recover", check=False, timeout=120)
    assert beside.rc == 7 and "another operation is running" in beside.stderr, beside
    machine.run("rm /run/ua-slow")
    machine.wait_until("! pgrep -x update-agent-pa")
    assert is_installed(machine, "ua-slow")
    recovered = machine.run("update-agent recover", timeout=120)
    assert "was undone" in recovered.stdout, recovered
    assert packages(machine) == before
    assert state(machine) == all_before


@pytest.mark.parametrize("how", ["everything is killed", "cancelled", "the power is cut"])
def test_dpkg_that_is_killed_in_the_middle(machine, maker, source, how):
    before, all_before = packages(machine), state(machine)
    path = begin_slow_one(machine, maker)
    if how == "the power is cut":
        # At boot there is no network, and the package's script would hang once more.
        machine.kill()
        machine.boot()
        machine.wait_until("! test -e /opt/operation/update-agent/transaction", timeout=60)
    elif how == "cancelled":
        machine.run("systemctl kill --kill-who=main --signal=TERM operation")
        machine.wait_until("systemctl is-failed operation")
        assert machine.show("operation", "ExecMainStatus") == {"ExecMainStatus": "7"}
    else:
        machine.run("systemctl kill --signal=KILL operation")
        machine.wait_until("systemctl is-failed operation")
        source.stop()
        assert machine.run("dpkg --audit").stdout, "dpkg was not interrupted"
        machine.run("update-agent recover", timeout=120)
    assert packages(machine) == before
    assert state(machine) == all_before
    machine.run("systemctl reset-failed operation; systemctl start package-source.socket;"
                " (sleep 5; rm /run/ua-slow) >/dev/null 2>&1 &", check=False)
    machine.run(f"update-agent {INSTALL} {path}", timeout=180)
    assert is_installed(machine, "ua-slow") and machine.active("picky-main.service")


@pytest.mark.one_suite
def test_what_somebody_else_installed_meanwhile_stays(machine, maker, source):
    path = maker.make(wanting("ua-tool"), "/srv/picky.bundle")
    machine.write_file("/srv/hold-lock", HOLD_LOCK)
    machine.run("systemd-run --unit=other perl /srv/hold-lock /var/lib/dpkg/lock-frontend")
    machine.wait_until("test -e /run/held")
    machine.run("systemd-run --unit=operation --remain-after-exit"
                f" update-agent --no-service {INSTALL} {path}")
    machine.wait_until("test -e /opt/operation/update-agent/transaction && pgrep -x update-agent-pa")
    machine.run("systemctl kill --signal=KILL operation; systemctl stop other")
    machine.run("apt-get --quiet --assume-yes install ua-tool", timeout=120)
    recovered = machine.run("update-agent recover", timeout=120)
    assert "was undone" in recovered.stdout, recovered
    assert is_installed(machine, "ua-tool") and is_installed(machine, "ua-lib")
    machine.run(["update-agent", "install", path], timeout=180)


def test_an_interruption_before_dpkg_has_written_the_new_version(machine, maker):
    PackageSource(machine, Package("ua-late", "1.0", files={"/etc/ua-late.conf": "old\n"}))
    machine.run("apt-get --quiet --assume-yes install ua-late &&"
                " apt-get --quiet --assume-yes remove ua-late", timeout=120)
    PackageSource(machine, Package("ua-late", "2.0", files={"/etc/ua-late.conf": "old\n"}, scripts={
        "preinst": "touch /run/ua-late; while [ -e /run/ua-late ]; do sleep 0.2; done\n"}))
    machine.run("update-agent remove nothing; touch /srv/before", check=False)
    before = packages(machine)
    path = maker.make(wanting("ua-late"), "/srv/picky.bundle")
    machine.run("systemd-run --unit=operation --remain-after-exit"
                f" update-agent --no-service {INSTALL} {path}")
    machine.wait_until("test -e /run/ua-late")
    machine.run("systemctl kill --signal=KILL operation")
    machine.wait_until("systemctl is-failed operation")
    assert "half-installed" in machine.run("dpkg --audit; dpkg -s ua-late").stdout
    machine.run("update-agent recover", timeout=120)
    assert not is_installed(machine, "ua-late")
    # dpkg knows of what was left which version had left it, and no more.
    assert [line.split()[:2] for line in packages(machine).splitlines() if "ua-late" in line] == [
        line.split()[:2] for line in before.splitlines() if "ua-late" in line]
    assert not machine.run("dpkg --audit").stdout


@pytest.mark.one_suite
def test_what_others_depend_on_by_now_stays(machine, maker, source):
    begin_slow_one(machine, maker)
    machine.run("systemctl kill --signal=KILL operation")
    machine.wait_until("systemctl is-failed operation")
    # The administrator goes on by hand.
    machine.run("(sleep 2; rm /run/ua-slow) & dpkg --configure -a && "
                "apt-get --quiet --assume-yes install ua-tool", timeout=120)
    recovered = machine.run("update-agent recover", timeout=120)
    assert "ua-lib:all stays: ua-tool depends on it" in recovered.stderr or (
        "stays: ua-tool depends on it" in recovered.stderr), recovered
    assert is_installed(machine, "ua-lib") and is_installed(machine, "ua-tool")
    assert not is_installed(machine, "ua-slow")
    assert not machine.run("dpkg --audit").stdout


@pytest.mark.one_suite
def test_a_disk_that_dpkg_fills(machine, maker):
    """Nothing says how large it is, so that the check for space lets it in."""
    PackageSource(machine, LIBRARY, Package("ua-big", fields={"Depends": "ua-lib"},
                                            files={"/usr/share/ua-big/data": "0" * (4 << 20)}))
    machine.run("update-agent remove nothing; mkdir /usr/share/ua-big;"
                " mount -t tmpfs -o size=1M tmpfs /usr/share/ua-big; touch /srv/before", check=False)
    path = maker.make(wanting("ua-big"), "/srv/picky.bundle")
    refuse_packages(machine, path, 11, "No space left on device", "nothing was changed")
    machine.run(f"umount /usr/share/ua-big && update-agent {INSTALL} {path}", timeout=180)
    assert is_installed(machine, "ua-big")


@pytest.mark.long
@pytest.mark.one_suite
def test_somebody_else_works_with_packages(machine, maker, source):
    path = maker.make(wanting("ua-tool"), "/srv/picky.bundle")
    machine.run("touch /srv/before")
    machine.write_file("/srv/hold-lock", HOLD_LOCK)
    machine.run("systemd-run --unit=other perl /srv/hold-lock /var/lib/dpkg/lock-frontend")
    machine.wait_until("test -e /run/held")
    refuse_packages(machine, path, 7, "works with packages", "(perl)", "nothing was changed")
    machine.run("systemctl stop other")
    machine.run(f"update-agent {INSTALL} {path}", timeout=180)
