# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug is pulled in the middle of an update; scripts/power-cuts does so as often as one likes."""

import pytest

from support.bundles import Maker
from support.power_cuts import PowerCuts


@pytest.mark.one_suite
def test_a_cut_in_an_update_leaves_one_set_whole(vm, pki):
    series = PowerCuts(vm, Maker(vm, pki))
    # Once before anything is stopped, and once when the new set is being watched or is there.
    cuts = [series.cut(fraction) for fraction in (0.4, 0.85)]
    print(*cuts, sep="\n")
    assert not [each for cut in cuts for each in cut.wrong]
