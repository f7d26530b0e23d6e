# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes: where they lie, who may do what in them, and how long they are kept."""

import pytest

from support.bundles import description, refuse, status
from support.command import host

pytestmark = pytest.mark.one_suite

GROUPS = '[[groups]]\nname = "readers"\ngid = 2010\n[[groups]]\nname = "writers"\ngid = 2011\n'
MAPS = ('[[volumes]]\nname = "maps"\nshared = true\nhost-path = "/opt/data/maps"\n'
        'read-only-groups = ["readers"]\nread-write-groups = ["writers"]\n')
LOGS = '[[volumes]]\nname = "logs"\nread-write-groups = ["writers"]\n'
GROUP = '[bundle-group]\nname = "view"\ngid = 2100\n'
OWN = {"volume": "default", "target": "/own"}


def base(version: str = "1.0.0", extra: str = GROUPS + MAPS + LOGS, **options) -> str:
    mounts = [{"volume": "maps", "target": "/maps"}, {"volume": "logs", "target": "/logs"}]
    main = {"mounts": mounts, "user": "2001", "groups": ["writers"]} | options
    return description("base", type="base", version=version, extra=extra,
                       containers={"writer": main})


def view(version: str = "1.0.0", extra: str = GROUP, **options) -> str:
    main = {"mounts": [{"volume": "maps", "target": "/maps"}, OWN], "groups": ["readers", "view"]}
    return description("view", version=version, extra=extra, requires={"base": "*"},
                       containers={"panel": main | options})


def acl(machine, path: str) -> list[str]:
    return host("getfacl", "--numeric", "--absolute-names", "--omit-header", "--no-effective",
                machine.path(path)).stdout.split()


def entries(*groups: str) -> list[str]:
    """What a directory with these groups has, for itself and for what is made in it."""
    own = ["user::rwx", "group::---", *groups, "mask::rwx", "other::---"]
    return own + [f"default:{entry}" for entry in own]


def may_write(machine, container: str, path: str) -> bool:
    """Whether a process of the container, as the user that it runs as, can make a file there."""
    name = status(machine)[container]["podman-name"]
    done = machine.run(f"podman exec {name} /ready --touch {path} --exit 0", check=False)
    assert done.ok or "Permission denied" in done.stderr, done
    return done.ok


def test_rights_are_what_the_base_says(machine, maker):
    maker.install(base(), view())
    assert acl(machine, "/opt/data/maps") == entries("group:2010:r-x", "group:2011:rwx")
    assert acl(machine, "/opt/data/base/logs") == entries("group:2011:rwx")
    assert acl(machine, "/opt/data/view") == entries("group:2100:rwx")
    assert may_write(machine, "writer", "/maps/chart")
    assert may_write(machine, "writer", "/logs/today")
    assert may_write(machine, "panel", "/own/note")
    assert not may_write(machine, "panel", "/maps/other")
    # Whoever is in none of the groups does not even see what is there.
    assert machine.run("setpriv --reuid 2001 --clear-groups ls /opt/data/maps", check=False).rc == 2
    assert machine.run("setpriv --reuid 1 --regid 1 --groups 2010 ls /opt/data/maps").lines == ["chart"]
    # What the container made is the groups', too.
    machine.run("setpriv --reuid 1 --regid 1 --groups 2010 cat /opt/data/maps/chart")
    assert {"group:2010:r-x", "group:2011:rwx"} < set(acl(machine, "/opt/data/maps/chart"))
    needed = machine.show("panel.service", "RequiresMountsFor")["RequiresMountsFor"].split()
    assert {"/opt/data/maps", "/opt/data/view"} < set(needed)
    assert machine.run("update-agent verify", check=False, timeout=120).ok


