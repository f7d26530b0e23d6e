# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug is pulled in the middle of an update; scripts/power-cuts does so as often as one likes."""

import pytest

from support.bundles import Maker
from support.power_cuts import PowerCuts


@pytest.mark.long
@pytest.mark.one_suite
def test_a_cut_in_an_update_leaves_one_set_whole(vm, pki):
    series = PowerCuts(vm, Maker(vm, pki))
    # Once in the middle, and once towards the end.
    cuts = [series.cut(fraction) for fraction in (0.4, 0.75)]
    print(f"an update takes {series.duration:.2f} s", *cuts, sep="\n")
    assert not [each for cut in cuts for each in cut.wrong]
    assert all(cut.interrupted for cut in cuts)
    assert any(cut.recovery is not None for cut in cuts)
