# SPDX-License-Identifier: GPL-3.0-or-later
"""What every command prints for programs has the JSON Schema that the package installs."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest

from support.bundles import description

pytestmark = pytest.mark.one_suite

SCHEMAS = "/usr/share/update-agent/schemas"
TEXT = description("base", type="base", containers={"robot": {"devices": ["/dev/null"]}},
                   extra='[[volumes]]\nname = "data"\n[[init-containers]]\nname = "prepare"\n'
                         'image = "localhost/ready:1.0.0"\ncommand = ["/ready", "--exit", "0"]\n'
                         'mounts = [{ volume = "data", target = "/data" }]\n')


class Schemas:
    def __init__(self, machine, tmp_path: Path):
        machine.copy_out(SCHEMAS, tmp_path / "schemas")
        self.all = {path.stem: json.loads(path.read_text())
                    for path in (tmp_path / "schemas").iterdir()}
        for schema in self.all.values():
            jsonschema.Draft7Validator.check_schema(schema)
        self.used = {"bundle"}  # by others
        self._strict = {name: _strict(schema) for name, schema in self.all.items()}

    def check(self, name: str, document: dict) -> None:
        """Readers pass over keys that they do not know; here none may be unknown."""
        self.used.add(name)
        store = {f"file:///{each}.json": schema for each, schema in self._strict.items()}
        resolver = jsonschema.RefResolver(f"file:///{name}.json", self._strict[name], store=store)
        jsonschema.Draft7Validator(self._strict[name], resolver=resolver).validate(document)


def _strict(schema):
    schema = copy.deepcopy(schema)
    pending = [schema]
    while pending:
        each = pending.pop()
        if isinstance(each, list):
            pending += each
        elif isinstance(each, dict):
            if "properties" in each:
                each.setdefault("additionalProperties", False)
            pending += each.values()
    return schema


def test_every_command(machine, maker, tmp_path):
    schemas = Schemas(machine, tmp_path)

    def run(name: str, command: str, rc: int = 0) -> dict:
        done = machine.run(f"update-agent {command} --json", check=False, timeout=120)
        assert done.rc == rc, done
        document = json.loads(done.stdout)
        schemas.check(name, document)
        return document

    path = maker.make(TEXT, "/srv/base.bundle")
    who = maker.pki.identity("signer")
    run("bundle-create", f"bundle create {path}.toml --key /srv/pki/{who.key.name}"
        f" --cert /srv/pki/{who.certificate.name} --chain /srv/pki/{who.chain.name} --output /srv/b")
    run("bundle-validate", f"bundle validate {path}.toml")
    run("bundle-inspect", f"bundle inspect {path}")
    run("bundle-inspect", f"bundle verify {path}")
    run("version-match", "version match 1.x 1.2.3")
    run("version-compare", "version compare 1.0.0 2.0.0")
    run("error", "show base", rc=6)
    run("change", f"install --dry-run {path}")
    assert run("change", f"install {path}")["init"]
    assert run("list", "list")["bundles"]
    assert run("status", "status")["bundles"][0]["containers"][0]["unit"]
    assert run("show", "show base")["bundle"]["containers"][0]["devices"]
    for command in ("stop", "start", "restart"):
        run("control", f"{command} robot")
    job = run("job", "restart robot --no-wait")["job"]
    run("control", f"watch {job}")
    run("recreate", "recreate")
    run("recover", "recover")
    run("doctor", "doctor")
    run("verify", "verify")
    machine.run("rm /opt/operation/update-agent/generations/1/units/base-restart.target")
    assert run("verify", "verify", rc=1)["findings"]
    assert run("verify", "verify --repair")["findings"]
    run("change", "remove base")
    assert run("change", "rollback")["restored"] is not None
    run("change", "remove base --purge")
    assert len(run("history", "history")["operations"]) == 5
    machine.write_file("/etc/update-agent/hooks.d/after.d/note", "#!/bin/sh\ncat >/run/hook\n", 0o755)
    progress = machine.run(f"update-agent install {path} --progress=json", timeout=120).lines
    for line in progress:
        schemas.check("progress", json.loads(line))
    schemas.check("hook", json.loads(machine.read_file("/run/hook")))
    schemas.check("run-status", json.loads(machine.read_file("/run/update-agent/status.json")))
    described = machine.run("busctl --json=short call org.updateagent /org/updateagent"
                            " org.updateagent.Manager1 Describe s base").stdout
    schemas.check("describe", json.loads(json.loads(described)["data"][0]))
    end = json.loads(progress[-1])
    schemas.check("change", end["result"])
    assert end["event"] == "end" and end["exit-code"] == 0
    refused = machine.run(f"update-agent install {path}x --progress=json", check=False).lines
    schemas.check("error", json.loads(refused[-1])["result"])
    assert schemas.used == schemas.all.keys()
