# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of bundles as a robot has it: a base with most of what a description may say, and add-ons."""

import json

from . import images
from .bundles import Maker, description, pids, status
from .guest import Guest

CONTAINERS, VOLUMES, GROUPS, INIT_CONTAINERS, ADDONS = 14, 20, 6, 3, 4
SHARED = range(ADDONS)  # volumes that add-ons may mount, and put files into
WRITTEN = range(VOLUMES - INIT_CONTAINERS, VOLUMES)  # by init containers
_START = {"start_timeout": "60s"}

SCOPE = {"type": "object", "properties": {"containers": {"type": "array", "items": {
    "type": "object", "properties": {"cap-add": {"type": "array", "items": {"enum": ["SYS_NICE"]}}}}}}}


def _table(array: str, /, **keys) -> str:
    lines = [f"{key.replace('_', '-')} = {json.dumps(value)}" for key, value in keys.items()]
    return "\n".join([f"[[{array}]]", *lines, ""])


def base(version: str, max_wait: str, **keys) -> str:
    groups = [_table("groups", name=f"group{n}", gid=2010 + n) for n in range(GROUPS)]
    volumes = [_table("volumes", name=f"volume{n}", read_write_groups=[f"group{n % GROUPS}"],
                     shared=n in SHARED, file_provider_access=n in SHARED) for n in range(VOLUMES)]
    inits = [f'[[init-containers]]\nname = "prepare{n}"\nimage = "localhost/ready:1.0.0"\n'
             f'user = "2050"\ngroups = ["group{volume % GROUPS}"]\nmax-wait = "{max_wait}"\n'
             f'command = ["/ready", "--touch", "/data/made-by-{version}", "--exit", "0"]\n'
             f'mounts = [{{ volume = "volume{volume}", target = "/data" }}]\n'
             for n, volume in enumerate(WRITTEN)]
    containers = {f"part{n}": {"user": "2050", "groups": [f"group{n % GROUPS}"],
                               "env": {"VERSION": version if n < 4 else "any"},
                               "mounts": [{"volume": f"volume{n}", "target": "/data"}]}
                  for n in range(CONTAINERS)}
    return description("base", version, containers, type="base", scope_definitions=["nice"],
                       extra="".join([*groups, *volumes, *inits]), **_START | keys)


def addon(number: int, version: str, **keys) -> str:
    provider = _table("file-providers", image=f"localhost/files:{version}").rstrip()
    copy = f'copy = [{{ from = "/chart", volume = "volume{number}", to = "/chart{number}" }}]\n'
    return description(f"addon{number}", version=version, requires={"base": "*"}, scope="nice",
                       extra=f"{provider}\n{copy}", containers={f"addon{number}-main": {
                           "cap-add": ["SYS_NICE"], "groups": [f"group{number % GROUPS}"],
                           "mounts": [{"volume": f"volume{number}", "target": "/data"}]}},
                       **_START | keys)


def bundles(maker: Maker, version: str, max_wait: str = "30s", **keys) -> list[str]:
    """Files of the base and of the add-ons; `max_wait` is an init container's."""
    images.load(maker.workshop, f"localhost/files:{version}", files={"chart": f"chart {version}".encode()})
    maker.workshop.write_file("/srv/schemas/nice.json", json.dumps(SCOPE))
    texts = {"base": base(version, max_wait, **keys)}
    texts |= {f"addon{n}": addon(n, version, **keys) for n in range(ADDONS)}
    return [maker.make(text, f"/srv/{name}-{version}.bundle") for name, text in texts.items()]


def live_through_it(guest: Guest, maker: Maker, timeout: float = 300, **keys) -> None:
    """From its installation over an update and the way back to its end; `timeout` is an operation's."""
    first, second = (bundles(maker, version, **keys) for version in ("1.0.0", "2.0.0"))
    guest.run(["update-agent", "install", *first], timeout=timeout)
    assert len(status(guest)) == CONTAINERS + ADDONS
    assert {each["state"] for each in status(guest).values()} == {"running"}
    assert _made(guest) == _expected("1.0.0") and _charts(guest) == {"chart 1.0.0"}
    before = pids(guest)

    guest.run(["update-agent", "install", *second], timeout=timeout)
    assert _made(guest) == _expected("2.0.0") | {f"volume{n}/made-by-1.0.0" for n in WRITTEN}
    assert _charts(guest) == {"chart 2.0.0"}
    after = pids(guest)
    # Files come to the volumes of the add-ons' containers, which stop for that.
    kept = {f"part{n}" for n in range(4, CONTAINERS)}
    assert {name for name in before if before[name] == after[name]} == kept

    guest.run("update-agent rollback", timeout=timeout)
    assert _made(guest) == _expected("1.0.0") and _charts(guest) == {"chart 1.0.0"}
    assert {each["state"] for each in status(guest).values()} == {"running"}
    assert guest.run("update-agent verify", check=False, timeout=timeout).ok

    names = [f"addon{n}" for n in range(ADDONS)] + ["base"]
    guest.run(["update-agent", "remove", *names], timeout=timeout)
    assert not status(guest)
    assert _made(guest) == {f"volume{n}/made-by-1.0.0" for n in WRITTEN}
    assert not guest.run("podman ps --quiet").lines


def _made(guest: Guest) -> set[str]:
    """Files in the volumes, each with the volume's name."""
    return set(guest.run("cd /opt/data/base && find . -type f -printf '%P\\n'").lines)


def _charts(guest: Guest) -> set[str]:
    return set(guest.run("cat /opt/data/base/volume?/chart* 2>/dev/null; true").stdout
               .replace("chart ", "\nchart ").split("\n")) - {""}


def _expected(version: str) -> set[str]:
    return {f"volume{n}/chart{n}" for n in SHARED} | {f"volume{n}/made-by-{version}" for n in WRITTEN}
