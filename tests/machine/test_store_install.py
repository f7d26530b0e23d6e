# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles whose images are mounted instead of unpacked, on a kernel without dm-verity."""

import json

import pytest

from support import images
from support.bundles import Maker, description, pids, refuse, status

# As many as machines that run at once may use together: their numbers are the host's.
LOOPS = 32
STORE = "/var/lib/update-agent"
CONF = "/etc/containers/storage.conf"
BASE = description("base", type="base", containers={"store": {}, "broker": {"requires": ["store"]}})
OTHER = {"image": "localhost/other:1.0.0"}


@pytest.fixture
def machine(new_machine, installed_root):
    guest = new_machine(installed_root, loop_devices=LOOPS)
    guest.boot()
    images.load(guest)
    images.load(guest, "localhost/other:1.0.0", files={"other": b"other\n" * 1000})
    guest.write_file("/etc/update-agent/agent.toml.d/few.toml", "keep-generations = 1\n")
    # Makes the lock, so that what is refused leaves all as it was.
    guest.run("update-agent recover")
    return guest


def make(maker, text, name):
    """A bundle with a store; podman has its images no more."""
    return maker.make(text, f"/srv/{name}.bundle", options="--images=store")


def make_all(machine, maker, **texts):
    paths = {name: make(maker, text, name) for name, text in texts.items()}
    machine.run("podman rmi --all --force")
    return paths


def install(machine, *paths):
    return machine.run(["update-agent", "install", *paths], timeout=180)


def mounts(machine):
    done = machine.run("findmnt --raw --noheadings --types squashfs --output TARGET,OPTIONS",
                       check=False)
    return {line.split()[0]: set(line.split()[1].split(",")) for line in done.stdout.splitlines()}


def attached(machine):
    """Inodes of files behind loop devices, which the kernel has for all machines together."""
    return set(machine.run("losetup --list --noheadings --output BACK-INO").stdout.split())


def own_images(machine):
    """Ids of what is in podman's own store."""
    done = machine.run("cat /var/lib/containers/storage/overlay-images/images.json", check=False)
    return [image["id"] for image in json.loads(done.stdout or "[]")]


def running(machine):
    return {name for name, container in status(machine).items() if container["state"] == "running"}


def test_containers_run_from_the_mounted_store_and_podman_works_as_always(machine, maker):
    paths = make_all(machine, maker, base=BASE)
    install(machine, paths["base"])
    assert running(machine) == {"store", "broker"}
    assert own_images(machine) == []
    (where, options), = mounts(machine).items()
    assert where.startswith(f"{STORE}/mounts/") and {"ro", "nodev", "nosuid"} <= options
    name = status(machine)["store"]["podman-name"]
    listed = machine.run("podman images --format '{{.Repository}}:{{.Tag}} {{.ReadOnly}}'").stdout
    assert listed == "localhost/ready:1.0.0 true\n"
    machine.run(f"podman inspect {name} && podman ps --all && podman logs {name}")
    machine.run(f"podman exec {name} /ready --version || test $? != 125")
    assert name in machine.run("podman ps --format '{{.Names}}'").stdout
    # systemd knows the mount by the unit of the generation.
    unit = machine.run(f"systemd-escape --path --suffix=mount {where}").stdout.strip()
    mount = machine.show(unit, "ActiveState", "FragmentPath", "Where")
    assert mount["ActiveState"] == "active" and mount["Where"] == where
    assert "update-agent" in mount["FragmentPath"] or "generator" in mount["FragmentPath"]
    needed = machine.show("store.service", "Wants", "After")
    assert all(f"{where.rpartition('/')[2]}.mount" in units for units in needed.values()), needed


def test_after_a_reboot_everything_is_up_again(machine, maker):
    paths = make_all(machine, maker, base=BASE)
    install(machine, paths["base"])
    before = mounts(machine)
    machine.reboot()
    machine.wait_active("broker.service")
    assert running(machine) == {"store", "broker"}
    assert mounts(machine) == before
    assert machine.show("update-agent-images.service", "Result") == {"Result": "success"}
    assert machine.run("systemctl --failed --no-legend").stdout == ""


def test_an_update_restarts_what_changed_and_a_removal_frees_the_file_at_once(machine, maker):
    newer = description("base", "1.1.0", type="base",
                        containers={"store": {}, "broker": {"requires": ["store"]} | OTHER})
    addon = description("addon", requires={"base": "*"}, containers={"reader": {}})
    paths = make_all(machine, maker, base=BASE, newer=newer, addon=addon)
    install(machine, paths["base"], paths["addon"])
    before = pids(machine)
    install(machine, paths["newer"])
    after = pids(machine)
    assert before["store"] == after["store"] and before["reader"] == after["reader"]
    assert before["broker"] != after["broker"]
    assert len(mounts(machine)) == 2
    assert len(machine.run("ls /opt/operation/update-agent/bundles").stdout.split()) == 2
    # What ran on goes on from the new store when it starts anew.
    machine.run("update-agent restart base", timeout=60)
    assert running(machine) == {"store", "broker", "reader"}
    files = set(machine.run("stat --format=%i /opt/operation/update-agent/bundles/*/images/*.sqfs")
                .stdout.split())
    assert files <= attached(machine)
    machine.run("update-agent remove addon base", timeout=120)
    assert mounts(machine) == {} and not files & attached(machine)
    assert machine.run("ls /opt/operation/update-agent/bundles").stdout == ""
    assert json.loads(machine.run("podman images --format json").stdout) == []


