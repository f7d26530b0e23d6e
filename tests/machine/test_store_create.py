# SPDX-License-Identifier: GPL-3.0-or-later
"""bundle create --images=store: what is made of images is the same each time, and podman uses it."""

import gzip
import hashlib
import io
import json
import tarfile
import time

import pytest

from support import images
from support.bundles import Maker, description

# Numbers of loop devices are the host's: as many as machines that run at once may use together.
LOOPS = 32
SCRATCH = "/var/lib/containers/.update-agent-store-*"
TEXT = description("shop", containers={"till": {"image": "localhost/till:1"},
                                       "scale": {"image": "localhost/scale:1"}})


@pytest.fixture
def machine(new_machine, installed_root, tmp_path):
    guest = new_machine(installed_root, loop_devices=LOOPS)
    guest.boot()
    layout = Layout(tmp_path / "layout")
    base = layer({"ready": (images.ready_program().read_bytes(), {"mode": 0o755}),
                  "dir": (None, {"mtime": 1_000_000_000, "mode": 0o751}),
                  "dir/old": (b"old", {}),
                  "etc/implied/file": (b"file", {"mtime": 1_000_000_001, "uid": 1000, "gid": 1001}),
                  "gone": (b"gone", {}),
                  "tool": (b"tool", {"mode": 0o4755, "pax_headers": {"SCHILY.xattr.user.kind": "a"}})})
    upper = layer({".wh.gone": (b"", {}),
                   "dir": (None, {"mtime": 1_000_000_002, "mode": 0o751}),
                   "dir/.wh..wh..opq": (b"", {}),
                   "dir/new": (b"new", {})})
    layout.add("localhost/till:1", [base, upper], created="2020-02-02T02:02:02Z")
    layout.add("localhost/scale:1", [base])
    layout.add("localhost/deep:1", [layer({f"file{n}": (b"", {})}) for n in range(51)])
    layout.write()
    guest.copy_in(tmp_path / "layout", "/srv/layout")
    return guest


@pytest.fixture
def maker(machine, pki):
    return Maker(machine, pki)


