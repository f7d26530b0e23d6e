# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of bundles as a robot has it: a base with most of what a description may say, and add-ons."""

import json

from . import images
from .bundles import Maker, description

CONTAINERS, VOLUMES, GROUPS, INIT_CONTAINERS, ADDONS = 14, 20, 6, 3, 4
SHARED = range(ADDONS)  # volumes that add-ons may mount, and put files into
WRITTEN = range(VOLUMES - INIT_CONTAINERS, VOLUMES)  # by init containers

SCOPE = {"type": "object", "properties": {"containers": {"type": "array", "items": {
    "type": "object", "properties": {"cap-add": {"type": "array", "items": {"enum": ["SYS_NICE"]}}}}}}}


def _table(array: str, /, **keys) -> str:
    lines = [f"{key.replace('_', '-')} = {json.dumps(value)}" for key, value in keys.items()]
    return "\n".join([f"[[{array}]]", *lines, ""])


def base(version: str, **keys) -> str:
    groups = [_table("groups", name=f"group{n}", gid=2010 + n) for n in range(GROUPS)]
    volumes = [_table("volumes", name=f"volume{n}", read_write_groups=[f"group{n % GROUPS}"],
                     shared=n in SHARED, file_provider_access=n in SHARED) for n in range(VOLUMES)]
    inits = [f'[[init-containers]]\nname = "prepare{n}"\nimage = "localhost/ready:1.0.0"\n'
             f'user = "2050"\ngroups = ["group{volume % GROUPS}"]\nmax-wait = "30s"\n'
             f'command = ["/ready", "--touch", "/data/made-by-{version}", "--exit", "0"]\n'
             f'mounts = [{{ volume = "volume{volume}", target = "/data" }}]\n'
             for n, volume in enumerate(WRITTEN)]
    containers = {f"part{n}": {"user": "2050", "groups": [f"group{n % GROUPS}"],
                               "env": {"VERSION": version if n < 4 else "any"},
                               "mounts": [{"volume": f"volume{n}", "target": "/data"}]}
                  for n in range(CONTAINERS)}
    return description("base", type="base", version=version, start_timeout="60s",
                       scope_definitions=["nice"], containers=containers,
                       extra="".join([*groups, *volumes, *inits]), **keys)


def addon(number: int, version: str, **keys) -> str:
    provider = _table("file-providers", image=f"localhost/files:{version}").rstrip()
    copy = f'copy = [{{ from = "/chart", volume = "volume{number}", to = "/chart{number}" }}]\n'
    return description(f"addon{number}", version=version, requires={"base": "*"}, scope="nice",
                       extra=f"{provider}\n{copy}", start_timeout="60s",
                       containers={f"addon{number}-main": {
                           "cap-add": ["SYS_NICE"], "groups": [f"group{number % GROUPS}"],
                           "mounts": [{"volume": f"volume{number}", "target": "/data"}]}}, **keys)


def bundles(maker: Maker, version: str, **keys) -> list[str]:
    """Files of the base and of the add-ons."""
    images.load(maker.guest, f"localhost/files:{version}", files={"chart": f"chart {version}".encode()})
    maker.guest.write_file("/srv/schemas/nice.json", json.dumps(SCOPE))
    texts = {"base": base(version, **keys)}
    texts |= {f"addon{n}": addon(n, version, **keys) for n in range(ADDONS)}
    return [maker.make(text, f"/srv/{name}-{version}.bundle") for name, text in texts.items()]
