# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug is pulled in the middle of an operation; scripts/power-cuts does so as often as one likes."""

import pytest

from support.bundles import Maker
from support.power_cuts import PowerCuts


@pytest.mark.long
@pytest.mark.one_suite
def test_a_cut_in_an_operation_leaves_one_set_whole(vm, machine, pki):
    series = PowerCuts(vm, Maker(vm, pki, workshop=machine), kinds=("oci", "store"))
    cuts = [cut_update(series, "oci"), cut_update(series, "store"), series.cut_recreation(0.4)]
    for kind, update in series.updates.items():
        print(f"an update ({kind}) takes {update.duration:.2f} s")
    print(*cuts, sep="\n")
    assert not [each for cut in cuts for each in cut.wrong]
    assert all(cut.interrupted for cut in cuts)
    assert any(cut.recovery is not None for cut in cuts)
    mounted = vm.run("findmnt --raw --noheadings --types squashfs --output SOURCE").lines
    assert mounted and all(source.startswith("/dev/mapper/") for source in mounted), mounted


def cut_update(series, kind):
    """Once more where the machine has become so much faster since it was measured that it was done."""
    cut = series.cut(0.6, kind)
    return cut if cut.interrupted or cut.wrong else series.cut(0.3, kind)
