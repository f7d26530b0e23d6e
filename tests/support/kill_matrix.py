# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaks operations off at many points, and looks whether the machine keeps its contract.

One machine is used as long as it keeps it: after a point the operation is done again, and what it
leads to is what the next one begins with.
"""

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from . import contract, images, interruptions, rounds
from .bundles import Maker
from .contract import Snapshot
from .guest import Guest
from .interruptions import KILL, Call, Point
from .pki import Pki
from .rounds import Operation, Round

_RECOVER = ["update-agent", "recover"]
_BUSY, _GOING_BACK_FAILED = 7, 9
# Of commands that could not do what they were asked for because the machine did not let them.
_DOCUMENTED = {1, rounds.UNHEALTHY, 10, 11}
_UNSETTLED = "the journal of the transaction could not be removed"
_REMOVALS = {"unlink", "unlinkat", "rmdir"}
_ORPHANS = "pgrep --exact --list-full podman | grep --invert-match 'system service'"
_SETTLED = r"""
cd /opt/operation/systemd-units/ || exit 1
[ ! -e ../../../transaction ] && [ -z "$(systemctl list-jobs --no-legend)" ] || exit 1
for unit in *.service *.target; do
    case $unit in *-restart.target | "*"*) continue ;; esac
    systemctl is-active --quiet "$unit" || exit 1
