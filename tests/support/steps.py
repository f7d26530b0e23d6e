# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs commands that wait for one another, side by side where they can."""

import os
import subprocess
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from .paths import BUILD, REPOSITORY

_AT_ONCE = 3
_CLOSING_LINES = 3
_LINES_OF_A_FAILURE = 120


@dataclass(frozen=True)
class Step:
    """A command, run in the top directory once all steps named in after have succeeded."""

    name: str
    command: list[str]
    tier: str = ""
    after: list[str] = field(default_factory=list)
    # What only one step has at a time, given out in the order of the list.
    needs: str = ""


def run_steps(steps: list[Step]) -> int:
    """Run all that can be run, print what came of it; 0 if every step succeeded."""
    began = time.monotonic()
    results: dict[str, bool] = {}
    waiting = list(steps)
    running: dict[Future, Step] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while waiting or running:
            for step in list(waiting):
                if any(results.get(name) is False for name in step.after):
                    results[step.name] = False
                    print(f"---- {step.name}: not run, as something before it failed", flush=True)
                    waiting.remove(step)
                elif _may_start(step, waiting, list(running.values()), results):
                    running[pool.submit(_run, step)] = step
                    waiting.remove(step)
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                results[running.pop(future).name] = future.result()
    failed = [name for name, ok in results.items() if not ok]
    summary = f"{len(results) - len(failed)} of {len(results)} steps succeeded"
    if failed:
        summary += f"; failed: {', '.join(failed)}"
    print(f"==== {summary}; {time.monotonic() - began:.0f} s", flush=True)
    return 1 if failed else 0


def _may_start(step: Step, waiting: list[Step], running: list[Step],
               results: dict[str, bool]) -> bool:
    before = waiting[:waiting.index(step)] + running
    return (len(running) < _AT_ONCE and all(results.get(name) for name in step.after)
            and not (step.needs and any(other.needs == step.needs for other in before)))


def _run(step: Step) -> bool:
    log = BUILD / "logs" / f"{step.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with open(log, "w") as output:
        try:
            rc, busy = _run_command(step.command, output)
        except OSError as error:
            output.write(f"{error}\n")
            rc, busy = 127, 0.0
    _report(step, rc, time.monotonic() - began, busy, log)
    return rc == 0


def _run_command(command: list[str], output) -> tuple[int, float]:
    """Its exit code, and the seconds of processors that it and what it waited for have used."""
    process = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=output,
                               stderr=subprocess.STDOUT,
                               env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


def _report(step: Step, rc: int, seconds: float, busy: float, log: Path) -> None:
    outcome = "ok" if rc == 0 else f"FAILED with {rc}"
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    shown = lines[-_CLOSING_LINES if rc == 0 else -_LINES_OF_A_FAILURE:]
    print("\n".join([f"==== {step.name}: {outcome}, {seconds:.0f} s, {busy:.0f} s of processors ({log})",
                     *(f"     {line}" for line in shown)]), flush=True)
