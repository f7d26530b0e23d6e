# SPDX-License-Identifier: GPL-3.0-or-later
"""An administrator's own programs, beside what the agent does."""

import json

import pytest

from support.bundles import description

pytestmark = pytest.mark.one_suite

HOOKS = "/etc/update-agent/hooks.d"


def hook(machine, name: str, script: str) -> None:
    machine.write_file(f"{HOOKS}/{name}", f"#!/bin/sh\n{script}\n", mode=0o755)


def test_hooks_are_asked_and_told(machine, maker):
    for point in ("before", "after", "failed"):
        hook(machine, f"{point}.d/50-note", f"cat >/run/{point}.json")
    maker.install(description("base", type="base"))
    before, after = (json.loads(machine.read_file(f"/run/{point}.json")) for point in ("before", "after"))
    assert before["plan"]["installed"][0]["id"] == "base" and before["generation-now"] == 0
    assert after["transaction"] == before["transaction"] and after["generation-now"] == 1
    assert not machine.exists("/run/failed.json")

    hook(machine, "before.d/10-window", "echo 'the line is running' >&2; exit 1")
    update = maker.make(description("base", "1.1.0", type="base"), "/srv/update.bundle")
    refused = machine.run(["update-agent", "install", update], check=False, timeout=60)
    assert refused.rc == 5
    assert "before.d/10-window ended with 1: the line is running" in refused.stderr
    assert machine.run("update-agent list").lines[-1].startswith("base  1.0.0")

    machine.run(f"rm {HOOKS}/before.d/10-window")
    bad = maker.make(description("base", "1.2.0", type="base", start_timeout="2s", containers={
        "base-main": {"command": ["/ready", "--never"]}}), "/srv/bad.bundle")
    assert machine.run(["update-agent", "install", bad], check=False, timeout=120).rc == 8
    failed = json.loads(machine.read_file("/run/failed.json"))
    assert failed["exit-code"] == 8 and failed["generation-now"] == 1
    assert "base-main" in failed["reason"]


def test_a_hook_that_hangs_is_ended(machine, maker):
    machine.write_file("/etc/update-agent/agent.toml.d/hooks.toml", 'hook-timeout = "1s"\n')
    hook(machine, "before.d/50-hangs", "exec sleep 1000")
    path = maker.make(description("base", type="base"), "/srv/base.bundle")
    refused = machine.run(["update-agent", "install", path], check=False, timeout=60)
    assert refused.rc == 1 and "did not end within 1 s" in refused.stderr
    assert not machine.run("pgrep --full 'sleep 1000'", check=False).ok