def test_a_rollback_goes_back_to_the_former_store(machine, maker):
    machine.write_file("/etc/update-agent/agent.toml.d/few.toml", "keep-generations = 3\n")
    newer = description("base", "1.1.0", type="base", containers={"store": OTHER})
    paths = make_all(machine, maker, base=BASE, newer=newer)
    install(machine, paths["base"])
    install(machine, paths["newer"])
    machine.reboot()
    machine.wait_active("store.service")
    machine.run("update-agent rollback", timeout=120)
    assert running(machine) == {"store", "broker"}
    assert {each["version"] for each in
            json.loads(machine.run("update-agent list --json").stdout)["bundles"]} == {"1.0.0"}


def test_either_kind_takes_the_place_of_the_other(machine, maker):
    kinds = {}
    for number, kind in enumerate(("oci", "store", "oci")):
        text = description("base", f"1.{number}.0", type="base", containers={"store": {}})
        kinds[text] = maker.make(text, f"/srv/{number}.bundle", options=f"--images={kind}")
    machine.run("podman rmi --all --force")
    unpacked, mounted, again = kinds.values()
    install(machine, unpacked)
    assert len(own_images(machine)) == 1 and mounts(machine) == {}
    before = status(machine)["store"]["podman-name"]
    install(machine, mounted)
    # podman prefers its own one, from which the new container was created, too.
    assert len(own_images(machine)) == 1 and len(mounts(machine)) == 1
    assert running(machine) == {"store"} and status(machine)["store"]["podman-name"] != before
    install(machine, again)
    assert len(own_images(machine)) == 1 and mounts(machine) == {}
    assert running(machine) == {"store"}
    machine.run("update-agent remove base", timeout=60)
    assert own_images(machine) == []


def test_what_was_mounted_is_unpacked_for_a_bundle_that_wants_it(machine, maker):
    """Even where podman could take the layers from the store, which goes."""
    text = description("base", type="base", containers={"store": {}})
    mounted = maker.make(text, "/srv/mounted.bundle", options="--images=store")
    unpacked = maker.make(text.replace("1.0.0", "1.1.0", 1), "/srv/unpacked.bundle")
    machine.run("podman rmi --all --force")
    install(machine, mounted)
    install(machine, unpacked)
    assert len(own_images(machine)) == 1 and mounts(machine) == {}
    machine.run("update-agent restart base", timeout=60)
    assert running(machine) == {"store"}
    assert machine.run("podman images --format '{{.Repository}}:{{.Tag}} {{.ReadOnly}}'").stdout == (
        "localhost/ready:1.0.0 false\n")


def test_two_bundles_share_a_layer_and_either_can_go_first(machine, maker):
    first = description("first", containers={"one": {}})
    second = description("second", containers={"two": {}})
    paths = make_all(machine, maker, first=first, second=second)
    install(machine, paths["first"], paths["second"])
    assert len(json.loads(machine.run("podman images --format json").stdout)) == 1
    machine.run("update-agent remove first", timeout=60)
    assert running(machine) == {"two"}
    machine.run("update-agent restart second", timeout=60)
    assert running(machine) == {"two"}


def test_an_administrators_storage_conf_is_left_alone(machine, maker):
    path = make_all(machine, maker, base=BASE)["base"]
    own = ('[storage]\ndriver = "overlay"\nrunroot = "/run/containers/storage"\n'
           'graphroot = "/var/lib/containers/storage"\n')
    machine.write_file(CONF, own)
    line = f'additionalimagestores = ["{STORE}/images"]'
    refuse(machine, path, 5, line, CONF, "--images=oci")
    assert line in machine.run("update-agent doctor", check=False).stdout
    assert machine.read_file(CONF) == own
    machine.write_file(CONF, own + f"[storage.options]\n{line}\n")
    install(machine, path)
    assert running(machine) == {"store", "broker"}


def test_without_loop_devices_a_store_is_refused(machine, maker):
    path = make_all(machine, maker, base=BASE)["base"]
    machine.run("umount /dev/loop-control && rm --force /dev/loop-control")
    refuse(machine, path, 5, "loop", "--images=oci")


def test_what_cannot_be_mounted_at_a_boot_keeps_no_other_bundle_down(machine, maker):
    paths = make_all(machine, maker, base=description("base", containers={"store": {}}),
                     other=description("other", containers={"lone": OTHER}))
    install(machine, *paths.values())
    file = machine.run("ls /opt/operation/update-agent/bundles/base_1.0.0/images/*.sqfs").stdout.strip()
    machine.run(f"truncate --size=100 {file}")
    # From systemd 254 on the job of what fails at its start lasts until the start limit.
    machine.reboot(wait=False)
    machine.wait_active("lone.service")
    assert running(machine) == {"lone"}
    assert "base_1.0.0" in machine.run("journalctl -u update-agent-images.service").stdout
    assert machine.run("podman ps --all && podman images").ok
    assert "base" in machine.run("update-agent verify", check=False).stdout


def test_a_damaged_store_is_refused_and_nothing_is_left(machine, maker):
    path = make_all(machine, maker, base=BASE)["base"]
    size = int(machine.run(f"stat --format=%s {path}").stdout)
    machine.run(f"printf X | dd of={path} bs=1 seek={size - 60000} conv=notrunc")
    refuse(machine, path, 3, ".sqfs", "copy it again")
    assert mounts(machine) == {}


def test_a_missing_opt_leaves_podman_working(new_machine, installed_root, pki):
    guest = new_machine(installed_root, opt="bind", loop_devices=LOOPS)
    guest.boot()
    guest.run("update-agent init-store")
    images.load(guest)
    maker = Maker(guest, pki)
    path = make(maker, BASE, "base")
    guest.run("podman rmi --all --force")
    install(guest, path)
    guest.run("rm /etc/systemd/system/local-fs.target.wants/opt.mount"
              " /etc/systemd/system/opt.mount")
    guest.reboot()
    assert guest.run("podman images --noheading").stdout == ""
    assert guest.run("podman ps --all").ok
