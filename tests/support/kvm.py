# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether KVM works here. /dev/kvm alone says nothing: where virtualization is nested it may be
there and hang the guest, so a kernel is started and has to reach its end within a time."""

import os
import subprocess
from pathlib import Path

from .paths import cache_directory
from .vm_image import VmImage

_LIMIT = 15  # seconds; a working KVM needs one or two
# No root, an init that ends: the kernel panics, and panic=-1 with -no-reboot ends QEMU.
_APPEND = "console=ttyS0 panic=-1 rdinit=/bin/false"

# Emulated, what a newer processor has is slower than going without it.
TCG = ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "Westmere"]
KVM = ["-accel", "kvm", "-cpu", "host"]


def accelerator(image: VmImage) -> list[str]:
    """QEMU's options; tried once for each boot of this host."""
    if os.environ.get("UPDATE_AGENT_VM_ACCELERATOR") == "tcg" or not os.access("/dev/kvm", os.W_OK):
        return TCG
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    answer = cache_directory() / "kvm" / boot
    if not answer.exists():
        answer.parent.mkdir(parents=True, exist_ok=True)
        answer.write_text("works" if _works(image) else "fails")
    return KVM if answer.read_text() == "works" else TCG


def _works(image: VmImage) -> bool:
    command = ["qemu-system-x86_64", *KVM, "-m", "512", "-nographic", "-nodefaults", "-no-reboot",
               "-serial", "stdio", "-kernel", image.kernel, "-initrd", image.initrd,
               "-append", _APPEND]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=_LIMIT)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and b"Kernel panic" in done.stdout
