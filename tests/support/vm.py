# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual machine: a real kernel with all its cgroups and devices, and power that can be cut.

    with VirtualMachine(vm_image("bookworm")) as vm:
        vm.boot()
        vm.run("podman ps")
        vm.power_cut()
        vm.boot()

It has no network. Commands and files go over virtio-serial ports to guest_files/command-agent.
The disk is a throw-away overlay on a cached image and outlives power cuts, not the test.
"""

import base64
import queue
import shlex
import socket
import subprocess
import tarfile
import tempfile
import threading
from pathlib import Path

from . import kvm
from .command import Result, host
from .guest import Guest
from .namespace import Namespace
from .vm_image import VmImage
from .work import WorkDirectory

_FILES_PORT = "/dev/virtio-ports/update-agent.files"
_APPEND = "root=/dev/vda rw console=ttyS0 panic=-1 quiet mitigations=off systemd.show_status=false"


class VirtualMachine(Guest):
    def __init__(self, image: VmImage, memory: int = 2048, cpus: int | None = None,
                 qemu_options: list[str] | None = None, append: str = ""):
        self.image = image
        self._work = WorkDirectory("vm")
        self.directory = self._work.path
        self.console_log = self.directory / "console.log"
        self.disk = self.directory / "disk.qcow2"
        host("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image.disk, self.disk)
        self._accelerator = kvm.accelerator(image)
        self.accelerator = self._accelerator[1].partition(",")[0]
        # Emulated processors may run code that another has patched: kernels died of an int3 that was
        # a jump label's. With one alone they cannot.
        cpus = cpus or (2 if self.accelerator == "kvm" else 1)
        self._options = ["-m", str(memory), "-smp", str(cpus), *(qemu_options or [])]
        self._append = f"{_APPEND} {append}"
        self._namespace: Namespace | None = None
        self._qemu: subprocess.Popen | None = None
        self._commands: _Commands | None = None
        self._files: socket.socket | None = None
        self._files_lock = threading.Lock()

    def __enter__(self) -> "VirtualMachine":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def boot(self, timeout: float = 240, wait: bool = True) -> None:
        assert not self.running, "the virtual machine is running already"
        commands, commands_guest = socket.socketpair()
        self._files, files_guest = socket.socketpair()
        passed = [commands_guest.fileno(), files_guest.fileno()]
        with open(self.console_log, "ab") as console:
            self._namespace = Namespace()
            self._qemu = subprocess.Popen(
                self._namespace.enter(*self._qemu_command(*passed)), pass_fds=passed,
                stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        commands_guest.close()
        files_guest.close()
        self._commands = _Commands(commands)
        if not self._commands.wait_ready(timeout):
            raise AssertionError(f"no answer within {timeout} s\n{self.console()}")
        if wait:
            self.wait_booted(timeout)

    def power_off(self, timeout: float = 120) -> None:
        """An orderly shutdown."""
        self._leave("systemctl poweroff", timeout)

    def reboot(self, timeout: float = 120) -> None:
        """An orderly reboot; QEMU is started anew, as real firmware would begin anew."""
        self._leave("systemctl reboot", timeout)
        self.boot()

    def power_cut(self) -> None:
        """The plug is pulled: what the guest had not sent to its disk is lost."""
        self._namespace.close()
        self._ended()

    @property
    def running(self) -> bool:
        return self._qemu is not None and self._qemu.poll() is None

    def execute(self, command: list[str], timeout: float, stdin: bytes | None) -> Result:
        assert self.running, f"the virtual machine is not running\n{self.console()}"
        script = shlex.join(command)
        if stdin is not None:
            file = f"/run/command-input-{id(stdin):x}"
            self._send(f"cat >{file}", stdin)
            script = f"{script} <{file}; rc=$?; rm {file}; exit $rc"
        answer = self._commands.request(script, timeout)
        if answer is None:
            raise AssertionError(f"no end after {timeout} s: {shlex.join(command)}\n"
                                 f"{self.console()}")
        return answer

    def copy_in(self, source: Path, destination: str) -> None:
        quoted = shlex.quote(destination)
        if not source.is_dir():
            self._send(f'mkdir -p "$(dirname {quoted})"; cat >{quoted}; '
                       f"chmod {source.stat().st_mode & 0o7777:o} {quoted}", source.read_bytes())
            return
        with tempfile.TemporaryFile(dir=self.directory) as archive:
            subprocess.run(["tar", "-C", source, "-c", "."], stdout=archive, check=True)
            archive.seek(0)
            self._send(f"mkdir -p {quoted}; tar -C {quoted} -x", archive.read())

    def copy_out(self, source: str, destination: Path) -> None:
        quoted = shlex.quote(source)
        archive = "/var/tmp/copy-out.tar"
        parent = f'-C {quoted} .' if self.run(["test", "-d", source], check=False).ok else (
            f'-C "$(dirname {quoted})" "$(basename {quoted})"')
        size = int(self.run(f"tar -cf {archive} {parent} && stat -c %s {archive}",
                            timeout=600).stdout)
        with self._files_lock, tempfile.TemporaryFile(dir=self.directory) as file:
            sender = threading.Thread(target=self.run, args=(
                f"cat {archive} >{_FILES_PORT}; rm {archive}",),
                kwargs={"timeout": 600})
            sender.start()
            while size > 0:
                data = self._files.recv(min(size, 1 << 20))
                file.write(data)
                size -= len(data)
            sender.join()
            file.seek(0)
            _unpack(file, destination, whole=parent.endswith(" ."))

    def made_of(self) -> str:
        return f"{self.image.suite} in QEMU ({self.accelerator}), plain crun"

    def console(self) -> str:
        """What kernel and systemd printed, the last lines."""
        text = self.console_log.read_text(errors="replace") if self.console_log.exists() else ""
        return "\n".join(text.splitlines()[-40:])

    def close(self) -> None:
        if self.running:
            self.power_cut()
        self._work.close()

    def _qemu_command(self, commands: int, files: int) -> list[str]:
        return ["qemu-system-x86_64", *self._accelerator, *self._options,
                "-nographic", "-nodefaults", "-no-reboot", "-serial", "stdio",
                "-kernel", str(self.image.kernel), "-initrd", str(self.image.initrd),
                "-append", self._append,
                "-drive", f"file={self.disk},if=virtio,format=qcow2,cache=writeback",
                "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
                "-chardev", f"socket,id=commands,fd={commands}",
                "-device", "virtserialport,chardev=commands,name=update-agent.commands",
                "-chardev", f"socket,id=files,fd={files}",
                "-device", "virtserialport,chardev=files,name=update-agent.files"]

    def _send(self, consumer: str, data: bytes) -> None:
        """Give data to the standard input of a script in the guest."""
        script = (f"set -e -o pipefail; head -c {len(data)} {_FILES_PORT} | {{ {consumer}; }}")
        with self._files_lock:
            # The socket takes what the guest does not read yet only up to its buffer.
            sender = threading.Thread(target=self._files.sendall, args=(data,))
            sender.start()
            answer = self._commands.request(script, 600)
            sender.join()
        assert answer is not None and answer.ok, f"copying failed: {answer}"

    def _leave(self, command: str, timeout: float) -> None:
        self._commands.request(command, 20)
        try:
            self._qemu.wait(timeout)
        except subprocess.TimeoutExpired:
            self.power_cut()
            raise AssertionError(f"no shutdown within {timeout} s\n{self.console()}") from None
        self._ended()

    def _ended(self) -> None:
        self._namespace.close()
        self._qemu.wait()
        self._commands.close()
        self._files.close()


class _Commands:
    """Requests to the command agent and its answers, from several threads at once."""

    def __init__(self, connection: socket.socket):
        self._connection = connection
        self._lock = threading.Lock()
        self._number = 0
        self._waiting: dict[int, queue.Queue] = {}
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_ready(self, timeout: float) -> bool:
        return self._ready.wait(timeout)

    def request(self, script: str, timeout: float) -> Result | None:
        """Run a script; none when there is no answer in time or the machine went down."""
        answer: queue.Queue = queue.Queue()
        with self._lock:
            self._number += 1
            number = self._number
            self._waiting[number] = answer
            encoded = base64.b64encode(script.encode()).decode()
            try:
                self._connection.sendall(f"{number} {encoded}\n".encode())
            except OSError:
                return None
        try:
            return answer.get(timeout=timeout)
        except queue.Empty:
            return None
        finally:
            del self._waiting[number]

    def close(self) -> None:
        self._connection.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._connection.close()

    def _read(self) -> None:
        with self._connection.makefile("r", encoding="ascii", errors="replace") as lines:
            try:
                for line in lines:
                    self._accept(line.split())
            except OSError:
                pass
        for answer in list(self._waiting.values()):
            answer.put(None)

    def _accept(self, words: list[str]) -> None:
        if len(words) == 2 and words[0] == "boot":
            self._ready.set()
        elif len(words) == 4 and words[0].isdigit() and int(words[0]) in self._waiting:
            out, err = (base64.b64decode(word[1:]).decode(errors="replace") for word in words[2:])
            self._waiting[int(words[0])].put(Result("", int(words[1]), out, err))


def _unpack(archive, destination: Path, whole: bool) -> None:
    with tarfile.open(fileobj=archive) as tar:
        if whole:
            destination.mkdir(parents=True, exist_ok=True)
            tar.extractall(destination)
            return
        member = tar.getmembers()[0]
        member.name = destination.name
        tar.extract(member, destination.parent)
