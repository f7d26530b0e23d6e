# SPDX-License-Identifier: GPL-3.0-or-later
"""What an add-on asks for and may not have is refused, with the place in its description."""

import json
import re

import pytest

from support import images
from support.bundles import Archive, description, refuse

pytestmark = pytest.mark.one_suite

SCOPE = {"properties": {"containers": {"items": {"properties": {
    "user": {"pattern": "^2[0-9]{3}$"}, "cap-add": {"items": {"enum": ["SYS_NICE"]}}}}}}}
BASE = description("base", type="base", scope_definitions=["nice"], extra=(
    '[[groups]]\nname = "readers"\ngid = 2010\n'
    '[[volumes]]\nname = "maps"\nshared = true\nfile-provider-access = true\n'
    '[[volumes]]\nname = "private"\n'))
ADDON = description("asking", scope="nice", requires={"base": "*"}, extra=(
    '[bundle-group]\nname = "asking"\ngid = 2020\n'
    '[[volumes]]\nname = "own"\nhost-path = "/opt/data/own"\n'
    '[[file-providers]]\nimage = "localhost/files:1.0.0"\n'
    'copy = [{ from = "/chart", volume = "maps", to = "/of/asking" }]\n'), containers={"asking-main": {
        "user": "2001", "cap-add": ["SYS_NICE"], "devices": ["/dev/null"],
        "mounts": [{"volume": "maps", "target": "/maps"}]}})

# What is written in the place of what, the exit code, the key, and what is said of it.
ASKED = {
    "root": ('user = "2001"', 'user = "root"', 5, "containers[0].user",
             "is not allowed by the scope 'nice' of base 1.0.0"),
    "privileges without a scope": ('scope = "nice"', 'author = "me"', 3, "containers[0].cap-add", "is not for add-ons"),
    "a foreign volume": ('volume = "maps", target', 'volume = "private", target', 5,
                         "containers[0].mounts[0].volume", "'private' of base 1.0.0 is not shared"),
    "a capability outside of its scope": ('["SYS_NICE"]', '["SYS_ADMIN"]', 5,
                                          "containers[0].cap-add[0]", "the scope 'nice' of base 1.0.0"),
    "a group id in use": ("gid = 2020", "gid = 2010", 5, "bundle-group.gid",
                          "2010 is the gid of the group 'readers' of base 1.0.0"),
    "a host path outside of the roots": ("/opt/data/own", "/etc/own", 5, "volumes[0].host-path",
                                         "not below /opt/data"),
    "a target outside of the volume": ('"/of/asking"', '"/of/../../asking"', 3,
                                       "file-providers[0].copy[0].to", "not normalised"),
    "a device that is not there": ("/dev/null", "/dev/none", 5, "containers[0].devices[0]",
                                   "/dev/none is missing"),
}


def test_an_addon_gets_no_more_than_it_may_have(machine, maker, pki):
    images.load(machine, "localhost/files:1.0.0", files={"chart": b"north"})
    machine.write_file("/srv/schemas/nice.json", json.dumps(SCOPE))
    maker.install(BASE)
    good = maker.make(ADDON, "/srv/asking.bundle")
    lines = Archive(machine, good, pki).members["bundle.toml"].decode().splitlines()
    for what, (allowed, asked, rc, key, says) in ASKED.items():
        archive = Archive(machine, good, pki).change("bundle.toml", allowed, asked).rehash().sign()
        text = refuse(machine, archive.write("/srv/asking-more.bundle"), rc, says)
        place = re.search(rf"(\d+):\d+: {re.escape(key)}: ", text)
        assert place, (what, text)
        name = key.split(".")[-1].partition("[")[0]
        assert name in lines[int(place[1]) - 1], (what, text)
    # All of it was refused for what was changed in it.
    machine.run(["update-agent", "install", good], timeout=180)
    machine.wait_active("asking-main.service")
