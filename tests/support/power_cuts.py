# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts the power of a virtual machine in the middle of an operation, and looks what comes up by itself.

The disk is written through the host's cache (cache=writeback): what the guest has flushed is there
after a cut, and what it has not is lost as far as it was in the guest's memory, or in clusters that
the image file had not yet got a place for.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from . import contract, images, rounds
from .bundles import IMAGE, Maker, description
from .kill_matrix import settle_boot
from .vm import VirtualMachine

_TIMES = r"""
stamp() { systemctl show --value --property="$2" "$1"; }
echo "recover $(stamp update-agent-recover.service InactiveExitTimestampMonotonic)"
cd /opt/operation/systemd-units/installed-bundles.target.wants/
for unit in *.target; do echo "active $(stamp "$unit" ActiveEnterTimestampMonotonic)"; done
"""
# Says after how many microseconds the journal had how many records, until it has enough or is gone.
_WATCH = r"""
journal=/opt/operation/update-agent/transaction/journal
exec {{pause}}<> <(:)
began=${{EPOCHREALTIME/./}}
seen=0
while ((seen < {records} && SECONDS < 200)); do
    read -r -t 0.01 -u "$pause"
    lines=()
    [ -e $journal ] && mapfile -t lines <$journal
    ((seen > 0 && ${{#lines[@]}} == 0)) && break
    ((${{#lines[@]}} > seen)) || continue
    seen=${{#lines[@]}}
    echo "$seen $((${{EPOCHREALTIME/./}} - began))"
done 2>/dev/null
exit 0
"""
# Until the operation that begins now has begun with that effect of its plan.
_WAIT = r"""
journal=/opt/operation/update-agent/transaction/journal
exec {{pause}}<> <(:)
while ((SECONDS < 200)); do
    read -r -t 0.01 -u "$pause"
    read -r plan <$journal || continue
    number=$(grep -o '"effect":"[a-z-]*"' <<<"$plan" | grep -n -m 1 '"{effect}"')
    grep -q "\"doing\":$((${{number%%:*}} - 1))[,}}]" $journal && exit 0
done 2>/dev/null
exit 1
"""
_MANY = 10_000
_START_TIMEOUT = "90s"
SETTLE_TIMEOUT = 240


@dataclass(frozen=True)
class Moment:
    """When the operation's journal has so many records, or, if an effect is named, says that it is
    begun, and so many seconds after that."""

    records: int = 0
    effect: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"with {self.effect} begun" if self.effect else f"with {self.records} records"


@dataclass
class Cut:
    """Times are in seconds; recovery is from the start of update-agent-recover, none where there was
    nothing to recover, up from the kernel's start, both until the last bundle is up. An operation
    that had come to its end was not interrupted."""

    what: str
    after: float
    moment: Moment
    interrupted: bool = False
    became: str = ""
    recovery: float | None = None
    up: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        recovery = "nothing to recover" if self.recovery is None else f"recovery {self.recovery:.1f} s"
        hit = f"in the {self.what}" if self.interrupted else f"after the {self.what}'s end"
        return (f"cut after {self.after:.2f} s {self.moment}, {hit}: {self.became}, "
                f"{recovery}, all up at {self.up:.1f} s")


@dataclass(frozen=True)
class Course:
    """How an operation went where nothing disturbed it: its seconds, and after how many of them its
    journal had how many records."""

    duration: float
    records: list[tuple[int, float]]

    def moment(self, fraction: float) -> Moment:
        """By records, so that what the moment is in does not depend on how fast the machine is just
        then."""
        after = fraction * self.duration
        number, at = max((each for each in self.records if each[1] <= after), default=(0, 0.0))
        return Moment(number, seconds=after - at)


