# SPDX-License-Identifier: GPL-3.0-or-later
"""What mounted images cannot do, and what others do with them; on a kernel without dm-verity."""

import pytest

from support import images
from support.bundles import description, pids, refuse, status

# As many as machines that run at once may use together: their numbers are the host's.
LOOPS = 32
KEPT = "/opt/operation/update-agent/bundles"
STORE = "/var/lib/update-agent"
OTHER = {"image": "localhost/other:1.0.0"}
CONFIGURATION = "/etc/update-agent/agent.toml.d/test.toml"
FEW = "keep-generations = 1\n"
MAPS = ('[[volumes]]\nname = "maps"\nshared = true\nfile-provider-access = true\n'
        'host-path = "/opt/data/maps"\n')
PROVIDER = ('[[file-providers]]\nimage = "localhost/layered:1"\n'
            'copy = [{ from = "/share", volume = "maps", to = "/of" }]\n')
MAPPING = {"uid-map": ["0:100000:1000"], "gid-map": ["0:100000:1000"]}
PREPARE = ('[[init-containers]]\nname = "prepare"\nimage = "localhost/ready:1.0.0"\n'
           'uid-map = ["0:100000:1000"]\n')


@pytest.fixture
def machine(new_machine, installed_root):
    guest = new_machine(installed_root, loop_devices=LOOPS)
    guest.boot()
    images.load(guest)
    images.load(guest, OTHER["image"], files={"other": b"other"})
    guest.write_file(CONFIGURATION, FEW)
    # Makes the lock, so that what is refused leaves all as it was.
    guest.run("update-agent recover")
    return guest


def make_all(machine, maker, *texts, **options):
    """Bundles with stores; podman has their images no more."""
    paths = [maker.make(text, f"/srv/store{number}.bundle", options="--images=store", **options)
             for number, text in enumerate(texts)]
    machine.run("podman rmi --all --force")
    return paths


def install(machine, *paths):
    return machine.run(["update-agent", "install", *paths], timeout=180)


def build(machine, tag, source, instructions, **files):
    """An image on another one, of files below /share."""
    machine.run("rm -rf /srv/build && mkdir -p /srv/build/share")
    for name, content in files.items():
        machine.write_file(f"/srv/build/share/{name}", content)
    machine.write_file("/srv/build/Containerfile", f"FROM {source}\n{instructions}\n")
    machine.run(f"podman build --quiet --tag {tag} /srv/build", timeout=120)


def mounts(machine):
    return machine.run("findmnt --raw --noheadings --types squashfs --output TARGET",
                       check=False).lines


def assert_nothing_is_mounted(machine):
    assert mounts(machine) == []
    left = f"ls -d {STORE}/mounts/* {KEPT}/* /run/update-agent/image-*"
    assert machine.run(left, check=False).lines == []
    assert machine.run("podman images --noheading").stdout == ""


def test_what_an_administrator_builds_on_a_mounted_image_keeps_it(machine, maker):
    first, = make_all(machine, maker, description("first", containers={"one": {}}))
    install(machine, first)
    build(machine, "localhost/copied:1", "localhost/ready:1.0.0", "COPY share /share", note="mine")
    removed = machine.run("update-agent remove first", timeout=60)
    assert ("the images of first_1.0.0 stay mounted: image localhost/copied:1 is built on them"
            in removed.stderr)
    assert status(machine) == {} and len(mounts(machine)) == 1
    machine.reboot()
    # No layer of this one is its own.
    build(machine, "localhost/labelled:1", "localhost/ready:1.0.0", "LABEL mine=1")
    for image in ("copied", "labelled"):
        machine.run(f"podman run --rm --network none localhost/{image}:1 /ready --exists /ready")
    machine.run("podman rmi localhost/copied:1")

    images.load(machine, OTHER["image"], files={"other": b"other"})
    second = maker.make(description("second", containers={"two": OTHER}), "/srv/second.bundle")
    told = install(machine, second).stderr
    assert "first_1.0.0 stay mounted: image localhost/labelled:1 is built on them" in told
    assert len(mounts(machine)) == 1
    machine.run(f"podman rmi localhost/labelled:1 {OTHER['image']}", check=False)
    machine.run("update-agent remove second", timeout=60)
    machine.run(f"podman rmi {OTHER['image']}", check=False)
    assert_nothing_is_mounted(machine)