class Layout:
    """An image layout of OCI on the host."""

    def __init__(self, directory):
        self._directory = directory
        self._manifests = []
        (directory / "blobs/sha256").mkdir(parents=True)

    def add(self, name: str, layers: list[bytes], **config) -> None:
        config |= {"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/ready"]},
                   "rootfs": {"type": "layers", "diff_ids": [_digest(each) for each in layers]}}
        kind = "application/vnd.oci.image"
        blobs = [self._put(f"{kind}.layer.v1.tar+gzip", gzip.compress(each, mtime=0))
                 for each in layers]
        manifest = {"schemaVersion": 2, "mediaType": f"{kind}.manifest.v1+json", "layers": blobs,
                    "config": self._put(f"{kind}.config.v1+json", json.dumps(config).encode())}
        self._manifests.append(
            self._put(f"{kind}.manifest.v1+json", json.dumps(manifest).encode())
            | {"annotations": {"org.opencontainers.image.ref.name": name}})

    def write(self) -> None:
        (self._directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (self._directory / "index.json").write_text(
            json.dumps({"schemaVersion": 2, "manifests": self._manifests}))

    def _put(self, kind: str, content: bytes) -> dict:
        digest = _digest(content)
        (self._directory / "blobs/sha256" / digest.removeprefix("sha256:")).write_bytes(content)
        return {"mediaType": kind, "digest": digest, "size": len(content)}


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def layer(entries: dict[str, tuple[bytes | None, dict]]) -> bytes:
    """A tar of files, and directories where there is no content; further attributes of TarInfo."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, (content, attributes) in entries.items():
            member = tarfile.TarInfo(name)
            member.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            member.size = len(content or b"")
            for key, value in ({"mode": 0o644, "mtime": 0} | attributes).items():
                setattr(member, key, value)
            tar.addfile(member, io.BytesIO(content or b""))
    return buffer.getvalue()


def make(maker, name, text=TEXT, options=""):
    return maker.make(text, f"/srv/{name}.bundle",
                      options=f"--images=store --oci-layout /srv/layout {options}")


def member(machine, bundle, path):
    return machine.run(f"tar -xOf {bundle} {path}").stdout


def refused(machine, text, status, *says, command="update-agent", options="--images=store"):
    """bundle create has to end with that status and leave nothing behind."""
    machine.write_file("/srv/refused.toml", text)
    done = machine.run(f"{command} bundle create /srv/refused.toml --key /srv/pki/signer.key"
                       f" --cert /srv/pki/signer.pem --oci-layout /srv/layout {options}"
                       " --output /srv/refused.bundle", check=False, timeout=120)
    assert done.rc == status, done
    for part in says:
        assert part in done.stderr, done
    assert_nothing_left(machine)
    assert not machine.run("test -e /srv/refused.bundle", check=False).ok


def assert_nothing_left(machine):
    left = machine.run(f"ls -d {SCRATCH} /run/update-agent/store-* /srv/.update-agent-create-*",
                       check=False).stdout
    assert left == ""
    assert "update-agent-store" not in machine.run("cat /proc/self/mountinfo").stdout


def attach(machine, bundle):
    """Mount the bundle's store by hand, and name it to podman; returns where it is."""
    machine.run(f"cd /srv && tar -xf {bundle} && mkdir -p /srv/store"
                " && mount -t squashfs -o loop,ro,nodev /srv/images/*.sqfs /srv/store")
    machine.write_file("/etc/containers/storage.conf",
                       '[storage]\ndriver = "overlay"\nrunroot = "/run/containers/storage"\n'
                       'graphroot = "/var/lib/containers/storage"\n'
                       '[storage.options]\nadditionalimagestores = ["/srv/store"]\n')
    return "/srv/store"


def test_the_same_images_make_the_same_bundle(machine, maker):
    first = make(maker, "first")
    time.sleep(1.1)
    machine.run("podman info")
    second = make(maker, "second")
    assert member(machine, first, "manifest") == member(machine, second, "manifest")
    verified = json.loads(machine.run(f"update-agent --json bundle verify {first}").stdout)
    assert verified["trusted"] is True
    index = json.loads(member(machine, first, "store.json"))
    assert ".sqfs" in member(machine, first, "manifest") and index
    assert_nothing_left(machine)
    # An own store of podman has got nothing of it.
    assert machine.run("podman images --quiet").stdout == ""


def test_podman_runs_containers_from_a_store_that_is_mounted(machine, maker):
    attach(machine, make(maker, "shop"))
    listed = machine.run("podman images --format '{{.Repository}}:{{.Tag}} {{.ReadOnly}}'").stdout
    assert set(listed.splitlines()) == {"localhost/till:1 true", "localhost/scale:1 true"}
    created = machine.run("podman image inspect --format '{{.Created.Unix}}' localhost/till:1")
    assert created.stdout.strip() == "1580608922"
    for name in ("till", "scale"):
        machine.run(f"podman run --rm --network none localhost/{name}:1 /ready --exists /tool",
                    timeout=60)
    gone = "podman run --rm --network none localhost/{}:1 /ready --exists /gone"
    assert machine.run(gone.format("scale"), check=False, timeout=60).rc == 0
    assert machine.run(gone.format("till"), check=False, timeout=60).rc != 0


def test_podman_gives_an_image_of_a_store_away_as_it_came(machine, maker):
    attach(machine, make(maker, "shop"))
    machine.run("podman push --quiet localhost/till:1 oci:/srv/again:till", timeout=60)
    ids = "jq --raw-output '.rootfs.diff_ids[]' /srv/{}/blobs/sha256/{}"
    image = machine.run("podman image inspect --format '{{.Id}}' localhost/till:1").stdout.strip()
    # podman compares what it makes of the store with the layers' digests.
    assert machine.run(ids.format("again", image)).stdout == machine.run(
        ids.format("layout", image)).stdout


def test_a_bundle_is_converted_there_and_back_with_the_same_images(machine, maker):
    shop = maker.make(TEXT, "/srv/shop.bundle", options="--oci-layout /srv/layout")
    store = convert(machine, maker, shop, "store")
    again = convert(machine, maker, store, "oci")
    assert len({member(machine, path, "bundle.toml") for path in (shop, store, again)}) == 1
    assert "store.json" in member(machine, store, "manifest")
    assert "store.json" not in member(machine, again, "manifest")
    # The same as one that was made as a store at once.
    assert member(machine, store, "manifest") == member(machine, make(maker, "direct"), "manifest")
    assert json.loads(machine.run(f"update-agent --json bundle verify {again}").stdout)["trusted"]
    done = machine.run(convert_command(maker, shop, "oci"), check=False)
    assert done.rc == 2 and "like this already" in done.stderr
    assert_nothing_left(machine)


def convert(machine, maker, path, kind):
    machine.run(convert_command(maker, path, kind), timeout=120)
    return f"{path}.{kind}"


def convert_command(maker, path, kind):
    who = maker.pki.identity("signer")
    chain = f"--chain /srv/pki/{who.chain.name}" if who.chain else ""
    return (f"update-agent bundle convert {path} --images={kind} --key /srv/pki/{who.key.name}"
            f" --cert /srv/pki/{who.certificate.name} {chain} --output {path}.{kind}")


def test_files_of_an_image_are_what_the_image_says(machine, maker):
    attach(machine, make(maker, "shop"))
    machine.run("podman create --name till localhost/till:1")
    root = machine.run("podman mount till").stdout.strip()
    seen = machine.run(f"cd {root} && stat --format '%n %a %u:%g %Y'"
                       " dir dir/new etc/implied etc/implied/file tool && ls dir").stdout
    assert seen.splitlines() == ["dir 751 0:0 1000000002", "dir/new 644 0:0 0", "etc/implied 755 0:0 0",
                                 "etc/implied/file 644 1000:1001 1000000001", "tool 4755 0:0 0", "new"]


def test_what_no_store_can_be_made_of_is_refused(machine, maker):
    deep = description("deep", containers={"a": {"image": "localhost/deep:1"}})
    refused(machine, deep, 3, "more than 50 layers")
    refused(machine, deep.replace('type = "addon"', 'type = "addon"\nimages = "registry"').replace(
        "localhost/deep:1", "example.org/a@sha256:" + "a" * 64), 2, "registry")
    machine.run("chmod -R a+rX /srv && chmod a+rwx /srv")
    refused(machine, TEXT, 10, "root", command="setpriv --reuid 65534 --clear-groups update-agent")
    machine.run("mv /usr/bin/mksquashfs /usr/bin/other")
    refused(machine, TEXT, 5, "squashfs-tools")
    refused(machine, TEXT, 2, "--images", options="--images=registry")


def test_what_a_killed_run_has_left_the_next_one_removes(machine, maker):
    machine.write_file("/usr/local/bin/mksquashfs",
                       '#!/bin/sh\ntest "$1" = -version || exec sleep 300\n')
    machine.run("chmod +x /usr/local/bin/mksquashfs")
    machine.write_file("/srv/killed.toml", TEXT)
    machine.run("systemd-run --unit=killed --property=KillMode=process update-agent bundle create"
                " /srv/killed.toml --key /srv/pki/signer.key --cert /srv/pki/signer.pem"
                " --images=store --oci-layout /srv/layout --output /srv/killed.bundle")
    machine.run(f"until pgrep -x sleep && test -e {SCRATCH}/store; do sleep 0.2; done", timeout=60)
    machine.run("systemctl kill --kill-whom=main --signal=KILL killed.service")
    machine.run("rm /usr/local/bin/mksquashfs && ls -d " + SCRATCH)
    # Not before everything of it has ended.
    make(maker, "while")
    machine.run(f"ls -d {SCRATCH} && pkill -x sleep")
    machine.run("rm -rf /srv/.update-agent-create-*")
    make(maker, "after")
    assert_nothing_left(machine)
