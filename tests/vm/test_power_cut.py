# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug is pulled in the middle of an operation; scripts/power-cuts does so as often as one likes."""

import pytest

from support.bundles import Maker
from support.power_cuts import Moment, PowerCuts


@pytest.mark.long
@pytest.mark.one_suite
def test_a_cut_in_an_operation_leaves_one_set_whole(vm, machine, pki):
    series = PowerCuts(vm, Maker(vm, pki, workshop=machine), kind="store")
    # While podman unpacks an image, and at the switch, which an update does that unpacks nothing.
    cuts = [series.cut_update(Moment(effect="bring-image"), "oci"),
            series.cut_update(Moment(effect="activate"), "store"),
            series.cut_recreation(Moment(effect="recreate-containers"))]
    print(*cuts, sep="\n")
    assert not [each for cut in cuts for each in cut.wrong]
    assert all(cut.interrupted for cut in cuts)
    assert any(cut.recovery is not None for cut in cuts)
    mounted = vm.run("findmnt --raw --noheadings --types squashfs --output SOURCE").lines
    assert mounted and all(source.startswith("/dev/mapper/") for source in mounted), mounted
