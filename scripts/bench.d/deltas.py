# SPDX-License-Identifier: GPL-3.0-or-later
"""A delta file beside what casync and xdelta3 make of the same two image stores."""

from dataclasses import dataclass

import image_stores
import memory

HEADER = ["what is new", "way", "bytes, MB", "of the whole, %", "making it, s", "applying it, s", "memory, MiB"]
_CHANGES = {"together": "1 %, together", "spread": "1 %, everywhere"}
_FOREVER = 1800  # seconds

_OURS, _CASYNC, _XDELTA = "update-agent, delta file", "casync, chunks and index", "xdelta3"

_EXTRACT = "mkdir {to} && tar -xf {bundle} -C {to} --wildcards 'images/*' && mv {to}/images/*.sqfs {to}/store"
# The chunks that are new, and the index that names all.
_CASYNC_BYTES = """set -e -o pipefail
cd {work}
(cd new.castr && find . -type f) | while read -r chunk; do test -e old.castr/$chunk || stat --format=%s new.castr/$chunk; done |
    awk '{{sum += $1}} END {{print sum + '$(stat --format=%s new.caibx)'}}'"""
# Of the process: peak of what is not a file's.
_TIMED = """set -e
a=${{EPOCHREALTIME/./}}; {command} >/dev/null & pid=$!
peak=0
while read -r _ now _ < <(grep RssAnon /proc/$pid/status 2>/dev/null); do ((now > peak)) && peak=$now; done
wait $pid; sync --file-system {work}; b=${{EPOCHREALTIME/./}}
echo $((b - a)) $peak"""


@dataclass(frozen=True)
class Delta:
    """Bytes, seconds and MiB."""
    size: int
    making: float
    applying: float
    memory: float


class Deltas:
    def __init__(self, stores: image_stores.ImageStores, size: int):
        self._stores = stores
        self._machine = stores.machine
        self._size = size
        self._work = f"{image_stores.DISK}/deltas"
        self._whole = 0
        self._deltas: dict[str, dict[str, Delta]] = {}

    def measure(self) -> None:
        for change in _CHANGES:
            self._machine.run(f"mkdir {self._work}")
            self._deltas[change] = self._measure(change)
            self._machine.run(f"rm -r {self._work}")

    def rows(self) -> list[list[str]]:
        return [[_CHANGES[change], name, f"{delta.size / 1e6:.2f}", f"{100 * delta.size / self._whole:.2f}",
                 f"{delta.making:.1f}", f"{delta.applying:.2f}", f"{delta.memory:.1f}"]
                for change, deltas in self._deltas.items() for name, delta in deltas.items()]

    def missed(self) -> list[str]:
        missed = []
        for change, deltas in self._deltas.items():
            ours, casync = deltas[_OURS], deltas[_CASYNC]
            if ours.size > 1.1 * casync.size:
                missed.append(f"- {_CHANGES[change]}: a delta file was to have at most 1.1 times the bytes that casync"
                              f" needs; it has {ours.size / casync.size:.2f} times.")
            if ours.memory > 16:
                missed.append(f"- {_CHANGES[change]}: a delta was to be applied with at most 16 MiB;"
                              f" it takes {ours.memory:.1f}.")
        return missed

    def note(self) -> str:
        return (f"An image of {self._size} MB as above, and one in which files with 1 % of the bytes have another content:"
                " those that follow each other, as those of one program do, or small ones everywhere, which the store"
                f" compresses together with others; the whole bundle of the second has {self._whole / 1e6:.1f} MB. Each way makes the second image"
                " store of the first, in one round with caches as they come. Of casync, what counts is the chunks (of its"
                " default size, compressed) that are not in the first store's, and the index; `xdelta3` has a source"
                " window as large as the file. The time to make the delta file is that from the bundle's end to its own;"
                " it is applied by `update-agent install`, which checks the signature, compares what it has made as a"
                " whole, and starts the container. *Memory* is the peak of RssAnon while"
                " it is applied.")

    def _measure(self, change: str) -> dict[str, Delta]:
        old = self._stores.bundle_with_store(self._size)
        making = self._stores.make_changed(self._size, change, self._work)
        whole, delta = f"{self._work}/whole", f"{self._work}/whole-from-1.0.0"
        self._whole = self._bytes(whole)
        for name, bundle in (("old", old), ("new", whole)):
            self._machine.run(_EXTRACT.format(to=f"{self._work}/{name}", bundle=bundle), timeout=_FOREVER)
        return {_OURS: self._ours(old, delta, making), _CASYNC: self._casync(), _XDELTA: self._xdelta()}

    def _ours(self, old: str, delta: str, making: float) -> Delta:
        self._stores.install(old)
        peak = memory.peak(self._machine, delta)
        self._machine.run("update-agent --no-service remove imaged", timeout=_FOREVER)
        self._stores.install(old)
        applying, _ = self._timed(f"update-agent --no-service install {delta}")
        self._machine.run("update-agent --no-service remove imaged", timeout=_FOREVER)
        return Delta(self._bytes(delta), making, applying, peak)

    def _casync(self) -> Delta:
        work = self._work
        for name in ("old", "new"):
            making, _ = self._timed(f"casync make --store={work}/{name}.castr {work}/{name}.caibx {work}/{name}/store")
        size = int(self._machine.run(_CASYNC_BYTES.format(work=work), timeout=_FOREVER).stdout)
        applying, peak = self._timed(f"casync extract --store={work}/new.castr --seed={work}/old/store"
                                     f" {work}/new.caibx {work}/made")
        self._machine.run(f"cmp {work}/made {work}/new/store && rm {work}/made", timeout=_FOREVER)
        return Delta(size, making, applying, peak)

    def _xdelta(self) -> Delta:
        work = self._work
        window = self._bytes(f"{work}/old/store")
        making, _ = self._timed(f"xdelta3 -e -f -B {window} -s {work}/old/store {work}/new/store {work}/xdelta")
        applying, peak = self._timed(f"xdelta3 -d -f -B {window} -s {work}/old/store {work}/xdelta {work}/made")
        self._machine.run(f"cmp {work}/made {work}/new/store && rm {work}/made", timeout=_FOREVER)
        return Delta(self._bytes(f"{work}/xdelta"), making, applying, peak)

    def _timed(self, command: str) -> tuple[float, float]:
        output = self._machine.run(_TIMED.format(command=command, work=self._work), timeout=_FOREVER).stdout
        microseconds, kibibytes = output.split()
        return int(microseconds) / 1e6, int(kibibytes) / 1024

    def _bytes(self, path: str) -> int:
        return int(self._machine.run(f"stat --format=%s {path}").stdout)
