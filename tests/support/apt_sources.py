# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's mirrors as this host's own apt knows them.

apt itself is asked (apt-get indextargets), so both source formats are understood and only archives
that are signed as Debian's count. The sibling suite is taken from the same addresses.
"""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from .command import host

_POCKETS = ("", "updates", "security")
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_TRANSPORT_OPTIONS = ("Acquire::http::", "Acquire::https::", "Acquire::Check-", "Acquire::Retries",
                      "Acquire::ForceIPv", "Acquire::Max-FutureTime")


class NoMirror(RuntimeError):
    pass


@dataclass(frozen=True)
class Source:
    uri: str
    suite: str
    component: str
    signed_by: str

    def line(self) -> str:
        options = f"[signed-by={self.signed_by}] " if self.signed_by else ""
        return f"deb {options}{self.uri} {self.suite} {self.component}"


def sources(suite: str) -> list[Source]:
    """The host's Debian archives, for a suite that may be another than the host's own."""
    found: dict[tuple, Source] = {}
    for target in _index_targets():
        release = target.get("Release", "").rstrip("/")
        codename = target.get("Codename") or release
        own = _host_codename()
        base, dash, pocket = codename.partition("-")
        if target.get("Origin") != "Debian" or base != own or pocket not in _POCKETS:
            continue
        source = Source(target["Repo-URI"], suite + dash + pocket, target["Component"],
                        _custom_key(target.get("Signed-By", "")))
        found[(source.uri, source.suite, source.component)] = source
    result = [source for source in found.values() if source.component == "main"]
    if not any(source.suite == suite for source in result):
        raise NoMirror(f"apt on this host knows no Debian archive to take {suite} from "
                       "(is this a Debian, and was apt-get update run?)")
    return result


def transport_options() -> list[str]:
    """The host's proxy and similar settings of apt, in apt.conf's syntax."""
    dump = host("apt-config", "dump").stdout
    return [line for line in dump.splitlines()
            if line.startswith(_TRANSPORT_OPTIONS) and not line.endswith(' "";')]


def keyring_options() -> list[str]:
    """For mmdebstrap: the newest keys of Debian's archive that this host has."""
    return [f"--keyring={_KEYRING}"] if _KEYRING.exists() else []


def _index_targets() -> list[dict[str, str]]:
    output = host("apt-get", "indextargets", "Created-By: Packages").stdout
    return [dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            for block in output.split("\n\n") if block.strip()]


def _host_codename() -> str:
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "")


def _custom_key(signed_by: str) -> str:
    """Debian's own per-release keys do not cover the sibling suite; a mirror's own key does."""
    if not signed_by.startswith("/") or os.path.basename(signed_by).startswith("debian-archive-"):
        return ""
    return signed_by
