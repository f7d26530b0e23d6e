# SPDX-License-Identifier: GPL-3.0-or-later
"""A signed package source of small packages, which the guest itself serves by HTTP."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from . import repository
from .command import host
from .guest import Guest

DIRECTORY = "/srv/packages"
PORT = 8001
URI = f"http://127.0.0.1:{PORT}"
_LIST = "/etc/apt/sources.list"
_KEY = "/etc/apt/keyrings/packages.gpg"
# The least that apt takes for a web server, a process for each connection.
_SERVER = r"""#!/bin/bash
read -r _ path _
while read -r line && [ -n "${line%$'\r'}" ]; do :; done
file="DIRECTORY${path//%3a/:}"
if [ -f "$file" ]; then
    printf 'HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Length: %s\r\n\r\n' "$(stat -c %s "$file")"
    cat "$file"
else
    printf 'HTTP/1.0 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
fi
""".replace("DIRECTORY", DIRECTORY)


@dataclass(frozen=True)
class Package:
    name: str
    version: str = "1.0"
    fields: dict[str, str] = field(default_factory=dict)
    # Maintainer scripts by their names, and files by their paths.
    scripts: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def build(self, directory: Path) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            tree = Path(scratch)
            (tree / "DEBIAN").mkdir(mode=0o755)
            tree.chmod(0o755)
            self._write(tree)
            host("dpkg-deb", "--root-owner-group", "--build", tree, directory)

    def _write(self, tree: Path) -> None:
        control = {"Package": self.name, "Version": self.version, "Architecture": "all",
                   "Maintainer": "Nobody <nobody@example.org>", "Description": "for a test"}
        (tree / "DEBIAN/control").write_text(
            "".join(f"{key}: {value}\n" for key, value in (control | self.fields).items()))
        for path, text in self.files.items():
            file = tree / path.removeprefix("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        conffiles = [path for path in self.files if path.startswith("/etc/")]
        (tree / "DEBIAN/conffiles").write_text("".join(f"{path}\n" for path in conffiles))
        for name, text in self.scripts.items():
            script = tree / "DEBIAN" / name
            script.write_text("#!/bin/sh\nset -e\n" + text)
            script.chmod(0o755)


class PackageSource:
    """The only source of the guest's apt."""

    def __init__(self, guest: Guest, *packages: Package, is_signed: bool = True):
        self.guest = guest
        with tempfile.TemporaryDirectory() as scratch:
            directory = Path(scratch, "packages")
            directory.mkdir()
            directory.chmod(0o755)
            for package in packages:
                package.build(directory)
            repository.index(directory)
            key = self._sign(directory, Path(scratch, "gnupg")) if is_signed else None
            guest.copy_in(directory, DIRECTORY)
            if key is not None:
                guest.copy_in(key, _KEY)
        self._serve()
        options = f"signed-by={_KEY}" if is_signed else "allow-insecure=yes"
        guest.write_file(_LIST, f"deb [{options}] {URI} ./\n")
        guest.run("rm -f /etc/apt/sources.list.d/*; apt-get --quiet update", timeout=120)

    def stop(self) -> None:
        self.guest.run("systemctl stop package-source.socket")

    def start(self) -> None:
        self.guest.run("systemctl start package-source.socket")

    def _serve(self) -> None:
        self.guest.write_file("/usr/local/bin/package-source", _SERVER, 0o755)
        self.guest.write_file("/etc/systemd/system/package-source.socket",
                              f"[Socket]\nListenStream=127.0.0.1:{PORT}\nAccept=yes\n")
        self.guest.write_file("/etc/systemd/system/package-source@.service",
                              "[Service]\nExecStart=/usr/local/bin/package-source\n"
                              "StandardInput=socket\nStandardError=journal\n")
        self.guest.run("systemctl daemon-reload && systemctl start package-source.socket")

    @staticmethod
    def _sign(directory: Path, home: Path) -> Path:
        home.mkdir(mode=0o700)
        gpg = ["gpg", "--homedir", home, "--batch", "--quiet"]
        host(*gpg, "--passphrase", "", "--quick-generate-key", "packages@example.org", "rsa3072",
             "sign")
        release = host("apt-ftparchive", "release", ".", cwd=directory).stdout
        (directory / "Release").write_text(release)
        host(*gpg, "--clearsign", "--output", directory / "InRelease", directory / "Release")
        key = home / "packages.gpg"
        host(*gpg, "--export", "--output", key)
        host("gpgconf", "--homedir", home, "--kill", "all")
        return key