class PowerCuts:
    """A booted virtual machine with the old set: a base with an add-on, and a bundle beside them."""

    def __init__(self, vm: VirtualMachine, maker: Maker, kind: str):
        """kind: how the bundles of the old set have their images, "oci" or "store". The maker's workshop
        has the image."""
        self.vm = vm
        self._maker = maker
        self._number = 0
        texts = [_base("1.0.0", IMAGE), rounds.BYSTANDER,
                 description("addon", requires={"base": "1.x"}, start_timeout=_START_TIMEOUT,
                             containers={"reader": {}})]
        self._old = self._make(texts[0], "old", kind)
        others = [self._make(text, f"other{n}", kind) for n, text in enumerate(texts[1:])]
        self._device = 0
        vm.run(rounds.device(self._device))
        vm.run(["update-agent", "install", others[0]], timeout=300)
        self._start = contract.take(vm)
        vm.run(["update-agent", "install", self._old, others[1]], timeout=300)
        self._is_new = False

    def measure_update(self, kind: str) -> Course:
        course = self._measure(self._next_update(kind))
        self._is_new = True
        return course

    def measure_recreation(self) -> Course:
        return self._measure(self._next_recreation())

    def cut_update(self, moment: Moment, kind: str) -> Cut:
        update = self._next_update(kind)
        cut, before, now = self._cut(f"update ({kind})", update, moment)
        self._look(cut, before, now)
        self._is_new = cut.became == "new"
        self._again = update
        return cut

    def cut_recreation(self, moment: Moment) -> Cut:
        """The same while containers are created again because of their device."""
        recreation = self._next_recreation()
        self._again = recreation
        cut, before, now = self._cut("recreation", recreation, moment)
        cut.became = "recreated"
        cut.wrong += contract.not_as_before(now, before)
        cut.wrong += [f"{name} has another device" for name in contract.with_old_devices(self.vm)]
        return cut

    def do_again(self) -> None:
        """What was cut has to succeed now, whichever set is there."""
        self.vm.run(self._again, timeout=300)
        self._is_new = self._is_new or self._again[1] == "install"

    def _cut(self, what: str, command: list[str], moment: Moment) -> tuple[
            Cut, contract.Snapshot, contract.Snapshot]:
        before = contract.take(self.vm)
        self.vm.run("sync")
        with ThreadPoolExecutor(1) as runner:
            began = time.monotonic()
            came_to_its_end = runner.submit(self._comes_to_its_end, command)
            if moment.effect:
                self.vm.run(_WAIT.format(effect=moment.effect), timeout=300)
            elif moment.records:
                self._watch(moment.records)
            time.sleep(moment.seconds)
            self.vm.power_cut()
            cut = Cut(what, time.monotonic() - began, moment)
        cut.interrupted = not came_to_its_end.result()
        self.vm.boot()
        settle_boot(self.vm, SETTLE_TIMEOUT)
        now = contract.take(self.vm)
        cut.wrong += contract.broken(now, self._start)
        self._take_times(cut)
        return cut, before, now

    def _look(self, cut: Cut, before: contract.Snapshot, now: contract.Snapshot) -> None:
        if now.installed == before.installed:
            cut.became = "old"
            cut.wrong += contract.not_as_before(now, before)
        elif now.installed == before.installed | {"base": f"1.{self._number}.0"}:
            cut.became = "new"
            cut.wrong += rounds.wrong_data(now.data, rounds.data(f"1.{self._number}.0"))
        else:
            cut.became = "neither"
            cut.wrong.append(f"neither set is there: {now.installed}")

    def _take_times(self, cut: Cut) -> None:
        times = [line.split() for line in self.vm.run(_TIMES).lines]
        cut.up = max(int(stamp) for what, stamp in times if what == "active") / 1e6
        recover = [int(words[1]) for words in times if words[0] == "recover" and len(words) > 1]
        if recover and recover[0]:
            cut.recovery = cut.up - recover[0] / 1e6

    def _measure(self, command: list[str]) -> Course:
        with ThreadPoolExecutor(1) as runner:
            records = runner.submit(self._watch, _MANY)
            began = time.monotonic()
            self.vm.run(command, timeout=300)
            return Course(time.monotonic() - began, records.result())

    def _watch(self, records: int) -> list[tuple[int, float]]:
        """Until the journal of the operation that begins now has so many records, or is gone."""
        lines = self.vm.run(_WATCH.format(records=records), timeout=300).lines
        return [(int(number), int(at) / 1e6) for number, at in map(str.split, lines)]

    def _next_recreation(self) -> list[str]:
        self._device += 1
        self.vm.run(rounds.device(self._device))
        return ["update-agent", "recreate"]

    def _next_update(self, kind: str) -> list[str]:
        """From the old set to a version whose image is nowhere but in its bundle file."""
        if self._is_new:
            self.vm.run(["update-agent", "install", "--allow-downgrade", self._old], timeout=300)
            self._is_new = False
        self._number += 1
        image = f"localhost/new:{self._number}"
        images.load(self._maker.workshop, image, files={"id": image.encode()})
        path = self._make(_base(f"1.{self._number}.0", image), "new", kind)
        return ["update-agent", "install", path]

    def _make(self, text: str, name: str, kind: str) -> str:
        return self._maker.make(text, f"/srv/{name}.bundle", options=f"--images={kind}")

    def _comes_to_its_end(self, command: list[str]) -> bool:
        try:
            self.vm.run(command, check=False, timeout=300)
        except AssertionError:
            return False  # it goes down with the machine
        return True


def _base(version: str, image: str) -> str:
    return rounds.base(version, image, timeout=_START_TIMEOUT, devices=[rounds.DEVICE])
