# SPDX-License-Identifier: GPL-3.0-or-later
"""The service on the bus while it waits, beside peers that wait."""

_RAUC = """[system]
compatible=bench
bootloader=noop
[slot.rootfs.0]
device=/dev/null
bootname=A
"""
_MANAGER = "org.updateagent /org/updateagent org.updateagent.Manager1"
QUERY = f"/usr/bin/busctl call {_MANAGER} ListBundles"
# What a process of busctl and the bus take alone.
NOTHING = ("/usr/bin/busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetId")


def prepare(machine) -> None:
    machine.write_file("/etc/rauc/system.conf", _RAUC)
    machine.run("systemd-run --unit=podman-service podman system service --time=0 unix:///run/podman-bench")
    machine.run("systemd-run --unit=rauc-service rauc service --override-boot-slot=A")
    machine.wait_until("test -S /run/podman-bench && busctl status de.pengutronix.rauc >/dev/null")


def memory(machine) -> dict[str, float]:
    """Proportional set sizes in MiB."""
    machine.run(QUERY)
    units = {"update-agent": "update-agent.service", "rauc service": "rauc-service.service",
             "podman system service": "podman-service.service"}
    return {name: _pss(machine, unit) / 1024 for name, unit in units.items()}


def _pss(machine, unit: str) -> int:
    pid = machine.show(unit, "MainPID")["MainPID"]
    return int(machine.run(f"sed -n 's/^Pss: *\\([0-9]*\\) kB/\\1/p' /proc/{pid}/smaps_rollup").stdout)


def exposure(machine) -> str:
    """As systemd-analyze counts it, from 0 to 10."""
    return machine.run("systemd-analyze security --no-pager update-agent.service"
                       " | sed -n 's/.*Overall exposure level[^:]*: \\([0-9.]*\\).*/\\1/p'").stdout.strip()


def begin_installations(machine, path: str) -> None:
    """One after the other, until end_installations()."""
    machine.run(["systemd-run", "--unit=installations", "bash", "-c",
                 f"while update-agent install {path} && update-agent remove benched; do :; done"])
    machine.wait_until("grep --quiet installing /run/update-agent/status.json")


def end_installations(machine) -> None:
    machine.run("systemctl is-active installations.service")
    machine.run("systemctl stop installations.service; update-agent remove benched || true", timeout=120)
