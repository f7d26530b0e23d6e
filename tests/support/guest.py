# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test does with a Debian, wherever it runs: Machine and VirtualMachine share this."""

import shlex
from pathlib import Path

from .command import CommandError, Result, display
from .namespace import wait_for


class Guest:
    """A running Debian. Commands are a string for bash, or a list of words that no shell sees."""

    def execute(self, command: list[str], timeout: float, stdin: bytes | None) -> Result:
        raise NotImplementedError

    def boot(self, timeout: float = 60, wait: bool = True) -> None:
        """Start it and wait until systemd is done with its jobs; its state may be degraded.

        Without wait, only until commands can be run.
        """
        raise NotImplementedError

    def wait_booted(self, timeout: float) -> None:
        """Until systemd is done with the jobs of the boot; its state may be degraded."""
        wait_for(lambda: self._system_state() in ("running", "degraded"), timeout, "booting")

    def _system_state(self) -> str:
        return self.run(["systemctl", "is-system-running"], check=False).stdout.strip()

    def run(self, command: str | list[str], check: bool = True, timeout: float = 60,
            input: str | bytes | None = None) -> Result:
        """Run as root and wait; fails on an exit other than 0 unless check is false."""
        words = ["bash", "-c", command] if isinstance(command, str) else [str(w) for w in command]
        stdin = input.encode() if isinstance(input, str) else input
        done = self.execute(words, timeout, stdin)
        result = Result(display(command), done.rc, done.stdout, done.stderr)
        if check and not result.ok:
            raise CommandError(result)
        return result

    def copy_in(self, source: Path, destination: str) -> None:
        """Copy a file or directory of the host to this path in the guest."""
        raise NotImplementedError

    def copy_out(self, source: str, destination: Path) -> None:
        """Copy a file or directory of the guest to this path on the host."""
        raise NotImplementedError

    def apt_install(self, repository: Path, *names: str) -> Result:
        """Install packages with apt from a local repository alone; see repository.py."""
        self.copy_in(repository, "/srv/repository")
        self.write_file("/etc/apt/sources.list", "deb [trusted=yes] file:/srv/repository ./\n")
        self.run(["apt-get", "--quiet", "update"], timeout=300)
        return self.run(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet",
                         "--assume-yes", "-o", "Dpkg::Options::=--force-unsafe-io",
                         "install", *names], timeout=900)

    def write_file(self, path: str, text: str | bytes, mode: int = 0o644) -> None:
        data = text.encode() if isinstance(text, str) else text
        quoted = shlex.quote(path)
        self.run(f'mkdir -p "$(dirname {quoted})" && cat >{quoted} && chmod {mode:o} {quoted}',
                 input=data)

    def read_file(self, path: str) -> str:
        return self.run(["cat", path]).stdout

    def exists(self, path: str) -> bool:
        return self.run(["test", "-e", path], check=False).ok

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Properties of a unit, as systemctl show says them."""
        output = self.run(["systemctl", "show", unit, "--property=" + ",".join(properties)]).lines
        return dict(line.split("=", 1) for line in output)

    def active(self, unit: str) -> bool:
        return self.run(["systemctl", "is-active", "--quiet", unit], check=False).ok

    def wait_active(self, unit: str, timeout: float = 30) -> None:
        self.wait_until(["systemctl", "is-active", "--quiet", unit], timeout)

    def wait_until(self, command: str | list[str], timeout: float = 30) -> Result:
        """Repeat a command until it ends with 0."""
        last: list[Result] = []

        def succeeds():
            last[:] = [self.run(command, check=False, timeout=timeout)]
            return last[0].ok
        try:
            wait_for(succeeds, timeout, display(command), interval=0.1)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{last[0]}") from None
        return last[0]

    def journal(self, *arguments: str) -> str:
        """The journal of this boot."""
        return self.run(["journalctl", "--boot", "--no-pager", "--output=short-precise",
                         *arguments], check=False).stdout

    def made_of(self) -> str:
        """A line for the log: the suite, and what differs from a real machine."""
        raise NotImplementedError

    def console(self) -> str:
        """What was printed at boot and shutdown, the last lines."""
        raise NotImplementedError

    @property
    def running(self) -> bool:
        raise NotImplementedError

    def diagnosis(self) -> str:
        """What one wants to see after a failure."""
        if not self.running:
            return self.console()
        try:
            return "\n".join([
                self.run("systemctl --no-pager --failed; systemctl --no-pager list-jobs;"
                         " podman ps --all", check=False).stdout,
                self.journal("--lines=150")])
        except AssertionError as error:
            return f"{error}\n{self.console()}"
