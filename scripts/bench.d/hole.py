# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle file that looks large."""

import tarfile
from pathlib import Path


def append(path: Path, archive, size: int) -> None:
    """A last member of so many bytes, which take no space on the disk."""
    member = tarfile.TarInfo("files/big")
    member.size = size
    with open(path, "r+b") as file:
        file.seek(sum(512 + (len(data) + 511) // 512 * 512 for data in archive.members.values()))
        file.truncate()
        file.write(member.tobuf(tarfile.GNU_FORMAT))
        file.truncate(file.tell() + (size + 511) // 512 * 512 + 1024)
