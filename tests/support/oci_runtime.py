# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether crun starts containers in a machine, and the shim where it does not.

On some build hosts (no eBPF device rules, no pids controller) crun refuses the resource limits of a
container inside systemd-nspawn. The shim drops the limits, then everything else is real. It is put
into test machines only, and only after plain crun was tried and failed.
"""

from pathlib import Path

from . import images
from .paths import cache_directory

_SHIM = r"""#!/usr/bin/perl
# Drops linux.resources from the bundle's config.json, then becomes crun.
use strict;
use warnings;
for my $i (0 .. $#ARGV) {
    my $bundle = $ARGV[$i] =~ /^--bundle=(.*)/ ? $1
        : $ARGV[$i] =~ /^(?:--bundle|-b)$/ ? $ARGV[$i + 1] : next;
    my $path = "$bundle/config.json";
    open(my $in, '<', $path) or die "$path: $!";
    my $text = do { local $/; <$in> };
    close($in);
    $text =~ s/(?<!\\)"resources":(\{(?:[^{}"]|"(?:\\.|[^"\\])*"|(?1))*\})/"resources":{}/;
    open(my $out, '>', $path) or die "$path: $!";
    print $out $text;
    close($out) or die "$path: $!";
    last;
}
exec('/usr/bin/crun', @ARGV) or die "crun: $!";
"""

_CONFIGURATION = """[engine]
runtime = "crun-shim"
[engine.runtimes]
crun-shim = ["/usr/local/bin/crun-shim"]
"""


def is_shim_needed(suite: str, boot_machine) -> bool:
    """Try plain crun in a booted machine of the suite, once for each boot of this host.

    boot_machine() is a context manager that yields such a machine.
    """
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    answer = cache_directory() / "oci-runtime" / f"{suite}-{boot}"
    if not answer.exists():
        with boot_machine() as machine:
            images.load(machine, "localhost/probe:1")
            probe = machine.run("systemd-run --wait --pipe --quiet --property=Delegate=yes"
                                " podman run --rm --cgroups=split localhost/probe:1"
                                " /ready --exit 0", check=False)
        answer.parent.mkdir(parents=True, exist_ok=True)
        answer.write_text("plain" if probe.ok else f"shim: {probe.stderr.strip()}")
    return answer.read_text() != "plain"


def install_shim(machine) -> None:
    shim = machine.path("/usr/local/bin/crun-shim")
    shim.write_text(_SHIM)
    shim.chmod(0o755)
    configuration = machine.path("/etc/containers/containers.conf.d/90-test-runtime.conf")
    configuration.parent.mkdir(parents=True, exist_ok=True)
    configuration.write_text(_CONFIGURATION)
