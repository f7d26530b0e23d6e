# SPDX-License-Identifier: GPL-3.0-or-later
"""Container images that need no registry: one static program, see ready.c."""

import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path

from .guest import Guest
from .paths import cache_directory, locked

_SOURCE = Path(__file__).with_name("ready.c")


def ready_program() -> Path:
    """The compiled program; made once."""
    digest = hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:12]
    program = cache_directory() / "images" / f"ready-{digest}"
    with locked(program.with_suffix(".lock")):
        if not program.exists():
            partial = program.with_suffix(".partial")
            subprocess.run(["cc", "-std=gnu11", "-Wall", "-Wextra", "-Os", "-static", "-s",
                            "-o", partial, _SOURCE], check=True)
            partial.rename(program)
    return program


def archive(files: dict[str, bytes] | None = None) -> bytes:
    """A tar of a root file system with /ready and further files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        contents = {"ready": ready_program().read_bytes()} | (files or {})
        for name, data in contents.items():
            member = tarfile.TarInfo(name)
            member.mode = 0o755
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def load(guest: Guest, name: str = "localhost/ready:1.0.0", command: list[str] | None = None,
         files: dict[str, bytes] | None = None) -> str:
    """Import an image into the guest's podman; returns its id. Other files make another image."""
    command = ["/ready"] if command is None else command
    done = guest.run(["podman", "import", "--quiet", "--change", "CMD " + json.dumps(command), "-",
                      name], input=archive(files), timeout=120)
    return done.stdout.strip().removeprefix("sha256:")
