# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that are mounted beside those that are unpacked, and beside what podman itself does.

A fresh XFS on a loop device holds the bundles, podman's store and /opt/operation: what is written is
counted there. Every image is one layer of files as a real one has them, and /ready.
"""

import os
import statistics
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import memory
import svg
from support import images
from support.bundles import Maker, description

SIZES = [10, 100, 600, 2000]  # MB of an image's files
HEADER = ["unpacked", "way", "its file, MB", "time, s", "READY, s", "the image alone, s", "written, MB",
          "disk used, MB", "removal, s", "memory, MiB"]

DISK = "/srv/disk"
_CONFIGURATION = "/etc/update-agent/agent.toml.d"
_FOREVER = 1800  # seconds

_LOAD, _LOAD_OCI, _PULL = "podman load, docker tar.gz", "podman load, OCI tar (gzip)", "podman pull oci: (zstd)"
_PRESENT, _OCI = "update-agent, image present", "update-agent, oci"
_HASH, _VERITY = "update-agent, store, hash", "update-agent, store, verity"
_COPIED = "update-agent, store, verity, copied"
_SHA256, _UNPACK = "sha256sum of the bundle", "zstd -d, tar -x, sync"

# The agent finds what it asks for, and mount(8) the options of a loop device alone.
_PRETEND_VERITY = """set -e
mkdir -p /dev/mapper
touch /dev/mapper/control
mount -o remount,rw /sys
mkdir -p /sys/module/dm_verity
mount -o remount,ro /sys
mv /usr/bin/mount /usr/bin/mount.real
cat >/usr/bin/mount <<'END'
#!/bin/sh
for word; do
    shift
    case $word in *,verity.*) word=${word%%,verity.*},loop ;; esac
    set -- "$@" "$word"
done
exec /usr/bin/mount.real "$@"
END
chmod 755 /usr/bin/mount"""

_MAKE = """set -e -o pipefail
cd /var/lib/containers
mkdir -p {files} tree
/srv/image_tree {size} tree {changed}
cp /srv/ready tree/ready
tar -C tree --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -c . |
    podman import --quiet --change 'CMD ["/ready"]' - {image}
rm -r tree
podman save --quiet --format docker-archive --output docker.tar {image}
gzip <docker.tar >{files}/docker.tar.gz
rm docker.tar
podman save --quiet --format oci-archive --output {files}/oci.tar {image}
podman push --quiet --compression-format zstd {image} oci:{files}/layout:{image}
podman rmi --all --force
jq --raw-output '.manifests[0].digest' {files}/layout/index.json"""

# Beside podman's store, where leftovers do no harm.
_BUNDLE = """set -e -o pipefail
cd /var/lib/containers
update-agent bundle create /srv/imaged.toml --output made --json {signing} {options} |
    jq --raw-output '.images[]'
mv made {path}"""

# Microseconds: its begin, its end.
_TIME = """set -e -o pipefail
a=${{EPOCHREALTIME/./}}; {{ {command}; }} >/dev/null; b=${{EPOCHREALTIME/./}}
echo $a $b
"""
_READY = 'date --date="$(systemctl show --timestamp=us+utc -P ActiveEnterTimestamp imaged.service)" +%s%6N'


@dataclass(frozen=True)
class Way:
    """To bring an image. before is not timed; what installs a bundle ends with a running container."""
    name: str
    command: str
    file: str
    remove: str = "podman rmi --all --force"
    before: str = "true"
    installs: bool = False


@dataclass(frozen=True)
class Figures:
    """Seconds, bytes and, of the agent's memory, MiB. What a way has not is 0."""
    time: float
    ready: float
    written: float
    used: float
    removal: float
    file: int = 0
    memory: float = 0


