# SPDX-License-Identifier: GPL-3.0-or-later
"""A set as a robot has it, from its installation to its end."""

import pytest

from support.bundles import pids, status
from support.realistic_set import ADDONS, CONTAINERS, SHARED, WRITTEN, bundles

pytestmark = [pytest.mark.one_suite, pytest.mark.long]


def made(machine) -> set[str]:
    """Files in the volumes, each with the volume's name."""
    return set(machine.run("cd /opt/data/base && find . -type f -printf '%P\\n'").lines)


def charts(machine) -> set[str]:
    return set(machine.run("cat /opt/data/base/volume?/chart* 2>/dev/null; true").stdout
               .replace("chart ", "\nchart ").split("\n")) - {""}


def expected(version: str) -> set[str]:
    return {f"volume{n}/chart{n}" for n in SHARED} | {f"volume{n}/made-by-{version}" for n in WRITTEN}


def test_it_is_installed_updated_rolled_back_with_its_data_and_removed(machine, maker):
    first, second = (bundles(maker, version) for version in ("1.0.0", "2.0.0"))
    machine.run(["update-agent", "install", *first], timeout=300)
    everything = CONTAINERS + ADDONS
    assert len(status(machine)) == everything
    assert {each["state"] for each in status(machine).values()} == {"running"}
    assert made(machine) == expected("1.0.0") and charts(machine) == {"chart 1.0.0"}
    before = pids(machine)

    machine.run(["update-agent", "install", *second], timeout=300)
    assert made(machine) == expected("2.0.0") | {f"volume{n}/made-by-1.0.0" for n in WRITTEN}
    assert charts(machine) == {"chart 2.0.0"}
    after = pids(machine)
    # Files come to the volumes of the add-ons' containers, which stop for that.
    kept = {f"part{n}" for n in range(4, CONTAINERS)}
    assert {name for name in before if before[name] == after[name]} == kept

    machine.run("update-agent rollback", timeout=300)
    assert made(machine) == expected("1.0.0") and charts(machine) == {"chart 1.0.0"}
    assert {each["state"] for each in status(machine).values()} == {"running"}
    assert machine.run("update-agent verify", check=False, timeout=120).ok

    names = [f"addon{n}" for n in range(ADDONS)] + ["base"]
    machine.run(["update-agent", "remove", *names], timeout=300)
    assert not status(machine)
    assert made(machine) == {f"volume{n}/made-by-1.0.0" for n in WRITTEN}
    assert not machine.run("podman ps --quiet").lines
