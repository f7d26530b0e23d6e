# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent itself holds while it installs."""

_PEAK = """update-agent --no-service install {path} >/dev/null & pid=$!
peak=0
while read -r _ now _ < <(grep RssAnon /proc/$pid/status 2>/dev/null); do
    ((now > peak)) && peak=$now
done
wait $pid && echo $peak"""


def peak(machine, path: str) -> float:
    """MiB of anonymous memory, looked at without a pause; the bundle is installed afterwards."""
    return int(machine.run(_PEAK.format(path=path), timeout=600).stdout) / 1024