def test_files_of_a_mounted_image_of_several_layers_are_provided(machine, maker):
    build(machine, "localhost/lower:1", "localhost/ready:1.0.0", "COPY share /share",
          north="north", hidden="lower", gone="gone")
    build(machine, "localhost/upper:1", "localhost/lower:1", "COPY share /share", hidden="upper")
    machine.run("podman create --name upper localhost/upper:1 &&"
                " rm $(podman mount upper)/share/gone && podman unmount upper &&"
                " podman commit --quiet upper localhost/layered:1 && podman rm upper")
    base = description("base", type="base", extra=MAPS,
                       containers={"app": {"mounts": [{"volume": "maps", "target": "/maps"}]}})
    chart = description("chart", requires={"base": "*"}, extra=PROVIDER, containers={"lone": OTHER})
    install(machine, *make_all(machine, maker, base, chart))
    files = "cd /opt/data/maps && grep --recursive . . | sort"
    assert machine.run(files).lines == ["./of/hidden:upper", "./of/north:north"]
    # Nothing of it was unpacked into podman's own store, nor stays mounted.
    assert "false" not in machine.run("podman images --format '{{.ReadOnly}}'").stdout
    assert machine.run("ls -d /run/update-agent/image-*", check=False).stdout == ""
    assert machine.run("update-agent verify", timeout=60).ok
    machine.run("update-agent remove chart", timeout=60)
    assert machine.run(files, check=False).lines == [] and len(mounts(machine)) == 1
    machine.run("update-agent remove base", timeout=60)
    assert_nothing_is_mounted(machine)


def test_verity_is_refused_where_the_kernel_has_none(machine, maker):
    bundle, = make_all(machine, maker, description("base", type="base"))
    machine.write_file(CONFIGURATION, FEW + 'image-integrity = "verity"\n')
    refuse(machine, bundle, 5, "image-integrity of agent.toml asks for dm-verity", "--images=oci")
    assert_nothing_is_mounted(machine)
    assert not machine.run("test -e /etc/containers/storage.conf", check=False).ok
    machine.write_file(CONFIGURATION, FEW)
    install(machine, bundle)
    assert len(mounts(machine)) == 1


def test_owners_of_mounted_files_cannot_be_mapped(machine, maker):
    texts = [description("base", type="base", containers={"app": {key: value}})
             for key, value in MAPPING.items()]
    texts.append(description("base", type="base", containers={"app": {}}, extra=PREPARE))
    for path in make_all(machine, maker, *texts):
        refuse(machine, path, 5, "uid-map and gid-map", "--images=oci")
        assert_nothing_is_mounted(machine)


def test_images_of_two_signers_are_not_mounted_beside_each_other(machine, maker):
    maker.trust("other")
    text = description("other", containers={"two": OTHER})
    other = maker.make(text, "/srv/other.bundle", signer="stranger", options="--images=store")
    unpacked = maker.make(text, "/srv/unpacked.bundle", signer="stranger")
    first, = make_all(machine, maker, description("first", containers={"one": {}}))
    refuse(machine, f"{first} {other}", 5, "only bundles of one signer", "--images=oci")
    assert_nothing_is_mounted(machine)
    install(machine, first)
    before = mounts(machine)
    refuse(machine, other, 5, "as those of first 1.0.0 are", "only bundles of one signer")
    assert mounts(machine) == before
    install(machine, unpacked)
    assert mounts(machine) == before
    machine.run("update-agent remove first other", timeout=60)
    assert_nothing_is_mounted(machine)
    install(machine, other)
    assert len(mounts(machine)) == 1


