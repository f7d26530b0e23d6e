# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is refused with the documented exit code and a helpful text, and changes nothing.

docs/exit-codes.md has a row for each of these. As each leaves the machine as it was, which `refuse`
looks at, all of a suite share one; test_refusals_alone.py has those that need their own.
"""

import tarfile

import pytest

from support import images
from support.bundles import IMAGE, Archive, Maker, description, refuse, state

pytestmark = [pytest.mark.one_suite, pytest.mark.long]  # as all share one machine

GOOD = description("good", containers={"good-main": {}})


@pytest.fixture(scope="module")
def machine(new_shared_machine, installed_root):
    guest = new_shared_machine(installed_root)
    guest.boot()
    images.load(guest)
    return guest


@pytest.fixture(scope="module")
def trusting(machine, pki):
    """A machine with a bundle that runs, so that there is something to disturb."""
    made = Maker(machine, pki)
    made.install(GOOD)
    machine.run("cp -a /etc/update-agent /srv/etc")
    return made


@pytest.fixture
def maker(trusting):
    """The next test finds the configuration and the anchors as they were."""
    yield trusting
    trusting.guest.run("rm -r /etc/update-agent && cp -a /srv/etc /etc/update-agent")


@pytest.fixture(scope="module")
def new_bundle(trusting):
    return trusting.make(description("new"), "/srv/new.bundle")


@pytest.fixture
def bundle(maker, new_bundle):
    """A bundle file that would install."""
    return new_bundle


@pytest.fixture
def archive(machine, bundle, pki):
    """The same, taken apart."""
    return Archive(machine, bundle, pki)


CHANGED = "/srv/changed.bundle"


def test_unsigned(machine, archive):
    del archive.members["manifest.sig"]
    refuse(machine, archive.write(CHANGED), 4, "not signed", "bundle create")


def test_an_unsigned_bundle_that_is_let_in_is_logged(machine, archive):
    machine.write_file("/etc/update-agent/agent.toml.d/unsigned.toml", "signed-bundles-only = false\n")
    del archive.members["manifest.sig"]
    warnings = "journalctl --identifier=update-agent --priority=warning --output=cat"
    before = machine.run(warnings).stdout
    machine.run(f"update-agent bundle verify {archive.write(CHANGED)}")
    after = machine.run(warnings).stdout
    assert after.startswith(before) and "is not signed" in after.removeprefix(before)


def test_wrong_signer(machine, archive):
    for signer, text in (("stranger", "trust.d"), ("expired", "2021"), ("not_yet_valid", "2098"),
                         ("no_code_signing", "code signing")):
        refuse(machine, archive.sign(signer).write(f"/srv/{signer}.bundle"), 4, text)


def test_revoked_signer(machine, archive):
    machine.run("cp /srv/pki/intermediate.crl.pem /etc/update-agent/trust.d/intermediate.crl")
    refuse(machine, archive.sign("revoked").write(CHANGED), 4, "revoked")


def test_a_signer_that_may_not_sign_this(machine, maker, bundle):
    for limits in ('ids = ["other-*"]', 'types = ["base"]'):
        maker.trust(limits=limits + "\n")
        refuse(machine, bundle, 4, "root.toml")


def test_no_trust_anchor(machine, bundle):
    machine.run("rm /etc/update-agent/trust.d/*")
    refuse(machine, bundle, 4, "no trust anchor", "/etc/update-agent/trust.d", "NAME.pem")


def test_a_signature_over_other_content(machine, archive):
    archive.change("bundle.toml", "20s", "21s").rehash()
    refuse(machine, archive.write(CHANGED), 4, "changed or damaged after it was signed")


def test_truncated_at_every_4_kib(machine, bundle):
    before = state(machine)
    done = machine.run(f"""
        size=$(stat -c %s {bundle}); n=0
        for ((at = 0; at < size; at += 4096)); do
            head -c $at {bundle} >/srv/short.bundle
            update-agent install /srv/short.bundle 2>/srv/error; rc=$?
            [ $rc = 3 ] && grep -q short.bundle /srv/error || {{ echo "at $at: exit $rc"; cat /srv/error; }}
            n=$((n + 1))
        done; echo "$n cuts" """, timeout=300)
    cuts, = done.lines
    assert int(cuts.split()[0]) > 50
    assert state(machine) == before


def test_a_blob_with_one_bit_flipped(machine, archive):
    name = max(archive.members, key=lambda member: len(archive.members[member]))
    data = bytearray(archive.members[name])
    data[5000] ^= 1
    archive.members[name] = bytes(data)
    refuse(machine, archive.write(CHANGED), 3, name)


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    member.devmajor, member.devminor = 1, 3  # /dev/null, where it is a device
    return member


ONLY_FILES = ("files/escape", "regular files only")
HOSTILE = {
    "listed twice": (_member("bundle.toml"), "bundle.toml", "twice"),
    "upwards": (_member("files/../../escape"), "files/../../escape"),
    "absolute": (_member("/etc/escape"), "/etc/escape"),
    "not listed": (_member("files/escape"), "files/escape", "not listed"),
    "symbolic link": (_member("files/escape", tarfile.SYMTYPE, "/etc/passwd"), "is a symbolic link",
                      *ONLY_FILES),
    "hard link": (_member("files/escape", tarfile.LNKTYPE, "bundle.toml"), "is a hard link",
                  *ONLY_FILES),
    "directory": (_member("files/escape", tarfile.DIRTYPE), "is a directory", *ONLY_FILES),
    "character device": (_member("files/escape", tarfile.CHRTYPE), "is a special file",
                         *ONLY_FILES),
    "block device": (_member("files/escape", tarfile.BLKTYPE), "is a special file", *ONLY_FILES),
    "named pipe": (_member("files/escape", tarfile.FIFOTYPE), "is a special file", *ONLY_FILES)}


def test_a_hostile_archive(machine, archive):
    for extra, *texts in HOSTILE.values():
        refuse(machine, archive.write(CHANGED, extra), 3, *texts)
        assert not machine.run("find / -xdev -name escape").stdout, texts


def test_a_file_that_is_no_archive(machine, bundle):
    for command, *texts in (("gzip --stdout", "compressed (gzip)", "uncompress it first"),
                            ("zstd --quiet --stdout", "compressed (zstd)", "uncompress it first"),
                            ("tr a-z n-za-m <", "not a bundle file")):
        machine.run(f"{command} {bundle} >{CHANGED}")
        refuse(machine, CHANGED, 3, CHANGED, *texts)


def test_a_10_gb_member_declared_as_1_mb(machine, archive):
    """The manifest, well signed, says 1 MB; the archive's header says 10 GB, and they are there."""
    archive.rehash().members["manifest"] += f"{'0' * 64} {1 << 20} files/huge\n".encode()
    path = archive.sign().write(CHANGED)
    huge = tarfile.TarInfo("files/huge")
    huge.size = 10 << 30
    with open(machine.path(path), "r+b") as file:
        file.seek(sum(512 + (len(data) + 511) // 512 * 512 for data in archive.members.values()))
        file.truncate()
        file.write(huge.tobuf(tarfile.GNU_FORMAT))
        file.truncate(file.tell() + huge.size + 1024)
    refuse(machine, path, 3, "files/huge")


def test_a_wrong_image_id(machine, archive):
    text = archive.members["bundle.toml"].decode()
    start = text.index("sha256:") + len("sha256:")
    archive.change("bundle.toml", text[start:start + 64], "dead" * 16).rehash().sign()
    refuse(machine, archive.write(CHANGED), 3, "image", "dead")


def test_the_same_version_with_other_content(machine, maker):
    other = maker.make(description("good", author="somebody else", containers={"good-main": {}}),
                       "/srv/other.bundle")
    refuse(machine, other, 5, "other content")


def test_a_lower_version_than_one_that_ran_here(machine, maker):
    older = maker.make(description("good", version="0.9.0", containers={"good-main": {}}),
                       "/srv/older.bundle")
    refuse(machine, older, 4, "lower than 1.0.0", "--allow-downgrade")


def test_a_missing_requirement(machine, maker):
    needy = maker.make(description("needy", requires={"good": "^2.0.0", "absent": "*"}),
                       "/srv/needy.bundle")
    refuse(machine, needy, 5, "good ^2.0.0", "1.0.0 is there", "absent", "not installed")


def test_bundles_that_require_each_other(machine, maker):
    circle = [maker.make(description(name, requires={other: "*"}), f"/srv/{name}.bundle")
              for name, other in (("left", "right"), ("right", "left"))]
    refuse(machine, " ".join(circle), 5, "in a circle", "left, right")


def test_removing_what_is_required(machine, maker):
    machine.run(["update-agent", "install",
                 maker.make(description("user", requires={"good": "*"}), "/srv/user.bundle")],
                timeout=120)
    refuse(machine, "good", 5, "required by user", command="remove")
    refuse(machine, "nothing", 6, "not installed", command="remove")
    machine.run("update-agent remove user", timeout=120)


def test_a_name_that_a_bundle_has(machine, maker):
    thief = maker.make(description("thief", containers={"good-main": {}}), "/srv/thief.bundle")
    refuse(machine, thief, 5, "good-main", "taken by the bundle good")


def test_a_machine_that_does_not_fit(machine, maker):
    for name, keys, text in (("os", {"os": ">=99"}, "99"),
                             ("arch", {"architectures": ["riscv64"]}, "riscv64"),
                             ("machine", {"compatible": ["robot-7"]}, "robot-7")):
        refuse(machine, maker.make(description(name, **keys), f"/srv/{name}.bundle"), 5, text)


def test_ten_errors_are_ten_reports(machine, maker):
    machine.write_file("/srv/bad.toml", TEN_ERRORS)
    text = refuse(machine, "/srv/bad.toml", 3, command="bundle validate")
    reports = [line for line in text.splitlines() if "/srv/bad.toml:" in line]
    assert len(reports) == 10, text
    assert all(line.split("/srv/bad.toml:")[1].split(":")[0].isdigit() for line in reports)


TEN_ERRORS = f"""format = 1
id = "Bad Id"
version = "1.0"
type = "plugin"
colour = "blue"
start-timeout = "soon"
[[requires]]
id = "base"
version = ">>1"
[[containers]]
name = "one"
image = "{IMAGE}"
stop-timeout = "1s"
network = "host"
ports = ["8080:80"]
cpus = -1
cap-drop = ["CAP_NOTHING"]
"""


def test_packages_that_the_host_lacks_are_named_with_what_brings_them(machine, maker):
    wanted = "".join(f'[[host-packages]]\nname = "{name}"\nversion = "{version}"\n'
                     for name, version in (("podman", ">= 4"), ("podman", "<< 4:1"),
                                           ("systemd", ">= 999"), ("no-such-package", ">= 1")))
    path = maker.make(description("picky", type="base", extra=wanted), "/srv/picky.bundle")
    refuse(machine, path, 5, "picky 1.0.0: host-packages: needs the Debian package systemd (>= 999),"
                             " and ")
    refused = machine.run(f"update-agent install {path}", check=False).stderr
    assert "apt install systemd" in refused and "apt install no-such-package" in refused
    assert "no-such-package (>= 1), which is not installed" in refused
    assert "podman" not in refused
