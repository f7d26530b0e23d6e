# SPDX-License-Identifier: GPL-3.0-or-later
"""What fails in the middle of an operation is undone, and ends in time with the documented code."""

import pytest

from support import images, interruptions
from support.bundles import Maker, description, refuse, state, without_failed_sets
from support.paths import SUITES

GOOD = description("good", containers={"good-main": {}})
NEW = description("new", start_timeout="5s",
                  containers={"new-main": {"image": "localhost/new:1", "restart": "no"}})


@pytest.fixture
def bundle(machine, maker):
    """A bundle file whose image is nowhere else, on a machine where another bundle runs."""
    maker.install(GOOD)
    images.load(machine, "localhost/new:1", files={"new": b"new"})
    made = maker.make(NEW, "/srv/new.bundle")
    machine.run("podman rmi localhost/new:1")
    return made


@pytest.fixture
def impatient(machine):
    """A machine whose agent waits for podman for some seconds, not for minutes."""
    interruptions.prepare(machine, podman_timeout="5s")
    return machine


# Runs a command and holds the lock of a file meanwhile; fcntl(2) locks are not inherited.
HOLD_LOCK = r"""use Fcntl;
open(my $file, '+<', shift) or die $!;
my $all = pack('s s x![q] q q l x![q]', F_WRLCK, 0, 0, 0, 0);
fcntl($file, F_SETLKW, $all) or die $!;
exit(system(@ARGV) >> 8);
"""


@pytest.mark.parametrize("lock", ["storage.lock", "overlay-images/images.lock"])
def test_a_podman_that_waits_for_ever(impatient, bundle, lock):
    """podman itself, which waits for a lock of its store that somebody holds."""
    impatient.write_file("/srv/hold-lock", HOLD_LOCK)
    refuse(impatient, bundle, 1, "podman images", "did not end within 5 s",
           agent=f"perl /srv/hold-lock /var/lib/containers/storage/{lock} update-agent --no-service")
    assert not impatient.run("pgrep -x podman", check=False).stdout
    impatient.run(f"update-agent install {bundle}", timeout=120)
    assert impatient.active("new-main.service")


@pytest.mark.parametrize("subcommand", ["pull", "tag", "create"])
def test_a_podman_that_hangs_in_the_middle(impatient, bundle, subcommand):
    """Stopped, so that it takes no notice of SIGTERM either."""
    agent = " ".join(interruptions.watched(subcommand, "STOP", ["update-agent", "--no-service"]))
    refuse(impatient, bundle, 1, f"podman {subcommand}", "did not end within 5 s",
           "nothing was changed", agent=agent)
    assert not impatient.run("pgrep -x podman", check=False).stdout
    impatient.run(f"update-agent install {bundle}", timeout=120)
    assert impatient.active("new-main.service")


def test_a_disk_that_is_full_before_an_image_is_whole(new_machine, installed_root, pki):
    """Its layer is nothing but zeros, so that the check for space expects far less of it."""
    machine = new_machine(installed_root)
    machine.boot()
    store = "/var/lib/containers/storage"
    machine.run(f"mkdir -p {store}; mount -t tmpfs -o size=64M tmpfs {store}")
    machine.write_file("/etc/update-agent/agent.toml.d/small.toml", 'reserve = "0"\n')
    images.load(machine)
    maker = Maker(machine, pki)
    maker.install(GOOD)
    images.load(machine, "localhost/new:1", files={"zeros": bytes(40 << 20)})
    bundle = maker.make(NEW, "/srv/new.bundle")
    machine.run(f"podman rmi localhost/new:1; fallocate --length 32M {store}/filler")
    used = f"df --output=used,iused {store} | tail -1; ls -A /var/lib/containers"
    before = machine.run(used).stdout
    refuse(machine, bundle, 11, "localhost/new:1", "no space left on device", store, "free",
           "nothing was changed")
    assert machine.run(used).stdout == before
    machine.run(f"rm {store}/filler")
    machine.run(f"update-agent install {bundle}", timeout=120)
    assert machine.active("new-main.service")


# /opt, and podman's store beside it where that is asked for, on a disk that inodes are scarce on.
SMALL_DISK = r"""
mkdir -p /srv/disk /var/lib/containers/storage
mount -t tmpfs -o size=64M,nr_inodes=400,mode=0755 tmpfs /srv/disk
cp -a /opt /srv/disk/opt
mount --bind /srv/disk/opt /opt
[ -z "$1" ] && exit
mkdir /srv/disk/storage
mount --bind /srv/disk/storage /var/lib/containers/storage
"""
# Leaves that many.
FILL = r"""
left=$(df --output=iavail /srv/disk | tail -1)
mkdir /srv/disk/filler
for ((i = left - 1; i > $1; i--)); do : >/srv/disk/filler/$i; done
"""
# podman 5's database says no more when there is no room for its journal.
NO_JOURNAL = "unable to open database file"


@pytest.mark.long
@pytest.mark.parametrize("first, store", [(0, ""), (1, "podman")], ids=["opt", "everything"])
def test_a_disk_without_room_for_one_more_file(new_machine, installed_root, pki, suite, first, store):
    """Every third file that an installation makes is once the first that finds no inode; which ones,
    differs.

    The check for space counts bytes, and so notices nothing.
    """
    machine = new_machine(installed_root)
    machine.boot()
    machine.run(["bash", "-c", SMALL_DISK, "small-disk", store])
    machine.write_file("/etc/update-agent/agent.toml.d/small.toml", 'reserve = "0"\n')
    images.load(machine)
    maker = Maker(machine, pki)
    maker.install(GOOD)
    images.load(machine, "localhost/new:1", files={"new": b"new"})
    bundle = maker.make(NEW, "/srv/new.bundle")
    machine.run("podman rmi localhost/new:1")
    before = without_failed_sets(state(machine))
    for left in range(first + SUITES.index(suite), 200, 3):
        machine.run(["bash", "-c", FILL, "fill", left])
        done = machine.run(f"update-agent install {bundle}", check=False, timeout=180)
        machine.run("rm -r /srv/disk/filler")
        if done.ok:
            break
        assert without_failed_sets(state(machine)) == before, f"with {left} inodes left: {done}"
        # All files are there, but the container finds no room for those it needs.
        if "did not become healthy" in done.stderr:
            assert done.rc == 11, f"with {left} inodes left: {done}"
            break
        assert (done.rc == 11 and "no space left on device" in done.stderr.lower()
                or NO_JOURNAL in done.stderr), f"with {left} inodes left: {done}"
    assert left > 30, done
    machine.run(f"update-agent install {bundle}", timeout=120)
    assert machine.active("new-main.service") and machine.active("good-main.service")