def test_nor_beside_those_that_are_kept_to_go_back_to(machine, maker):
    machine.write_file("/etc/update-agent/agent.toml.d/zz.toml", "keep-generations = 3\n")
    maker.trust("other")
    other = maker.make(description("other", containers={"two": OTHER}), "/srv/other.bundle",
                       signer="stranger", options="--images=store")
    first, = make_all(machine, maker, description("first", containers={"one": {}}))
    install(machine, other)
    machine.run("update-agent remove other", timeout=60)
    refuse(machine, first, 5, "other 1.0.0", "kept to go back to", "--images=oci")


def test_a_store_that_is_missing_at_a_boot_keeps_no_other_bundle_down(machine, maker):
    paths = make_all(machine, maker, description("base", containers={"app": {}}),
                     description("other", containers={"lone": OTHER}))
    install(machine, *paths)
    file = machine.run(f"ls {KEPT}/base_1.0.0/images/*.sqfs").stdout.strip()
    where = machine.run(f"echo {STORE}/mounts/$(sha256sum {KEPT}/base_1.0.0/manifest | cut -c-16)"
                        ).stdout.strip()
    machine.run(f"rm {file}")
    # From systemd 254 on the job of what fails at its start lasts until the start limit.
    machine.reboot(wait=False)
    machine.wait_active("lone.service")
    machine.wait_until("systemctl list-units --state=failed '*.mount' --no-legend | grep .", 30)
    assert {name: each["state"] == "running" for name, each in status(machine).items()} == {
        "app": False, "lone": True}
    lone = pids(machine)["lone"]
    unit = machine.run(f"systemd-escape --path --suffix=mount {where}").stdout.strip()
    assert machine.show(unit, "ActiveState") == {"ActiveState": "failed"}
    for service in ("update-agent-images.service", unit):
        told = machine.run(["journalctl", "--boot", "--unit", service]).stdout
        assert file in told, told
    assert where not in mounts(machine) and len(mounts(machine)) == 1
    # The attempts end at the start limit, as those of a container that crashes.
    machine.wait_until("systemctl show --property=ActiveState update-agent-pause@app:60.service"
                       " | grep --fixed-strings =activating", 60)
    attempts = machine.run("journalctl --boot --unit=app.service --output=cat | grep -c '^Starting '")
    assert int(attempts.stdout) == 5, machine.journal("--unit=app.service")
    assert machine.run("podman ps --all && podman images").ok
    told = machine.run("update-agent verify", check=False)
    assert told.rc == 1 and "images of base: are not mounted" in told.stdout, told
    assert f"{file.removeprefix(KEPT + '/')}: is missing" in told.stdout, told
    assert pids(machine)["lone"] == lone
    assert "base 1.0.0: its images are not mounted" in machine.run("update-agent status").stdout
    refuse(machine, paths[0], 5, f"is gone: {file}", "'update-agent verify' says how")

    # What it advises.
    member = file.removeprefix(f"{KEPT}/base_1.0.0/")
    assert f"'tar -xf FILE -C {KEPT}/base_1.0.0 {member}'" in told.stdout, told
    machine.run(f"tar -xf {paths[0]} -C {KEPT}/base_1.0.0 {member}")
    machine.reboot()
    machine.wait_active("app.service")
    machine.wait_active("lone.service")
    assert machine.run("update-agent verify", timeout=60).ok and len(mounts(machine)) == 2

    # Once more, and what failed is removed.
    machine.run(f"rm {file}")
    machine.reboot(wait=False)
    machine.wait_active("lone.service")
    machine.wait_until(f"systemctl --failed --no-legend | grep --fixed-strings '{unit}'", 30)
    machine.run("update-agent remove base other", timeout=60)
    assert_nothing_is_mounted(machine)
    assert machine.run("systemctl --failed --no-legend").stdout == ""