class Disk:
    """The file system, and what its device counts."""

    def __init__(self, machine, megabytes: int):
        self._machine = machine
        file = "/var/lib/containers/disk"
        machine.run(["fallocate", f"--length={megabytes}MB", file])
        subprocess.run(["mkfs.xfs", "-q", machine.path(file)], check=True)
        machine.run(f"mkdir {DISK} && mount -o loop {file} {DISK} && mkdir {DISK}/files")
        device = machine.run(f"findmnt --noheadings --output SOURCE {DISK}").stdout.strip()
        self._statistics = Path("/sys/block", Path(device).name, "stat")
        # Where it cannot, the host's cache is in between, on all sides.
        machine.run(["losetup", "--direct-io=on", device], check=False)

    def take(self, **places: str) -> None:
        """Directories of it are seen at these places from now on."""
        for name, where in places.items():
            self._machine.run(f"mkdir -p {where} && mkdir --mode=$(stat --format=%a {where}) {DISK}/{name} &&"
                              f" mount --bind {DISK}/{name} {where}")

    def quiet(self) -> None:
        """All that is to be written is, the log's included, and what was removed is free."""
        self._machine.run(f"sync; fsfreeze --freeze {DISK}; fsfreeze --unfreeze {DISK}", timeout=_FOREVER)

    def written(self) -> int:
        return 512 * int(self._statistics.read_text().split()[6])

    def used(self) -> int:
        status = os.statvfs(f"/proc/{self._machine.init_pid}/root{DISK}")
        return (status.f_blocks - status.f_bfree) * status.f_frsize


