# SPDX-License-Identifier: GPL-3.0-or-later
"""A throw-away Debian in systemd-nspawn: systemd as first process, real podman, a second a boot.

    with Machine(roots.machine("bookworm")) as machine:
        machine.boot()
        machine.run("podman ps")
        machine.reboot()

The copy is an overlay on a cached root. podman's graph root is a plain directory below it, as an
overlay cannot be stacked on an overlay. All of it is in a namespace that ends with this process.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from . import cgroups, oci_runtime, roots
from .command import Result
from .guest import Guest
from .namespace import Namespace, children, wait_for
from .roots import Root
from .work import WorkDirectory, cgroup_of

ENTER_FILE = "enter.json"  # for scripts/machine exec
_HALT_SIGNAL = signal.SIGRTMIN + 3  # systemd(1): halt, started as if by halt.target
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb"}


_LOOP_CTL_ADD = 0x4C80  # linux/loop.h


def _loop_device(number: int) -> str:
    """The host's, made where it is missing: whichever is free is the one that a machine gets."""
    path = Path(f"/dev/loop{number}")
    if not path.exists():
        with open("/dev/loop-control", "rb") as control, contextlib.suppress(FileExistsError):
            fcntl.ioctl(control, _LOOP_CTL_ADD, number)
        wait_for(path.exists, 5, f"making {path}")
    return str(path)


