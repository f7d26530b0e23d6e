# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of docs/performance.md that is not measured: what it was measured on, and how tables look."""

import platform
from pathlib import Path


def introduction(machine, pairs: int) -> list[str]:
    cpu = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    versions = machine.run("dpkg-query --show --showformat '${Package} ${Version}, ' podman systemd crun").stdout
    return ["# Performance", "",
            "Made by `scripts/bench`, all that is in one table in one run; medians of pairs of runs taken in turn, in"
            " milliseconds unless it says otherwise.", "",
            f"- Machine: {cpu}, {len(cpu_list())} processors, Linux {kernel_version()}, {machine.made_of()}",
            f"- Versions: {versions.strip(', ')}", f"- Pairs: {pairs}", ""]


def kernel_version() -> str:
    """Without what a distributor or a builder added to it."""
    return ".".join(platform.release().split(".")[:2])


def cpu_list() -> list[str]:
    return [line for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("processor")]


def table(title: str, note: str, header: list[str], rows: list[list]) -> list[str]:
    cells = [[f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    return [f"## {title}", "", note, "", f"| {' | '.join(header)} |",
            f"| {' | '.join('---' for _ in header)} |",
            *(f"| {' | '.join(row)} |" for row in cells), ""]
