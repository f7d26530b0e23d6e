# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk, kernel and initrd of a virtual machine, made from a root file system."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import cache, roots
from .namespace import Namespace
from .roots import Root

_FILES = Path(__file__).with_name("guest_files")
# They use the serial port, or want a network, or seconds of a slow processor.
_MASKED = ["serial-getty@ttyS0.service", "getty@tty1.service", "apt-daily.timer",
           "apt-daily-upgrade.timer", "e2scrub_reap.service", "podman-auto-update.timer"]
_DISK_SIZE = "6G"  # sparse


@dataclass(frozen=True)
class VmImage:
    suite: str
    directory: Path

    @property
    def kernel(self) -> Path:
        return self.directory / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.directory / "initrd.img"

    @property
    def disk(self) -> Path:
        return self.directory / "disk.img"


def vm_image(suite: str, base: Root | None = None) -> VmImage:
    """Made once; the base is the machine tests' root, if it is no other."""
    root = vm_root(base or roots.machine(suite))
    return from_root(root)


def vm_root(base: Root) -> Root:
    key = hashlib.sha256()
    for path in [Path(__file__), *sorted(_FILES.iterdir())]:
        key.update(path.read_bytes())

    def add(namespace: Namespace, tree: Path) -> None:
        _configure(namespace.path(tree))
        roots.install(namespace, tree, roots.VM)
        systemctl = ("chroot", tree, "systemctl", "--quiet")
        namespace.run(*systemctl, "enable", "command-agent.service")
        namespace.run(*systemctl, "mask", *_MASKED)
    return base.derive("vm", " ".join(roots.VM) + key.hexdigest(), add)


def from_root(root: Root) -> VmImage:
    def make(directory: Path) -> None:
        directory.mkdir()
        with root.mounted() as (namespace, tree):
            inside = namespace.path(tree)
            shutil.copy(inside / "vmlinuz", directory / "vmlinuz")
            shutil.copy(inside / "initrd.img", directory / "initrd.img")
            namespace.run("mke2fs", "-q", "-t", "ext4", "-d", tree, directory / "disk.img",
                          _DISK_SIZE)
    layers = [str(layer) for layer in root.layers]
    return VmImage(root.suite, cache.made(f"disk-{root.suite}", [*layers, _DISK_SIZE], make))


def _configure(tree: Path) -> None:
    program = tree / "usr/local/sbin/command-agent"
    shutil.copy(_FILES / "command-agent", program)
    program.chmod(0o755)
    shutil.copy(_FILES / "command-agent.service", tree / "etc/systemd/system")
    (tree / "etc/fstab").write_text("/dev/vda / ext4 rw 0 1\n")
    # Only what this virtual machine has: unpacking a general initrd takes seconds without KVM.
    initramfs = tree / "etc/initramfs-tools"
    (initramfs / "conf.d").mkdir(parents=True, exist_ok=True)
    (initramfs / "conf.d/vm.conf").write_text("MODULES=list\nCOMPRESS=zstd\nRESUME=none\n")
    (initramfs / "modules").write_text("virtio_pci\nvirtio_blk\next4\n")