def test_data_outlives_updates_and_removals_until_it_is_purged(machine, maker):
    maker.install(base(), view())
    assert may_write(machine, "writer", "/maps/chart") and may_write(machine, "panel", "/own/note")
    maker.install(base("1.1.0", env={"NEW": "1"}), view("1.1.0", env={"NEW": "1"}))
    assert machine.exists("/opt/data/maps/chart") and machine.exists("/opt/data/view/note")
    machine.run("update-agent remove view", timeout=120)
    assert machine.exists("/opt/data/view/note")
    maker.install(view("1.1.0", env={"NEW": "1"}))
    planned = machine.run("update-agent remove view --purge --dry-run").stdout
    assert "would delete  /opt/data/view" in planned and machine.exists("/opt/data/view/note")
    machine.run("update-agent remove view --purge", timeout=120)
    assert not machine.exists("/opt/data/view") and machine.exists("/opt/data/maps/chart")
    machine.run("update-agent remove base --purge", timeout=120)
    assert machine.exists("/opt/data/maps/chart")


def test_an_update_moves_a_volume_for_all_and_a_bad_one_is_taken_back(machine, maker):
    maker.install(base(), view())
    before = status(machine)["panel"]["podman-name"]
    rights = acl(machine, "/opt/data/maps")
    bad = base("1.1.0", extra=GROUPS + LOGS + MAPS.replace('["readers"]', "[]"),
               command=["/ready", "--never"])
    failed = machine.run(["update-agent", "install", maker.make(bad, "/srv/bad.bundle")],
                         check=False, timeout=180)
    assert failed.rc == 8, failed
    assert acl(machine, "/opt/data/maps") == rights
    moved = base("1.2.0", extra=GROUPS + LOGS + MAPS.replace("/opt/data/maps", "/opt/data/charts"))
    maker.install(moved)
    now = status(machine)["panel"]
    assert now["podman-name"] != before and now["state"] == "running"
    assert may_write(machine, "writer", "/maps/new") and machine.exists("/opt/data/charts/new")


def data(machine) -> str:
    return machine.run("find /opt/data -printf '%p %l %M %U %G\\n' 2>/dev/null | sort").stdout


def test_what_cannot_be_is_refused_and_changes_nothing(machine, maker):
    maker.install(description("other", extra='[bundle-group]\nname = "other"\ngid = 2010\n'))
    machine.run("mkdir /opt/elsewhere && ln -s /opt/elsewhere /opt/data/link && touch /opt/data/file")
    places = {"/opt/data/link": ("volume maps", "/opt/data/link is a symbolic link"),
              "/opt/data/link/maps": ("/opt/data/link is a symbolic link",),
              "/opt/data/file": ("/opt/data/file is not a directory",),
              "/etc/maps": ("volumes[0].host-path", "not below /opt/data", "volume-roots"),
              "/opt/data": ("not below /opt/data",),
              "/opt/data/other": ("volume 'default' of other 1.0.0",),
              "/opt/data/other/maps": ("volume 'default' of other 1.0.0",)}
    groups = GROUPS.replace("2010", "2012")
    before = data(machine)
    for place, texts in places.items():
        text = base(extra=groups + MAPS.replace("/opt/data/maps", place) + LOGS)
        refuse(machine, maker.make(text, "/srv/base.bundle"), 5, "base 1.0.0", *texts)
        assert data(machine) == before
    taken = maker.make(base(), "/srv/base.bundle")
    refuse(machine, taken, 5, "groups[0].gid", "2010 is the gid of the group 'other' of other 1.0.0")
    maker.install(base(extra=groups + MAPS + LOGS))
    stranger = view(mounts=[{"volume": "logs", "target": "/logs"}, {"volume": "none", "target": "/n"}])
    refuse(machine, maker.make(stranger, "/srv/view.bundle"), 5,
           "'logs' of base 1.0.0 is not shared", "there is no volume 'none'")
    assert not machine.exists("/opt/data/view")


def test_a_file_system_without_acls_is_refused_by_its_name(machine, maker):
    maker.install(description("other"))
    machine.run("mkdir -p /opt/data && mount -t ramfs ramfs /opt/data")
    refuse(machine, maker.make(base(), "/srv/base.bundle"), 5, "volume maps", "/opt/data (ramfs)",
           "no POSIX ACLs")
    assert not machine.run("ls -A /opt/data").stdout
    machine.run("umount /opt/data")