class Machine(Guest):
    """opt says what /opt is: "root" (a directory of the root file system), "bind" (a mount of its
    own that survives reboots), or "tmpfs,size=64M" (a file system of its own that is small).

    runtime is "plain", "shim", or what works here ("probe").
    binds maps directories of the host to where the machine sees them, read-only.
    """

    def __init__(self, root: Root, opt: str = "root", binds: dict[Path, str] | None = None,
                 writable_sys: bool = False, loop_devices: int = 0, runtime: str = "probe"):
        self.root = root
        self._work = WorkDirectory("machine")
        self.directory = self._work.path
        self.console_log = self.directory / "console.log"
        self._binds = binds or {}
        self._writable_sys = writable_sys
        self._loop_devices = loop_devices
        self._nspawn: subprocess.Popen | None = None
        self._init = 0
        self._namespace = Namespace()
        cgroup = cgroup_of(self.directory)
        if cgroup is None:
            raise RuntimeError("this host has no cgroup2 mount; "
                               "mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified makes one")
        self._cgroup = cgroups.make_cgroup(cgroup)
        # For commands of the harness: a leaf that the machine's systemd sees as a scope.
        self._harness_cgroup = self._cgroup / "payload" / "harness.scope"
        self._prepare_tree()
        self._configure_opt(opt)
        self.runtime = _probed_runtime(root.suite) if runtime == "probe" else runtime
        if self.runtime == "shim":
            oci_runtime.install_shim(self)

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def boot(self, timeout: float = 60, wait: bool = True) -> None:
        assert not self.running, "the machine is running already"
        self._init = 0
        with open(self.console_log, "ab") as console:
            self._nspawn = subprocess.Popen(
                self._namespace.enter("sh", "-c", 'echo $$ >"$0/cgroup.procs"; exec "$@"',
                                      self._cgroup, *self._nspawn_command()),
                stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                env=os.environ | self._nspawn_environment())
        try:
            self._init = wait_for(self._find_init, timeout, "starting systemd-nspawn")
            self._harness_cgroup.mkdir(exist_ok=True)
            (self.directory / ENTER_FILE).write_text(json.dumps(self._enter_words()))
            wait_for(lambda: self._system_state() not in ("", "offline", "unknown"), timeout,
                     "starting systemd")
            if wait:
                self.wait_booted(timeout)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.console()}") from None

    def power_off(self, timeout: float = 60) -> None:
        """An orderly shutdown, which systemd is told of directly."""
        self._end(lambda: os.kill(self._init, _HALT_SIGNAL), timeout)

    def power_off_by_logind(self, timeout: float = 60) -> None:
        """An orderly shutdown that logind announces."""
        self.run("systemctl start systemd-logind")
        self._end(lambda: self.run("systemctl poweroff"), timeout)

    def kill(self) -> None:
        """Everything inside dies at once, without a shutdown. What was written is kept."""
        self._end(lambda: os.kill(self._init, signal.SIGKILL), 10)

    def reboot(self, timeout: float = 60, wait: bool = True) -> None:
        """An orderly one: systemd stops everything, and starts anew, as with boot()."""
        self.power_off(timeout)
        self.boot(timeout, wait)

    @property
    def running(self) -> bool:
        return self._nspawn is not None and self._nspawn.poll() is None

    @property
    def init_pid(self) -> int:
        """The host's process id of the machine's systemd."""
        return self._init

    def execute(self, command: list[str], timeout: float, stdin: bytes | None) -> Result:
        process = subprocess.Popen(
            self.enter(*command),
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        try:
            out, err = process.communicate(stdin, timeout)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise AssertionError(
                    f"no end after {timeout} s: {command}\n{out.decode(errors='replace')}"
                    f"{err.decode(errors='replace')}") from None
            raise
        return Result("", process.returncode, out.decode(errors="replace"),
                      err.decode(errors="replace"))

    def enter(self, *command: str) -> list[str]:
        """The words that run a command inside, for a Popen of one's own."""
        assert self.running, f"the machine is not running\n{self.console()}"
        return [*self._enter_words(), *command]

    def path(self, path: str) -> Path:
        """Where the host sees a file of the root file system, running or not.

        Mounts that the machine makes itself (/run, /tmp, an /opt of its own) are not seen.
        """
        return self._namespace.path(self._tree) / path.lstrip("/")

    def copy_in(self, source: Path, destination: str) -> None:
        if not self.running:
            self.path(destination).parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", "-T", source, self.path(destination)], check=True)
            return
        self.run(["mkdir", "-p", destination if source.is_dir() else os.path.dirname(destination)])
        if source.is_dir():
            self._pipe(["tar", "-C", source, "-c", "."], self.enter("tar", "-C", destination, "-x"))
        else:
            self._pipe(["cat", source], self.enter("sh", "-c", 'cat >"$0"', destination))
            self.run(["chmod", f"{source.stat().st_mode & 0o7777:o}", destination])

    def copy_out(self, source: str, destination: Path) -> None:
        if self.run(["test", "-d", source], check=False).ok:
            destination.mkdir(parents=True, exist_ok=True)
            self._pipe(self.enter("tar", "-C", source, "-c", "."),
                       ["tar", "-C", destination, "-x"])
        else:
            self._pipe(self.enter("cat", source), ["sh", "-c", 'cat >"$0"', destination])

    def made_of(self) -> str:
        runtime = "plain crun" if self.runtime == "plain" else "crun behind a shim without limits"
        return f"{self.root.suite} in systemd-nspawn, {runtime}"

    def console(self) -> str:
        """What was printed at boot and shutdown, the last lines."""
        text = self.console_log.read_text(errors="replace") if self.console_log.exists() else ""
        return "\n".join(text.splitlines()[-40:])

    def close(self) -> None:
        """End it without ceremony and remove what it wrote, unless UPDATE_AGENT_KEEP is set."""
        self._namespace.close()
        if self._nspawn:
            self._nspawn.wait()
        self._work.close()

    def _prepare_tree(self) -> None:
        self._tree = self.directory / "tree"
        self.root.mount_in(self._namespace, self._tree, self.directory / "upper",
                           self.directory / "overlay-work")
        containers = self.directory / "containers"
        containers.mkdir()
        self.path("/var/lib/containers").mkdir(parents=True, exist_ok=True)
        self._namespace.mount("--bind", containers, self._tree / "var/lib/containers")
        # systemd-nspawn wants a tmpfs there, and keeps its own state out of the host's.
        self._namespace.mount("-t", "tmpfs", "tmpfs", "/run")

    def _configure_opt(self, opt: str) -> None:
        if opt == "root":
            return
        kind, _, options = opt.partition(",")
        what, kind, options = {"bind": ("/srv/opt", "none", "bind"),
                               "tmpfs": ("tmpfs", "tmpfs", f"mode=0755,{options}")}[kind]
        self.path("/srv/opt").mkdir(parents=True, exist_ok=True)
        units = self.path("/etc/systemd/system")
        (units / "opt.mount").write_text(
            f"[Unit]\nBefore=local-fs.target\n[Mount]\nWhat={what}\nWhere=/opt\nType={kind}\n"
            f"Options={options}\n")
        (units / "local-fs.target.wants").mkdir(exist_ok=True)
        (units / "local-fs.target.wants/opt.mount").symlink_to("/etc/systemd/system/opt.mount")

    def _nspawn_command(self) -> list[str]:
        binds = [f"--bind-ro={source}:{target}" for source, target in self._binds.items()]
        loops = [f"--bind={_loop_device(number)}" for number in range(self._loop_devices)]
        if loops:
            loops.append("--bind=/dev/loop-control")
        return ["systemd-nspawn", "--register=no", "--keep-unit", f"--directory={self._tree}",
                f"--machine=machine{self._namespace.pid}", "--hostname=debian", "--private-network",
                "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--capability=all",
                "--system-call-filter=@keyring bpf", *binds, *loops, "--boot"]

    def _nspawn_environment(self) -> dict[str, str]:
        environment = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        if self._writable_sys:
            environment["SYSTEMD_NSPAWN_API_VFS_WRITABLE"] = "1"
        return environment

    def _find_init(self) -> int:
        assert self.running, f"systemd-nspawn ended\n{self.console()}"
        nspawn = children(self._nspawn.pid)
        inits = children(nspawn[0]) if nspawn else []
        return inits[0] if inits and _is_systemd(inits[0]) else 0

    def _enter_words(self) -> list[str]:
        environment = [f"{name}={value}" for name, value in _ENVIRONMENT.items()]
        return ["sh", "-c", 'echo $$ >"$0/cgroup.procs"; exec "$@"', str(self._harness_cgroup),
                "nsenter", f"--target={self._init}", "--all", "--", "env", "--ignore-environment",
                "--chdir=/root", *environment]

    def _end(self, ask: Callable[[], object], timeout: float) -> None:
        assert self.running and self._init, "the machine is not running"
        ask()
        try:
            self._nspawn.wait(timeout)
        except subprocess.TimeoutExpired:
            journal = self.journal("-n", "50")
            os.kill(self._init, signal.SIGKILL)
            self._nspawn.wait()
            raise AssertionError(
                f"no shutdown within {timeout} s\n{self.console()}\n{journal}") from None
        cgroups.remove_tree(self._cgroup / "payload")

    def _pipe(self, producer: list, consumer: list) -> None:
        with subprocess.Popen(producer, stdout=subprocess.PIPE) as source:
            subprocess.run(consumer, stdin=source.stdout, check=True)
        assert source.returncode == 0, f"failed: {producer}"


def _probed_runtime(suite: str) -> str:
    @contextlib.contextmanager
    def boot_machine():
        with Machine(roots.machine(suite), runtime="plain") as machine:
            machine.boot()
            yield machine
    return "shim" if oci_runtime.is_shim_needed(suite, boot_machine) else "plain"


def _is_systemd(pid: int) -> bool:
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "systemd"
    except OSError:
        return False
