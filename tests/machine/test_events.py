# SPDX-License-Identifier: GPL-3.0-or-later
"""What an administrator reads in the journal of an operation, and how a program finds it there."""

import json

from support.bundles import description

ENTRY = "SYSLOG_IDENTIFIER=update-agent"


def entries(machine, *matches: str) -> list[dict]:
    machine.run("journalctl --sync")
    lines = machine.run(["journalctl", "--output=json", "--no-pager", ENTRY, *matches]).lines
    return [entry for entry in map(json.loads, lines) if "UPDATE_AGENT_TRANSACTION" in entry]


def test_operations_are_in_the_journal_and_explained(machine, maker):
    maker.install(description("base", type="base"))
    bad = maker.make(description("base", "1.1.0", type="base", start_timeout="2s", containers={
        "base-main": {"command": ["/ready", "--never"]}}), "/srv/bad.bundle")
    assert machine.run(["update-agent", "install", bad], check=False, timeout=120).rc == 8

    begun, done, again, back, failed = entries(machine)
    assert begun["MESSAGE"] == "install of base 1.0.0 has begun"
    assert done["MESSAGE"] == "install of base 1.0.0 is done"
    assert again["MESSAGE"] == "install of base 1.1.0 has begun"
    assert back["MESSAGE"].startswith("install of base 1.1.0 failed, and is taken back: ")
    assert failed["MESSAGE"].startswith("install of base 1.1.0 failed: ")
    assert [each["PRIORITY"] for each in (begun, done, failed)] == ["6", "5", "3"]
    assert begun["MESSAGE_ID"] == again["MESSAGE_ID"] != done["MESSAGE_ID"] != failed["MESSAGE_ID"]
    assert failed["UPDATE_AGENT_PHASE"] == "verify" and failed["UPDATE_AGENT_EXIT_CODE"] == "8"
    assert (done["UPDATE_AGENT_GENERATION_BEFORE"], done["UPDATE_AGENT_GENERATION"]) == ("0", "1")
    assert done["UPDATE_AGENT_CALLER"] == "root (0)"

    history = json.loads(machine.run("update-agent history --json").stdout)["operations"]
    assert [each["transaction"] for each in history] == [
        each["UPDATE_AGENT_TRANSACTION"] for each in (done, failed)]
    found = entries(machine, "UPDATE_AGENT_BUNDLE=base", "UPDATE_AGENT_VERSION=1.1.0")
    assert found == [again, back, failed]

    told = machine.run(["journalctl", "--catalog", "--no-pager",
                        f"MESSAGE_ID={failed['MESSAGE_ID']}"]).stdout
    assert "Subject: The install of base 1.1.0 failed" in told
    assert 'It failed while it was in the phase "verify"' in told
    assert "generation 1 is installed, as before" in told
