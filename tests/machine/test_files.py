# SPDX-License-Identifier: GPL-3.0-or-later
"""File providers: what comes from an image into a volume, and goes with its bundle."""

import pytest

from support import images
from support.bundles import description, pids
from support.command import host

pytestmark = pytest.mark.one_suite

MAPS = ('[[groups]]\nname = "readers"\ngid = 2010\n[[volumes]]\nname = "maps"\nshared = true\n'
        'file-provider-access = true\nread-only-groups = ["readers"]\nhost-path = "/opt/data/maps"\n')
LOGS = '[[volumes]]\nname = "logs"\nshared = true\n'


def base(**options) -> str:
    reader = {"mounts": [{"volume": "maps", "target": "/maps"}]} | options
    return description("base", type="base", extra=MAPS + LOGS,
                       containers={"reader": reader, "other": {}})


def chart(version: str = "1.0.0", source: str = "/share", to: str = "/of", volume: str = "maps",
          **options) -> str:
    provider = (f'[[file-providers]]\nimage = "localhost/files:{version}"\n'
                f'copy = [{{ from = "{source}", volume = "{volume}", to = "{to}" }}]\n')
    return description("chart", version=version, requires={"base": "*"}, extra=provider,
                       containers={"chart-main": options})


@pytest.fixture
def charts(machine, maker):
    """The base runs, and there are images with files."""
    for version in ("1.0.0", "1.1.0"):
        images.load(machine, f"localhost/files:{version}",
                    files={"share/north": f"north {version}".encode(),
                           f"share/deep/{version}": b"deep"})
    maker.install(base())
    return maker


def files(machine) -> list[str]:
    return machine.run("cd /opt/data/maps && find . -mindepth 1 -printf '%P\\n' | sort").lines


def test_files_come_with_the_rights_of_the_volume_and_go_with_their_bundle(machine, charts):
    other = pids(machine)["other"]
    charts.install(chart())
    assert files(machine) == ["of", "of/deep", "of/deep/1.0.0", "of/north"]
    rights = host("getfacl", "--numeric", "--absolute-names", "--omit-header",
                  machine.path("/opt/data/maps/of/north")).stdout
    assert "group:2010:r-x" in rights and "other::---" in rights, rights
    assert machine.run("stat -c %Y /opt/data/maps/of/north").stdout == "0\n"
    assert not machine.run("podman image mount").lines
    assert machine.run("update-agent verify", check=False, timeout=120).ok

    charts.install(chart("1.1.0"))
    assert files(machine) == ["of", "of/deep", "of/deep/1.1.0", "of/north"]
    machine.run("update-agent rollback", timeout=180)
    assert machine.run("cat /opt/data/maps/of/north").stdout == "north 1.0.0"
    machine.run("echo mine >/opt/data/maps/of/north")
    removed = machine.run("update-agent remove chart", timeout=120)
    assert "/opt/data/maps/of/north stays: it was changed" in removed.stderr
    assert files(machine) == ["of", "of/north"]
    assert pids(machine)["other"] == other


def test_what_cannot_be_copied_stops_nothing(machine, charts):
    machine.run("echo mine >/opt/data/maps/taken")
    before = pids(machine)
    refused = {chart(source="/none"): (3, "the image has no /none"),
               chart(source="/share/north", to="/taken"): (5, "/opt/data/maps/taken is there already"),
               chart(volume="logs"): (5, "none that file providers may write to")}
    for text, (rc, says) in refused.items():
        path = charts.make(text, "/srv/chart.bundle")
        done = machine.run(["update-agent", "install", path], check=False, timeout=120)
        assert done.rc == rc and says in done.stderr, done
        assert pids(machine) == before and files(machine) == ["taken"]
        assert not machine.run("podman image mount").lines


def test_a_set_that_does_not_become_healthy_leaves_no_files(machine, charts):
    charts.install(chart())
    bad = chart("1.1.0", command=["/ready", "--never"])
    done = machine.run(["update-agent", "install", charts.make(bad, "/srv/bad.bundle")],
                       check=False, timeout=180)
    assert done.rc == 8, done
    assert files(machine) == ["of", "of/deep", "of/deep/1.0.0", "of/north"]
    assert machine.run("cat /opt/data/maps/of/north").stdout == "north 1.0.0"
