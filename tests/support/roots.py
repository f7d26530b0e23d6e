# SPDX-License-Identifier: GPL-3.0-or-later
"""Root file systems of Debian, made once and cached.

A root is a stack of directories, the topmost first, as overlayfs takes them. The lowest is made by
mmdebstrap; each further one holds what was added to those below it. A machine puts one more
directory on top, so a throw-away copy costs nothing.

    minimal    systemd, dbus, udev, apt: what the package is installed into with its dependencies
    machine    minimal and podman with its friends
    vm         machine, a kernel and the command agent of vm.py
    installed  machine and the package
    polkit     installed and polkitd
    bench      installed and what it is measured beside
    registry   machine and Debian's docker-registry, whose program a test takes from there
    build      build dependencies, to build the package for another suite than the host's
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import apt_sources, cache
from .command import host
from .namespace import Namespace

MINIMAL = ["systemd", "systemd-sysv", "dbus", "apt", "udev", "kmod", "iproute2", "procps"]
MACHINE = ["podman", "crun", "conmon", "netavark", "aardvark-dns", "ca-certificates", "nftables",
           "iptables", "uidmap", "catatonit", "jq", "strace", "openssl", "skopeo", "zstd", "e2fsprogs",
           "squashfs-tools"]
VM = ["linux-image-cloud-amd64", "initramfs-tools", "zstd"]
BUILD = ["build-essential", "ccache"]


@dataclass(frozen=True)
class Root:
    suite: str
    layers: tuple[Path, ...]

    @contextlib.contextmanager
    def mounted(self, upper: Path | None = None):
        """The whole tree, in a namespace of its own; changes go to the upper directory."""
        scratch = Path(tempfile.mkdtemp(prefix="root-", dir=cache.directory()))
        namespace = Namespace()
        try:
            tree = scratch / "tree"
            self.mount_in(namespace, tree, upper or scratch / "upper", scratch / "work")
            yield namespace, tree
        finally:
            namespace.close()
            shutil.rmtree(scratch)

    def mount_in(self, namespace: Namespace, tree: Path, upper: Path, work: Path) -> None:
        """Mount a writable copy at tree; what is written is kept in upper."""
        for directory in (tree, upper, work):
            directory.mkdir(parents=True, exist_ok=True)
        lower = ":".join(str(layer) for layer in self.layers)
        namespace.mount("-t", "overlay", "overlay", tree, "-o",
                        f"lowerdir={lower},upperdir={upper},workdir={work}")

    def derive(self, name: str, key: str, add) -> "Root":
        """A cached root on top of this one; add(namespace, tree) makes the difference.

        The key says what the difference depends on, beside the root below.
        """
        def make(upper: Path) -> None:
            upper.mkdir()
            shutil.copymode(self.layers[0], upper)
            with self.mounted(upper) as (namespace, tree):
                add(namespace, tree)
        layer = cache.made(f"{name}-{self.suite}", [*map(str, self.layers), key], make)
        return Root(self.suite, (layer, *self.layers))


def minimal(suite: str) -> Root:
    lines = [source.line() for source in apt_sources.sources(suite)]
    options = apt_sources.transport_options()

    def make(directory: Path) -> None:
        host("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=directory",
             "--include=" + ",".join(MINIMAL), *apt_sources.keyring_options(),
             *(f"--aptopt={option}" for option in options),
             "--customize-hook=printf debian > \"$1/etc/hostname\"",
             "--customize-hook=systemd-machine-id-setup --root=\"$1\"",
             "--customize-hook=rm -f \"$1/etc/resolv.conf\"",
             suite, directory, "-", input="\n".join(lines) + "\n", stdin=None)
    layer = cache.made(f"minimal-{suite}", [*MINIMAL, *lines, *options], make)
    return Root(suite, (layer,))


def machine(suite: str) -> Root:
    return _with_packages(minimal(suite), "machine", MACHINE)


def registry(suite: str) -> Root:
    return _with_packages(machine(suite), "registry", ["docker-registry"])


def build(suite: str, control: Path) -> Root:
    """Has what Build-Depends of a debian/control asks for."""
    text = control.read_text()

    def add(namespace: Namespace, tree: Path) -> None:
        with package_manager(namespace, tree) as apt:
            apt("update")
            apt("install", *BUILD)
            apt("build-dep", control.parents[1])
            apt("clean")
    return minimal(suite).derive("build", text.partition("\n\n")[0] + " ".join(BUILD), add)


def installed(suite: str, repository: Path) -> Root:
    """Has the package of a local repository (repository.py)."""
    def add(namespace: Namespace, tree: Path) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".list") as sources:
            # copy: and not file:, as dpkg runs inside where the repository is not.
            sources.write(f"deb [trusted=yes] copy:{repository} ./\n")
            sources.flush()
            install(namespace, tree, ["update-agent"], "-o", f"Dir::Etc::sourcelist={sources.name}")
    key = hashlib.sha256((repository / "Packages").read_bytes()).hexdigest()
    return machine(suite).derive("installed", key, add)


def polkit(suite: str, repository: Path) -> Root:
    return _with_packages(installed(suite, repository), "polkit", ["polkitd"])


def bench(suite: str, repository: Path) -> Root:
    return _with_packages(installed(suite, repository), "bench", ["casync", "rauc-service", "xdelta3"])


def _with_packages(base: Root, name: str, packages: list[str]) -> Root:
    return base.derive(name, " ".join(packages),
                       lambda namespace, tree: install(namespace, tree, packages))


def install(namespace: Namespace, tree: Path, packages: list[str], *options: str) -> None:
    """Install packages into a mounted root, without Recommends."""
    with package_manager(namespace, tree) as apt:
        apt(*options, "update")
        apt(*options, "install", *packages)
        apt("clean")
    for entry in (namespace.path(tree) / "var/lib/apt/lists").glob("*_*"):
        entry.unlink()


@contextlib.contextmanager
def package_manager(namespace: Namespace, tree: Path):
    """The host's apt, with its network and certificates, on a mounted root; dpkg runs inside."""
    for name in ("dev", "proc", "sys"):
        namespace.mount("--rbind", f"/{name}", tree / name)
    policy = namespace.path(tree) / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as configuration:
        configuration.write(f'Dir "{tree}";\nDPkg::Chroot-Directory "{tree}";\n'
                            'APT::Install-Recommends "false";\nAPT::Sandbox::User "root";\n'
                            'Dpkg::Use-Pty "false";\nDPkg::Options:: "--force-unsafe-io";\n')
        configuration.flush()
        environment = os.environ | {"APT_CONFIG": configuration.name, "LC_ALL": "C",
                                    "DEBIAN_FRONTEND": "noninteractive"}

        def apt(*arguments):
            return namespace.run("apt-get", "--quiet", "--assume-yes", *arguments, env=environment)
        yield apt
    policy.unlink()
