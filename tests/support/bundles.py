# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles for tests: descriptions as text, signed and made in the guest by the agent itself."""

import hashlib
import io
import json
import tarfile
import tempfile
from pathlib import Path

from .guest import Guest
from .pki import Pki

IMAGE = "localhost/ready:1.0.0"
_TRUST = "/etc/update-agent/trust.d"


def description(bundle: str, version: str = "1.0.0", containers: dict[str, dict] | None = None,
                requires: dict[str, str] | None = None, extra: str = "", **keys) -> str:
    """A bundle.toml. Containers map names to their keys; the image and short timeouts are added."""
    keys = {"type": "addon", "settle-time": "500ms", "start-timeout": "20s"} | {
        key.replace("_", "-"): value for key, value in keys.items()}
    if keys["type"] == "base":
        keys = {"os": ">=12"} | keys
    lines = ["format = 1", _pair("id", bundle), _pair("version", version)]
    lines += [_pair(key, value) for key, value in keys.items()]
    lines.append(extra)
    for required, version_range in (requires or {}).items():
        lines += ["[[requires]]", _pair("id", required), _pair("version", version_range)]
    for name, own in (containers if containers is not None else {bundle + "-main": {}}).items():
        own = {"image": IMAGE} | own
        lines += ["[[containers]]", _pair("name", name), *(_pair(*item) for item in own.items())]
    return "\n".join(lines) + "\n"


def _pair(key: str, value) -> str:
    return f"{key} = {_value(value)}"


def _value(value) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(_pair(*item) for item in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)  # JSON's strings, numbers and booleans are TOML's, too


class Maker:
    """Makes bundle files for a guest that trusts the keys' root.

    In the guest itself, or in the workshop: another one, which has the images and is faster.
    """

    def __init__(self, guest: Guest, pki: Pki, trust: bool = True, workshop: Guest | None = None):
        self.guest = guest
        self.workshop = workshop or guest
        self.pki = pki
        for each in {guest, self.workshop}:
            each.copy_in(pki.directory, "/srv/pki")
        if trust:
            self.trust()

    def trust(self, name: str = "root", limits: str | None = None) -> None:
        self.guest.run(["cp", f"/srv/pki/{name}.pem", f"{_TRUST}/{name}.pem"])
        if limits is not None:
            self.guest.write_file(f"{_TRUST}/{name}.toml", limits)

    def make(self, text: str, path: str, signer: str = "signer", options: str = "") -> str:
        """Sign a description with its images; returns the path of the bundle file."""
        self.workshop.write_file(path + ".toml", text)
        who = self.pki.identity(signer)
        chain = f"--chain /srv/pki/{who.chain.name}" if who.chain else ""
        self.workshop.run(f"update-agent bundle create {path}.toml --key /srv/pki/{who.key.name}"
                          f" --cert /srv/pki/{who.certificate.name} {chain} --output {path} {options}",
                          timeout=120)
        if self.workshop is not self.guest:
            with tempfile.TemporaryDirectory() as directory:
                copy = Path(directory, "bundle")
                self.workshop.copy_out(path, copy)
                self.guest.copy_in(copy, path)
        return path

    def install(self, *texts: str) -> list[str]:
        """Make and install bundles in one operation."""
        paths = [self.make(text, f"/srv/bundle{number}.bundle")
                 for number, text in enumerate(texts)]
        self.guest.run(["update-agent", "install", *paths], timeout=180)
        return paths


def state(guest: Guest) -> str:
    """All that a refused operation must leave as it was: podman, the files, what runs.

    Not the history, which tells of what was tried, nor a lock that is made when it is first needed.
    """
    return guest.run(r"""
        podman ps --all --format 'container {{.ID}} {{.Names}}' 2>&1 | sort
        podman ps --format 'running {{.ID}}' 2>&1 | sort
        podman images --all --format 'image {{.ID}} {{.Repository}}:{{.Tag}}' 2>&1 | sort
        cd /opt/operation && find . ! -name 'history.jsonl*' ! -name units.lock -printf '%p %l %m\n' | sort
        find . -type f ! -name 'history.jsonl*' ! -name units.lock -print0 | sort -z | xargs -0r sha256sum
        for unit in ssh.service installed-bundles.target $(ls systemd-units | grep -E '[.](service|target)$'); do
            systemctl show --property=Id,LoadState,ActiveState,MainPID,InvocationID "${unit##*/}"
        done""", timeout=120).stdout


def without_failed_sets(state: str) -> str:
    """These tell of what was undone after the switch; nothing else may."""
    return "\n".join(line for line in state.splitlines() if "failed-sets.toml" not in line)


def refuse(guest: Guest, path: str, status: int, *texts: str, command: str = "install",
           agent: str = "update-agent") -> str:
    """Run the command; it must refuse with that status and texts, and leave no trace."""
    before = state(guest)
    done = guest.run(f"{agent} {command} {path}", check=False, timeout=120)
    assert done.rc == status, done
    for text in texts:
        assert text in done.stderr, done
    assert state(guest) == before, "the machine is not as it was"
    return done.stderr


def status(guest: Guest) -> dict[str, dict]:
    """Containers by name, as update-agent status --json has them."""
    document = json.loads(guest.run("update-agent status --json").stdout)
    return {container["name"]: container
            for bundle in document["bundles"] for container in bundle["containers"]}


def pids(guest: Guest) -> dict[str, int]:
    """Main pid of every container's unit: it changes when a container is started again."""
    return {name: container["unit"]["main-pid"] for name, container in status(guest).items()}


class Archive:
    """A bundle file taken apart, to be changed and written again; openssl signs it."""

    def __init__(self, guest, path: str, pki: Pki):
        self._guest = guest
        self._pki = pki
        with tempfile.TemporaryDirectory() as directory:
            copy = Path(directory, "bundle")
            guest.copy_out(path, copy)
            with tarfile.open(copy) as tar:
                self.members = {member.name: tar.extractfile(member).read() for member in tar}

    def change(self, name: str, old: str, new: str) -> "Archive":
        text = self.members[name].decode()
        assert old in text
        self.members[name] = text.replace(old, new).encode()
        return self

    def rehash(self) -> "Archive":
        """Make the manifest fit the members."""
        self.members["manifest"] = "".join(
            f"{hashlib.sha256(data).hexdigest()} {len(data)} {name}\n"
            for name, data in self.members.items() if not name.startswith("manifest")).encode()
        return self

    def sign(self, identity: str = "signer") -> "Archive":
        with tempfile.TemporaryDirectory() as directory:
            content, signature = Path(directory, "manifest"), Path(directory, "manifest.sig")
            content.write_bytes(self.members["manifest"])
            self._pki.sign(content, signature, identity)
            self.members["manifest.sig"] = signature.read_bytes()
        return self

    def write(self, path: str, *extra: tarfile.TarInfo, data: bytes = b"") -> str:
        """Write it, with further members at the end that hold data, or are links."""
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory, "bundle")
            with tarfile.open(file, "w", format=tarfile.USTAR_FORMAT) as tar:
                for name, content in self.members.items():
                    member = tarfile.TarInfo(name)
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
                for member in extra:
                    member.size = len(data) if member.isreg() else 0
                    tar.addfile(member, io.BytesIO(data))
            self._guest.copy_in(file, path)
        return path
