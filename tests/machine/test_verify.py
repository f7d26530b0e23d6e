# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an installed set by somebody's hand, and what of it is put right."""

import json

import pytest

from support.bundles import IMAGE, description, pids, state, status

pytestmark = pytest.mark.one_suite

GENERATIONS = "/opt/operation/update-agent/generations"
KEPT = "/opt/operation/update-agent/bundles"
BASE = description("base", type="base", containers={"store": {}})
ADDON = description("addon", requires={"base": "*"}, containers={"reader": {}, "writer": {}})
OTHER = description("other", containers={"lonely": {"image": "localhost/lonely:1.0.0"}})


def findings(machine, arguments: str = "") -> tuple[int, dict[tuple[str, str], dict]]:
    done = machine.run(f"update-agent verify --json {arguments}", check=False, timeout=180)
    document = json.loads(done.stdout)
    assert "error" not in document, done
    assert document["left"] == sum(not each["repaired"] for each in document["findings"])
    return done.rc, {(each["kind"], each["subject"]): each for each in document["findings"]}


def another_image(machine) -> None:
    """The ready image with another label, under a name of its own."""
    machine.run(f"id=$(podman create {IMAGE}) && podman commit --quiet --change LABEL=lonely=yes"
                " $id localhost/lonely:1.0.0 && podman rm $id", timeout=120)


def install(machine, maker) -> None:
    another_image(machine)
    maker.install(BASE, ADDON, OTHER)
    assert findings(machine) == (0, {})


def blob_of(machine, bundle: str) -> str:
    """The largest: a layer."""
    return machine.run(f"cd {KEPT}/{bundle} && ls -S images/blobs/sha256/* | head -1").stdout.strip()


def damage(machine) -> set[tuple[str, str]]:
    """Several things at once; returns what has to be found."""
    lonely = status(machine)["lonely"]["podman-name"]
    blob = blob_of(machine, "base_1.0.0")
    machine.run(f"""set -e
        update-agent stop lonely
        podman rm {lonely}
        podman rmi localhost/lonely:1.0.0
        cd {GENERATIONS}/1
        rm units/base-restart.target
        sed -i 's/^Description=.*/Description=by hand/' units/writer.service
        chown 1234 units/addon.target
        printf x >containers/reader
        printf 'by hand' >bundles/addon/manifest
        podman create --name stray --label update-agent.container=stray {IMAGE}
        podman create --name mine {IMAGE}
        mkdir {KEPT}/.new-something
        printf X | dd of={KEPT}/base_1.0.0/{blob} bs=1 seek=100 conv=notrunc status=none
        """, timeout=120)
    return {("container", lonely), ("image", "localhost/lonely:1.0.0"),
            ("unit", "base-restart.target"), ("unit", "writer.service"), ("unit", "addon.target"),
            ("loaded", "base-restart.target"), ("loaded", "writer.service"),
            ("arguments", "reader"), ("set", f"{GENERATIONS}/1/bundles/addon"),
            ("leftover", "container stray"), ("leftover", f"{KEPT}/.new-something"),
            ("bundle", f"base_1.0.0/{blob}")}


def test_all_that_is_damaged_is_named_and_all_but_a_lost_blob_is_mended(machine, maker):
    install(machine, maker)
    expected = damage(machine)
    lost = {each for each in expected if each[0] == "bundle"}
    before, running = state(machine), pids(machine)

    rc, found = findings(machine)
    assert (rc, set(found)) == (1, expected)
    assert {key for key, each in found.items() if not each["repairable"]} == lost
    assert all(each["advice"] for each in found.values())
    assert state(machine) == before, "looking has changed something"

    done = machine.run("update-agent verify --repair", check=False, timeout=180)
    assert done.rc == 1 and done.stdout.count("repaired  ") == len(expected) - 1, done
    assert pids(machine) == running
    rc, found = findings(machine)
    assert (rc, set(found)) == (1, lost)
    assert machine.run("podman ps --all --noheading --format '{{.Names}}' --filter name=^mine$"
                       " --filter name=^stray$").stdout.split() == ["mine"]
    machine.run("podman rm mine; update-agent start lonely", timeout=120)
    machine.wait_active("lonely.service")

    # The advice helps, without a restart.
    advice = found[lost.pop()]["advice"]
    machine.run(advice.partition(": '")[2].rstrip("'").replace("FILE", "/srv/bundle0.bundle"))
    assert findings(machine) == (0, {})
    assert {name: pid for name, pid in pids(machine).items() if name != "lonely"} == \
        {name: pid for name, pid in running.items() if name != "lonely"}
    machine.reboot()
    for unit in ("store", "reader", "writer", "lonely"):
        machine.wait_active(f"{unit}.service", timeout=60)
    assert findings(machine) == (0, {})


def test_what_systemd_has_loaded_is_looked_at_and_only_what_it_has_otherwise_restarts(machine, maker):
    install(machine, maker)
    running = pids(machine)
    machine.run(f"""set -e
        sed -i 's/^\\[Service\\]/[Service]\\nUMask=0077/' {GENERATIONS}/1/units/writer.service
        rm {GENERATIONS}/1/units/other.target
        mkdir -p /run/systemd/system
        printf '[Unit]\\n' >/run/systemd/system/addon-restart.target
        systemctl daemon-reload""")
    rc, found = findings(machine)
    assert rc == 1
    assert set(found) == {("unit", "writer.service"), ("unit", "other.target"),
                          ("loaded", "other.target"), ("loaded", "addon-restart.target")}
    machine.run("rm /run/systemd/system/addon-restart.target")
    rc, found = findings(machine, "--repair")
    assert rc == 0, found
    assert machine.show("writer.service", "UMask") == {"UMask": "0022"}
    after = pids(machine)
    assert after["writer"] not in (0, running["writer"])
    assert {name: pid for name, pid in after.items() if name != "writer"} == \
        {name: pid for name, pid in running.items() if name != "writer"}
    assert findings(machine) == (0, {})