class ImageStores:
    def __init__(self, machine, pki, sizes: list[int]):
        self.machine = machine
        self._maker = Maker(machine, pki)
        self._sizes = sizes
        self._figures: dict[int, dict[str, Figures]] = {}

    def prepare(self, image_tree: Path) -> None:
        """The file system, and what all ways take."""
        machine = self.machine
        machine.copy_in(image_tree, "/srv/image_tree")
        machine.copy_in(images.ready_program(), "/srv/ready")
        machine.write_file(f"{_CONFIGURATION}/bench.toml", "keep-generations = 1\n")
        self._disk = Disk(machine, 3000 + 6 * sum(self._sizes))
        self._made = {size: self._ways(size) for size in self._sizes}
        machine.run(_PRETEND_VERITY)
        self._disk.take(operation="/opt/operation", containers="/var/lib/containers", tmp="/var/tmp")

    def measure(self) -> None:
        for size, ways in self._made.items():
            rounds = [[self._measure(way) for way in ways] for _ in range(rounds_of(size))]
            self._figures[size] = {
                way.name: replace(_median(figures), file=self._size(way.file), memory=self._peak(way))
                for way, figures in zip(ways, zip(*rounds))}

    def bundle_with_store(self, size: int) -> str:
        return f"{DISK}/files/{size}/store"

    def make_changed(self, size: int, changed: str, directory: str) -> float:
        """The next version, of which some is another (see image_tree.c), as DIRECTORY/whole, and its delta file; returns
        the seconds from the end of the one to that of the other."""
        image, files = f"localhost/changed:{changed}", f"{directory}/files"
        self.machine.run(_MAKE.format(size=size, changed=changed, image=image, files=files), timeout=_FOREVER)
        options = f"--oci-layout={files}/layout --images=store --delta-from={self.bundle_with_store(size)}"
        whole, delta = f"{directory}/whole", f"{directory}/whole-from-1.0.0"
        self._bundle(whole, {"image": image}, options, version="1.1.0")
        self.machine.run(f"mv /var/lib/containers/made-from-1.0.0 {delta}")
        begin, end = self.machine.run(f"stat --format=%.Y {whole} {delta}").lines
        return float(end) - float(begin)

    def install(self, path: str) -> None:
        self.machine.run(f"update-agent --no-service install --allow-downgrade {path}", timeout=_FOREVER)

    def rows(self) -> list[list[str]]:
        return [[f"{size} MB", name, _megabytes(figures.file), _seconds(figures.time), _seconds(figures.ready),
                 _seconds(self._alone(size, name)), _megabytes(figures.written), _megabytes(figures.used),
                 _seconds(figures.removal), f"{figures.memory:.1f}" if figures.memory else ""]
                for size in self._sizes for name, figures in self._figures[size].items()]

    def missed(self) -> list[str]:
        return [f"- {each}" for each in [*self._missed_at(600), *self._missed_everywhere()]]

    def draw(self, file: Path) -> None:
        lines = {name: [(size, figures[name].ready or figures[name].time) for size, figures in self._figures.items()]
                 for name in self._figures[self._sizes[0]]}
        file.write_text(svg.plot("Until an image is there; of a bundle, until its container is READY",
                                 "MB unpacked", "seconds", lines, dashed={_PRESENT, _SHA256, _UNPACK}))

    def _ways(self, size: int) -> list[Way]:
        """Makes all that they take."""
        image, files = f"localhost/image:{size}", f"{DISK}/files/{size}"
        store = self.bundle_with_store(size)
        digest = self.machine.run(_MAKE.format(size=size, changed="", image=image, files=files),
                                  timeout=_FOREVER).lines[-1]
        layout = f"--oci-layout={files}/layout"
        identity = self._bundle(f"{files}/oci", {"image": image}, layout)
        self._bundle(store, {"image": image}, f"{layout} --images=store")
        self._bundle(f"{files}/present", {"image": f"registry.invalid/image@{digest}", "image-id": identity},
                     images="registry")
        elsewhere = f"/srv/elsewhere/{size}"
        self.machine.run(f"mkdir --parents /srv/elsewhere && cp {store} {elsewhere}", timeout=_FOREVER)
        pull = f"podman pull --quiet oci:{files}/layout:{image}"
        unpack = (f"mkdir {DISK}/floor; layer=$(ls -S {files}/layout/blobs/sha256/* | sed --quiet 1p);"
                  f" zstd --quiet -d --stdout $layer | tar -C {DISK}/floor -x; sync --file-system {DISK}")
        return [Way(_LOAD, f"podman load --quiet --input {files}/docker.tar.gz", f"{files}/docker.tar.gz"),
                Way(_LOAD_OCI, f"podman load --quiet --input {files}/oci.tar", f"{files}/oci.tar"),
                Way(_PULL, pull, f"{files}/layout"),
                _install(_PRESENT, f"{files}/present", before=pull),
                _install(_OCI, f"{files}/oci"),
                _install(_HASH, store, before=_integrity("hash")),
                _install(_VERITY, store, before=_integrity("verity")),
                _install(_COPIED, elsewhere, before=_integrity("verity")),
                Way(_SHA256, f"sha256sum {store}", store, remove=""),
                Way(_UNPACK, unpack, f"{files}/layout", remove=f"rm -r {DISK}/floor")]

    def _bundle(self, path: str, container: dict, options: str = "", version: str = "1.0.0",
                **keys) -> str:
        """Returns the id of its image."""
        self.machine.write_file("/srv/imaged.toml", description(
            "imaged", version, settle_time="0s", containers={"imaged": container}, **keys))
        who = self._maker.pki.identity("signer")
        signing = (f"--key /srv/pki/{who.key.name} --cert /srv/pki/{who.certificate.name}"
                   f" --chain /srv/pki/{who.chain.name}")
        return self.machine.run(_BUNDLE.format(signing=signing, options=options, path=path),
                                 timeout=_FOREVER).stdout.strip()

    def _measure(self, way: Way) -> Figures:
        self.machine.run(way.before, timeout=_FOREVER)
        self._disk.quiet()
        Path("/proc/sys/vm/drop_caches").write_text("3")
        # The programs are in memory on every side.
        self.machine.run("podman ps; update-agent list")
        written, used = self._disk.written(), self._disk.used()
        begin, end, *ready = self._time(way.command, _READY if way.installs else "")
        self._disk.quiet()
        written, used = self._disk.written() - written, self._disk.used() - used
        removed, gone = self._time(way.remove) if way.remove else (0, 0)
        self._clean()
        return Figures(time=end - begin, ready=ready[0] - begin if ready else 0, written=written, used=used,
                       removal=gone - removed)

    def _time(self, command: str, more: str = "") -> list[float]:
        output = self.machine.run(_TIME.format(command=command) + more, timeout=_FOREVER).stdout
        return [int(word) / 1e6 for word in output.split()]

    def _clean(self) -> None:
        self.machine.run('podman rmi --all --force && test -z "$(podman images --quiet)"', timeout=_FOREVER)

    def _peak(self, way: Way) -> float:
        if not way.installs:
            return 0
        self.machine.run(way.before, timeout=_FOREVER)
        peak = memory.peak(self.machine, way.file)
        self.machine.run(way.remove, timeout=_FOREVER)
        self._clean()
        return peak

    def _size(self, path: str) -> int:
        return int(self.machine.run(f"du --bytes --summarize {path} | cut --fields=1").stdout)

    def _alone(self, size: int, name: str) -> float:
        """Seconds that are the image's: nothing is started by a call, and nothing brought where it is present."""
        figures = self._figures[size][name]
        return figures.ready - self._figures[size][_PRESENT].ready if figures.ready else figures.time

    def _missed_at(self, size: int) -> list[str]:
        if size not in self._sizes:
            return []
        verity, hashed, load, sha256, unpacking = (
            self._alone(size, name) for name in (_VERITY, _HASH, _LOAD, _SHA256, _UNPACK))
        missed = []
        if verity > 0.3:
            missed.append(f"A container of a mounted image of {size} MB was to be READY at most 0.3 s later with"
                          f" verity than one whose image is present; it is {verity:.2f} s later.")
        if hashed > 0.3 + 1.2 * sha256:
            missed.append(f"With its hash it was to be so at most {0.3 + 1.2 * sha256:.2f} s later, which is 0.3 s and"
                          f" 1.2 times sha256sum; it is {hashed:.2f} s later.")
        if 20 * verity > load:
            missed.append(f"It was to be there 20 times as fast as by `podman load` of the docker tar.gz;"
                          f" it is {load / verity:.1f} times.")
        for name, alone in ((_HASH, hashed), (_VERITY, verity)):
            if alone >= unpacking:
                missed.append(f"{name}: {size} MB were to be there faster than unpacked, in {unpacking:.2f} s;"
                              f" they take {alone:.2f} s.")
        return missed

    def _missed_everywhere(self) -> list[str]:
        missed = []
        small, large = (self._figures[size][_VERITY].ready for size in (min(self._sizes), max(self._sizes)))
        if large > 1.3 * small:
            missed.append(f"{max(self._sizes)} MB with verity were to take at most 1.3 times as long as"
                          f" {min(self._sizes)} MB; they take {large / small:.2f} times.")
        for size in self._sizes:
            for name in (_HASH, _VERITY, _COPIED):
                figures = self._figures[size][name]
                if figures.written > 1.02 * figures.file:
                    missed.append(f"{name}: at most 1.02 times the bundle of {size} MB was to be written;"
                                  f" it is {figures.written / figures.file:.2f} times. With its image present"
                                  f" an installation writes {self._figures[size][_PRESENT].written / 1e6:.1f} MB.")
                if figures.memory > 16:
                    missed.append(f"{name}: the agent was to hold at most 16 MiB; with {size} MB it holds"
                                  f" {figures.memory:.1f}.")
        return missed


