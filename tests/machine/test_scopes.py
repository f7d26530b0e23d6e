# SPDX-License-Identifier: GPL-3.0-or-later
"""Scopes: what a base allows add-ons, by the example of the documentation."""

import pytest

from support.bundles import IMAGE, description, refuse
from support.paths import REPOSITORY

pytestmark = pytest.mark.one_suite

EXAMPLE = REPOSITORY / "docs/examples/scopes"
NO_ROOM = '{"properties": {"containers": {"items": {"properties": {"cap-add": false}}}}}'


def example(name: str, version: str = "1.0.0", **changes: str) -> str:
    """A description of the example, with the image of the tests.

    Not every host lets a container in systemd-nspawn have the limits of `realtime`.
    """
    text = (EXAMPLE / name).read_text().replace('version = "1.0.0"', f'version = "{version}"')
    text = text.replace("realtime = true\n", "")
    for image in ("arm-log", "motion-loop"):
        text = text.replace(f"localhost/{image}:1.0.0", IMAGE)
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_scope_of_the_base_decides(machine, maker):
    maker.install(description("before"))
    machine.copy_in(EXAMPLE / "schemas", "/srv/schemas")
    base = maker.make(example("bundle.toml"), "/srv/base.bundle")
    addon = maker.make(example("motion-control.toml"), "/srv/motion.bundle")
    refuse(machine, addon, 5, "requires arm-base")
    machine.run(["update-agent", "install", base], timeout=180)
    # The line is that of the description in the bundle, which has the image's id, too.
    root = maker.make(example("motion-control.toml", **{'user = "2001"': 'user = "root"'}),
                      "/srv/root.bundle")
    refuse(machine, root, 5, "motion-control 1.0.0:18:1: containers[0].user: is not allowed by the "
                             "scope 'motion' of arm-base 1.0.0: It must match ^2[0-9]{3}$")
    other = maker.make(description("other", scope="idle", requires={"arm-base": "*"}), "/srv/other.bundle")
    refuse(machine, other, 5, "defines no scope 'idle' (it defines motion)")
    # What no add-on may have without a scope.
    machine.run(["update-agent", "install", addon], timeout=180)
    machine.wait_active("motion-loop.service")
    shown = machine.run("podman inspect --format '{{.HostConfig.CapAdd}}'"
                        " $(podman ps -q --filter label=update-agent.container=motion-loop)").stdout
    assert shown.split() == ["[CAP_IPC_LOCK", "CAP_SYS_NICE]"], shown

    machine.write_file("/srv/schemas/motion.json", NO_ROOM)
    strict = maker.make(example("bundle.toml", "1.1.0"), "/srv/strict.bundle")
    refuse(machine, strict, 5, "motion-control 1.0.0:19:1: containers[0].cap-add: is not allowed by the"
                               " scope 'motion' of arm-base 1.1.0", "or remove it first")
    machine.run("update-agent verify", timeout=120)
    machine.run(f"update-agent remove motion-control && update-agent install {strict}", timeout=180)
    refuse(machine, addon, 5, "containers[0].cap-add: is not allowed")
    machine.run("update-agent rollback", timeout=120)


def test_a_schema_that_is_none_is_refused_when_the_bundle_is_made(machine, maker):
    machine.write_file("/srv/base.toml", example("bundle.toml"))
    command = ("update-agent bundle create /srv/base.toml --key /srv/pki/signer.key"
               " --cert /srv/pki/signer.pem --output /srv/base.bundle")
    missing = machine.run(command, check=False)
    assert missing.rc == 6 and "the scope 'motion': /srv/schemas/motion.json" in missing.stderr, missing
    for text, says in (('{"$ref": "http://127.0.0.1/x.json"}', "other documents are never fetched"),
                       ('{"type": "thing"}', "#/type"), ("{", "is no JSON Schema")):
        machine.write_file("/srv/schemas/motion.json", text)
        done = machine.run(command, check=False)
        assert done.rc == 3 and says in done.stderr, done
        assert not machine.exists("/srv/base.bundle")