done"""


@dataclass
class Outcome:
    """What came of a point: old or new says which set was there after it.

    Reached is whether the operation came as far as the point, and recovery_reached whether a recovery
    that was to be killed came as far as that.
    """

    point: Point
    became: str = ""
    rc: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    reached: bool = True
    recovery_reached: bool = True


class KillMatrix:
    """A machine that goes through rounds; new_guest makes one that is not booted."""

    def __init__(self, new_guest: Callable[[], Guest], pki: Pki,
                 say: Callable[[str], None] = print, kind: str = "oci"):
        """kind: how bundles have their images, see Round."""
        self._new_guest = new_guest
        self._kind = kind
        self._pki = pki
        self._say = say
        self._round = 0
        self._waiting: list[Operation] = []
        self.guest: Guest | None = None

    def calls(self, scenarios: Iterable[str]) -> dict[str, list[Call]]:
        """What operations call that nothing breaks off, by scenario."""
        self._renew()
        found = {}
        self._begin_round()
        while self._waiting:
            operation = self._next()
            if operation.scenario in scenarios:
                self.guest.run(operation.prepare)
                found[operation.scenario] = interruptions.calls(self.guest, operation.command,
                                                                operation.rc)
            else:
                self._do(operation)
            self._finish(operation)
        return found

    def strike(self, point: Point) -> Outcome:
        """Break one operation off there, and do it again."""
        began = time.monotonic()
        outcome = Outcome(point)
        try:
            self._strike(self._bring_to(point.scenario), point, outcome)
            usable = not contract.broken(self._now, self._start)
        except AssertionError as error:
            outcome.wrong.append(str(error))
            usable = False
        if outcome.wrong:
            self._say(f"{point}:\n    " + "\n    ".join(outcome.wrong))
        if not usable:
            self._say(self.guest.diagnosis())
            self._renew()
        outcome.seconds = time.monotonic() - began
        return outcome

    def _strike(self, operation: Operation, point: Point, outcome: Outcome) -> None:
        before = self._now
        self.guest.run(operation.prepare)
        done = self.guest.run(interruptions.broken_off(point, operation.command), check=False,
                              timeout=180)
        outcome.rc = done.rc
        outcome.reached = interruptions.reached(self.guest, point, done.rc)
        if point.how == KILL:
            assert outcome.reached or done.rc == operation.rc, done
            outcome.recovery_reached = self._settle(point)
        else:
            outcome.wrong += self._judge_exit(done, operation)
        now = contract.take(self.guest)
        outcome.became = self._which(now, before, operation, outcome)
        outcome.wrong += contract.broken(now, self._start)
        left = contract.left_behind(now, self._start)
        excused = point.how != KILL and (outcome.became == "new" or point.call.name in _REMOVALS)
        if excused and left and outcome.wrong == left:
            # What could not be removed because of the error is for the next command to remove.
            outcome.wrong.clear()
        if outcome.became == "old":
            outcome.wrong += contract.not_as_before(now, before, left if excused else [])
        if not point.boot:
            outcome.wrong += self._disturbed(now)
        if outcome.became == "old" or operation.can_be_repeated:
            self._do(operation)
        if outcome.became == "new" and left:
            operation = self._next()
            self._do(operation)
        self._finish(operation)
        outcome.wrong += [f"done again: {each}" for each in contract.broken(self._now, self._start)]

    def _settle(self, point: Point) -> bool:
        """Whether a recovery that is to be killed came as far as that."""
        if point.boot:
            self.guest.kill()
            self.guest.boot()
            settle_boot(self.guest)
            return True
        killed = not point.recovery or self._recovery_is_killed(point.recovery)
        recover(self.guest)
        return killed

    def _recovery_is_killed(self, call: Call) -> bool:
        command = interruptions.inject(call, "signal=KILL", _RECOVER)
        return interruptions.was_killed(self.guest.run(command, check=False, timeout=180).rc)

    def _judge_exit(self, done, operation: Operation) -> list[str]:
        """The agent itself has to have undone what it could not do; recovering is for the worst."""
        if _UNSETTLED in done.stderr:
            recover(self.guest)
        if done.rc == _GOING_BACK_FAILED:
            recover(self.guest)
            return [] if "going back failed" in done.stderr else [str(done)]
        return [] if done.rc in {operation.rc, *_DOCUMENTED} else [str(done)]

    def _which(self, now: Snapshot, before: Snapshot, operation: Operation, outcome: Outcome) -> str:
        if not operation.changes_set and now.generation == before.generation:
            return "new"
        if now.installed == before.installed and now.generation == before.generation:
            went_well = outcome.point.how != KILL and outcome.rc == 0 and operation.rc == 0
            if went_well:
                outcome.wrong.append("exit 0, and the old set is there")
            return "old"
        if now.installed == operation.installed:
            if outcome.point.how != KILL and outcome.rc != 0:
                outcome.wrong.append(f"exit {outcome.rc}, and the new set is there")
            outcome.wrong += rounds.wrong_data(now.data, operation.data)
            return "new"
        outcome.wrong.append(f"neither set is there: {now.installed}")
        return "neither"

    def _disturbed(self, now: Snapshot) -> list[str]:
        was, is_now = (each.invocations("bystander") for each in (self._now, now))
        return [] if was == is_now else [f"the bystander was started again: {was}, {is_now}"]

    def _bring_to(self, scenario: str) -> Operation:
        if self.guest is None:
            self._renew()
        for _ in range(2):
            while self._waiting:
                operation = self._next()
                if operation.scenario == scenario:
                    return operation
                self._do(operation)
                self._finish(operation)
            self._begin_round()
        raise AssertionError(f"no round has {scenario}")

    def _next(self) -> Operation:
        if not self._waiting:
            self._begin_round()
        return self._waiting.pop(0)

    def _do(self, operation: Operation) -> None:
        self.guest.run(operation.prepare)
        done = self.guest.run(operation.command, check=False, timeout=180)
        assert done.rc == operation.rc, f"expected {operation.rc}: {done}"

    def _finish(self, operation: Operation) -> None:
        self._now = contract.take(self.guest)
        assert self._now.installed == operation.installed, (
            f"{operation.scenario} led to {self._now.installed}")
        wrong = rounds.wrong_data(self._now.data, operation.data)
        assert not wrong, wrong
        assert not contract.with_old_devices(self.guest), "a container has another device"

    def _begin_round(self) -> None:
        self._round += 1
        self._waiting = Round(self._maker, self._round, kind=self._kind).operations()

    def _renew(self) -> None:
        """A machine that only has the bystander."""
        if self.guest is not None:
            self.guest.close()
        self.guest = self._new_guest()
        self.guest.boot()
        images.load(self.guest)
        interruptions.prepare(self.guest)
        self._maker = Maker(self.guest, self._pki)
        self._maker.install(rounds.BYSTANDER)
        self._waiting = []
        self._start = self._now = contract.take(self.guest)


def recover(guest: Guest, timeout: float = 90) -> None:
    """As an admin would, by hand. A podman that outlived the agent may have to end first."""
    end = time.monotonic() + timeout
    while (done := guest.run(_RECOVER, check=False, timeout=180)).rc == _BUSY:
        assert time.monotonic() < end, done
        time.sleep(0.2)
    assert done.ok, done
    wait_for_orphans(guest)


def wait_for_orphans(guest: Guest) -> None:
    """They could change something after one has looked."""
    guest.wait_until(f"! {_ORPHANS}", timeout=60)


def settle_boot(guest: Guest, timeout: float = 60) -> None:
    """Until all is up and nothing is left to settle; without a hand on it."""
    try:
        guest.wait_until(_SETTLED, timeout)
    except AssertionError:
        pass  # what is wrong, the contract says better


def table(outcomes: list[Outcome]) -> str:
    """Points and what came of them, by scenario and call."""
    rows: dict[tuple[str, str], list[Outcome]] = {}
    for each in outcomes:
        how = "" if each.point.how == KILL else f" ({each.point.how})"
        rows.setdefault((each.point.scenario, each.point.call.name + how), []).append(each)
    lines = [f"{'scenario':15}{'call':28}{'points':>7}{'old':>6}{'new':>6}{'failures':>10}"]
    for (scenario, call), group in [*sorted(rows.items()), (("total", ""), outcomes)]:
        became = [each.became for each in group]
        lines.append(f"{scenario:15}{call:28}{len(group):7}{became.count('old'):6}"
                     f"{became.count('new'):6}{sum(bool(each.wrong) for each in group):10}")
    return "\n".join(lines)


def chosen(all_calls: dict[str, list[Call]], count: int, dice: random.Random,
           hows: Iterable[str] = (KILL,)) -> list[Point]:
    """So many points over all scenarios and ways, in the order in which rounds come to them."""
    kinds = [(scenario, how) for how in hows for scenario in all_calls]
    by_scenario: dict[str, list[Point]] = {scenario: [] for scenario in all_calls}
    for number, (scenario, how) in enumerate(kinds):
        share = count * (number + 1) // len(kinds) - count * number // len(kinds)
        for call in interruptions.spread(interruptions.possible(how, all_calls[scenario]), share, dice):
            by_scenario[scenario].append(_point(scenario, call, how, dice))
    points = []
    while any(by_scenario.values()):
        points += [waiting.pop(0) for waiting in by_scenario.values() if waiting]
    return points


def _point(scenario: str, call: Call, how: str, dice: random.Random) -> Point:
    """A third of those killed is settled by a boot, and a third by a recovery that is killed, too."""
    then = dice.randrange(3) if how == KILL else 0
    return Point(scenario, call, how, then == 1,
                 interruptions.of_recovery(dice) if then == 2 else None)