def rounds_of(size: int) -> int:
    return 5 if size <= 100 else 3 if size <= 600 else 1


def note(drawing: str) -> str:
    return ("Images of one layer of files whose sizes are spread as a Debian's, and which compress about 2.7 to 1; all on"
            " one fresh XFS on a loop device, which holds the files, podman's store and temporary files, and"
            " /opt/operation. The caches are dropped before each. The ways take turns; medians of 5 rounds, of 3 for"
            " 600 MB; 2000 MB is one round. The calls of podman are timed to their end, without a sync; an installation"
            " (settle-time is 0) to its end, and to READY of its container. *The image alone* is the time of a call, and"
            " of a bundle what READY comes later than with the same image present in podman's store and a bundle without"
            " images. *Written* is what the file system's device counted, a sync after it included;"
            " *copied*: the bundle lies on another file system, from which no blocks can be shared."
            " *disk used* comes on top of the files that are brought, whose blocks XFS shares with a store's."
            " *Removal* is `podman rmi` or `update-agent remove`, which stops the container. *Memory* is the peak of the"
            " agent's RssAnon in a run of its own."
            "\n\nThis kernel has no dm-verity: in the rows with verity mount(8) is told to leave its options out and to use"
            " the loop device alone. What is measured is the agent's part, which reads nothing of the images then; what"
            f" verifying the first blocks takes is missing.\n\n![The times over the size of the image]({drawing})")


def _install(name: str, path: str, before: str = "true") -> Way:
    return Way(name, f"update-agent --no-service install {path}", path,
               remove="update-agent --no-service remove imaged", before=before, installs=True)


def _integrity(value: str) -> str:
    return f"""echo 'image-integrity = "{value}"' >{_CONFIGURATION}/integrity.toml"""


def _median(rounds: tuple[Figures, ...]) -> Figures:
    return Figures(*(statistics.median(getattr(each, name) for each in rounds)
                     for name in ("time", "ready", "written", "used", "removal")))


def _seconds(value: float) -> str:
    return f"{value:.3f}" if value else ""


def _megabytes(value: float) -> str:
    return f"{value / 1e6:.1f}"
