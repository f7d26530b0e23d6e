# SPDX-License-Identifier: GPL-3.0-or-later
"""A local package repository: the packages of this project and all they depend on.

With it apt installs the package into a machine that has no network, and a dependency that the
package forgot to name is missed.
"""

import hashlib
import os
import shutil
from pathlib import Path

from . import cache, roots
from .command import host
from .namespace import Namespace
from .paths import cache_directory, locked, packages_directory


def repository(suite: str, packages: list[Path] | None = None) -> Path:
    """The directory to name in a sources.list line; built packages are taken if none are given."""
    packages = packages or built_packages(suite)
    digest = hashlib.sha256()
    for package in packages:
        digest.update(package.read_bytes())
    dependencies = _dependencies(suite, packages)
    digest.update(str(dependencies).encode())
    directory = cache_directory() / "repositories" / f"{suite}-{digest.hexdigest()[:12]}"
    with locked(directory.with_suffix(".lock")):
        if not directory.exists():
            partial = directory.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            for package in dependencies.glob("*.deb"):
                os.link(package, partial / package.name)
            for package in packages:
                shutil.copy(package, partial)
            index(partial)
            partial.rename(directory)
    return directory


def built_packages(suite: str) -> list[Path]:
    """What scripts/build-package made last, without debug symbols."""
    found = [package for package in sorted(packages_directory(suite).glob("*.deb"))
             if "-dbgsym_" not in package.name]
    assert found, f"no packages for {suite}: scripts/build-package {suite}"
    return found


def index(directory: Path) -> None:
    """Make a directory of packages a repository."""
    packages = host("apt-ftparchive", "packages", ".", cwd=directory).stdout
    (directory / "Packages").write_text(packages)


def _dependencies(suite: str, packages: list[Path]) -> Path:
    """Downloaded packages: what apt would install beside ours in a minimal Debian."""
    fields = [host("dpkg-deb", "--field", package, "Package", "Depends", "Pre-Depends",
                   "Recommends").stdout for package in packages]

    def make(directory: Path) -> None:
        with base.mounted() as (namespace, tree):
            _download(namespace, tree, packages)
            shutil.copytree(namespace.path(tree / "var/cache/apt/archives"), directory,
                            ignore=lambda _, names: [n for n in names if not n.endswith(".deb")])
    base = roots.minimal(suite)
    return cache.made(f"dependencies-{suite}", [*map(str, base.layers), *fields], make)


def _download(namespace: Namespace, tree: Path, packages: list[Path]) -> None:
    with roots.package_manager(namespace, tree) as apt:
        apt("update")
        apt("-o", "APT::Install-Recommends=true", "--download-only", "install", *packages)
