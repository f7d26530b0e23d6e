# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that are mounted and that the kernel verifies while they are read: dm-verity is needed."""

import hashlib
import json
import re

import pytest

from support import images
from support.bundles import Archive, Maker, description, pids, refuse, status

STORE = "/var/lib/update-agent"
KEPT = "/opt/operation/update-agent/bundles"
BIG = {"image": "localhost/big:1.0.0"}
NOISE = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(1 << 15))


def sources(vm) -> dict[str, str]:
    """What each store is mounted from, by its mount point."""
    done = vm.run("findmnt --raw --noheadings --types squashfs --output TARGET,SOURCE", check=False)
    return dict(line.split() for line in done.stdout.splitlines())


def running(vm) -> set[str]:
    return {name for name, container in status(vm).items() if container["state"] == "running"}


@pytest.mark.one_suite
@pytest.mark.long
def test_the_kernel_verifies_what_is_mounted(vm, machine, pki):
    images.load(machine, "localhost/big:1.0.0", files={"noise": NOISE})
    maker = Maker(vm, pki, workshop=machine)
    texts = {"base": description("base", type="base", start_timeout="90s", containers={"store": {}}),
             "big": description("big", start_timeout="90s", containers={"lone": BIG}),
             "next": description("big", "1.1.0", start_timeout="90s", containers={"lone": BIG})}
    paths = {name: maker.make(text, f"/srv/{name}.bundle", options="--images=store")
             for name, text in texts.items()}
    vm.run(["update-agent", "install", paths["base"], paths["big"]], timeout=300)
    assert running(vm) == {"store", "lone"}
    mounted = sources(vm)
    assert len(mounted) == 2 and all("/dev/mapper/" in source for source in mounted.values())
    # Nothing hashed them at the installation.
    assert vm.run(f"ls {KEPT}/*/images/checked", check=False).rc != 0
    assert vm.run("losetup --list --noheadings").stdout.count(".sqfs") == 2

    vm.reboot()
    vm.wait_active("lone.service", timeout=180)
    assert sources(vm) == mounted and running(vm) == {"store", "lone"}

    check_wrong_root_hash(vm, paths["next"], pki)
    check_cut_file(vm, paths["next"])
    check_flipped_bit(vm)
    check_fallback(vm)


def check_wrong_root_hash(vm, path, pki) -> None:
    """Signed, and yet not the content's: told as such, and nothing is left of it."""
    archive = Archive(vm, path, pki)
    index = json.loads(archive.members["store.json"])
    member, = (name for name in archive.members if name.endswith(".sqfs"))
    index["root-hash"] = "0" * 16 + index["root-hash"][16:]
    archive.members["store.json"] = json.dumps(index).encode()
    archive.members = {("images/" + "0" * 16 + ".sqfs" if name == member else name): data
                       for name, data in archive.members.items()}
    archive.rehash().sign().write("/srv/wrong.bundle")
    before = sources(vm)
    refuse(vm, "/srv/wrong.bundle", 3, "root hash", "make the bundle again")
    assert sources(vm) == before


def check_cut_file(vm, path) -> None:
    vm.run(f"head --bytes=-20000 {path} > /srv/cut.bundle")
    refuse(vm, "/srv/cut.bundle", 3, "damaged", "copy it again")


def check_flipped_bit(vm) -> None:
    """Reading fails where the bit is, which is told with the bundle; the other one goes on."""
    file = vm.run(f"ls {KEPT}/big_1.0.0/images/*.sqfs").stdout.strip()
    other = pids(vm)["store"]
    assert damaged_images(vm) == {"base": False, "big": False}
    vm.run(f"printf XXXX | dd of={file} bs=1 seek=300000 conv=notrunc && sync"
           " && echo 3 >/proc/sys/vm/drop_caches")
    where = f"{STORE}/mounts/{name_of_mount(vm, 'big')}"
    assert vm.run(f"cat $(find {where} -name noise) >/dev/null", check=False, timeout=120).rc != 0
    told = vm.run("update-agent verify", check=False, timeout=120)
    assert told.rc != 0 and "big_1.0.0" in told.stdout + told.stderr
    assert damaged_images(vm) == {"base": False, "big": True}
    assert pids(vm)["store"] == other and "store" in running(vm)


def damaged_images(vm) -> dict[str, bool | None]:
    """By bundle, whether the kernel has found a block of its images damaged."""
    bundles = json.loads(vm.run("update-agent status --json").stdout)["bundles"]
    return {bundle["id"]: bundle["images-damaged"] for bundle in bundles}


def name_of_mount(vm, bundle) -> str:
    return vm.run(f"sha256sum {KEPT}/{bundle}_1.0.0/manifest").stdout[:16]


def check_fallback(vm) -> None:
    """A kernel that lost dm-verity: what is as it was signed is mounted all the same."""
    vm.write_file("/etc/modprobe.d/no-verity.conf",
                  "install dm_verity /bin/false\ninstall dm-verity /bin/false\n")
    vm.reboot()
    vm.wait_active("store.service", timeout=180)
    assert running(vm) == {"store"}
    mounted = sources(vm)
    assert [bool(re.match("/dev/loop", source)) for source in mounted.values()] == [True]
    log = vm.run("journalctl -b -u update-agent-images.service").stdout
    assert "dm-verity cannot be used" in log and "big_1.0.0" in log
