# SPDX-License-Identifier: GPL-3.0-or-later
"""Updates that carry only what their images have that the installed ones do not."""

import json
import random
import subprocess

import pytest

from support import images
from support.bundles import Maker, description, refuse, status

# As many as machines that run at once may use together: their numbers are the host's.
LOOPS = 32
KEPT = "/opt/operation/update-agent/bundles"
OLD, NEW, DELTA = "/srv/old.bundle", "/srv/new.bundle", "/srv/new-from-1.0.0.bundle"
FILES = {f"file{number}": random.Random(number).randbytes(200_000) for number in range(8)}


def text(version):
    return description("base", version, type="base",
                       containers={"app": {"image": f"localhost/app:{version}"}})


@pytest.fixture
def machine(new_machine, installed_root):
    guest = new_machine(installed_root, loop_devices=LOOPS)
    guest.boot()
    images.load(guest, "localhost/app:1.0.0", files=FILES)
    images.load(guest, "localhost/app:1.1.0",
                files=FILES | {"file3": random.Random(99).randbytes(201_003)})
    guest.write_file("/etc/update-agent/agent.toml.d/few.toml", "keep-generations = 2\n")
    guest.run("update-agent recover")
    return guest


@pytest.fixture
def bundles(machine, pki):
    """The old one, and the new one with its delta file."""
    maker = Maker(machine, pki)
    maker.make(text("1.0.0"), OLD, options="--images=store")
    maker.make(text("1.1.0"), NEW, options=f"--images=store --delta-from {OLD}")
    machine.run("podman rmi --all --force")
    return maker


def install(machine, path):
    return machine.run(["update-agent", "install", path], timeout=180)


def version(machine):
    listed, = json.loads(machine.run("update-agent list --json").stdout)["bundles"]
    return listed["version"]


def size(machine, path):
    return int(machine.run(f"stat --format=%s {path}").stdout)


def test_a_delta_is_the_same_bundle_and_much_smaller(machine, bundles):
    # One of eight files is new.
    assert size(machine, DELTA) < size(machine, NEW) / 4
    whole, delta = (json.loads(machine.run(f"update-agent bundle inspect --json {path}").stdout)
                    for path in (NEW, DELTA))
    assert delta.pop("delta-from") == "1.0.0" and whole.pop("delta-from") is None
    assert delta == whole
    verified = machine.run(f"update-agent bundle verify {DELTA}")
    assert "delta" in verified.stderr

    install(machine, OLD)
    install(machine, DELTA)
    assert version(machine) == "1.1.0" and status(machine)["app"]["state"] == "running"
    directory = f"{KEPT}/base_1.1.0"
    machine.run(f"cd {directory} && awk '{{print $1 \"  \" $3}}' manifest | sha256sum --check --strict")
    machine.run(f"tar --extract --to-stdout --file {NEW} manifest | cmp - {directory}/manifest")
    machine.run("update-agent verify", timeout=60)
    assert "already" in install(machine, NEW).stdout
    machine.reboot()
    machine.wait_active("app.service")
    machine.run("update-agent rollback", timeout=120)
    assert version(machine) == "1.0.0" and status(machine)["app"]["state"] == "running"


def test_what_the_documentation_does_with_rdiff_gives_the_same_store(machine, bundles):
    machine.run(f"mkdir /srv/old /srv/new /srv/delta && tar -xf {OLD} -C /srv/old &&"
                f" tar -xf {NEW} -C /srv/new && tar -xf {DELTA} -C /srv/delta")
    offset = json.loads(machine.read_file("/srv/new/store.json"))["hash-offset"]
    names = machine.run("ls /srv/delta /srv/delta/images").stdout
    assert "delta\n" in names and ".rdiff" in names and ".sqfs" not in names
    assert machine.read_file("/srv/delta/delta").split()[0] == "rdiff"
    old, difference = (next(machine.path(f"/srv/{name}/images").iterdir()) for name in ("old", "delta"))
    subprocess.run(["rdiff", "patch", old, difference, machine.path("/srv/made")], check=True)
    machine.run(f"cmp --bytes={offset} /srv/made /srv/new/images/*.sqfs")
    assert size(machine, "/srv/made") == offset


def test_without_what_it_starts_from_a_delta_is_refused(machine, bundles):
    refuse(machine, DELTA, 5, DELTA, "delta from base 1.0.0", "take the whole bundle")
    install(machine, NEW)
    assert "already" in install(machine, DELTA).stdout
    # The same version, but other images.
    machine.run("update-agent remove base", timeout=60)
    images.load(machine, "localhost/app:1.0.0", files={"other": b"other"})
    other = bundles.make(text("1.0.0"), "/srv/other.bundle", options="--images=store")
    machine.run("podman rmi --all --force")
    machine.run(f"update-agent install --allow-downgrade {other}", timeout=120)
    refuse(machine, DELTA, 5, "delta from another base 1.0.0 than the one that is kept here")
    install(machine, NEW)


def test_a_damaged_old_store_gives_no_new_one(machine, bundles):
    install(machine, OLD)
    file = machine.run(f"ls {KEPT}/base_1.0.0/images/*.sqfs").stdout.strip()
    machine.run(f"printf XXXX | dd of={file} bs=1 seek=500000 conv=notrunc")
    refuse(machine, DELTA, 3, DELTA, "base_1.0.0", "install the whole bundle")
    assert version(machine) == "1.0.0"
    install(machine, NEW)
    assert version(machine) == "1.1.0"


def test_a_damaged_delta_leaves_all_as_it_was(machine, bundles):
    install(machine, OLD)
    machine.run(f"printf XXXX | dd of={DELTA} bs=1 seek={size(machine, DELTA) - 100000} conv=notrunc")
    refuse(machine, DELTA, 3, DELTA, "copy this file again")


def test_a_delta_of_what_has_none_is_refused_before_anything_is_made(machine, pki):
    maker = Maker(machine, pki)
    maker.make(text("1.0.0"), OLD, options="--images=store")
    maker.make(text("1.0.0"), "/srv/oci.bundle")
    machine.write_file("/srv/new.toml", text("1.1.0"))
    machine.write_file("/srv/same.toml", text("1.0.0"))
    machine.write_file("/srv/other.toml", text("1.1.0").replace('"base"', '"other"', 1))
    key = "--key /srv/pki/signer.key --cert /srv/pki/signer.pem --output /srv/made.bundle"
    for arguments, message in [
            (f"/srv/new.toml --delta-from {OLD}", "--images=store"),
            ("/srv/new.toml --images=store --delta-from /srv/oci.bundle", "not in a store"),
            (f"/srv/same.toml --images=store --delta-from {OLD}", "same version"),
            (f"/srv/other.toml --images=store --delta-from {OLD}", "a version of other")]:
        done = machine.run(f"update-agent bundle create {key} {arguments}", check=False)
        assert done.rc == 2 and message in done.stderr, done
    assert not machine.run("ls /srv/made*", check=False).ok
