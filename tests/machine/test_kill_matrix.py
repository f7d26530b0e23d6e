# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that are broken off; scripts/kill-matrix does the same at as many points as one likes."""

import pytest

from support import images
from support.bundles import Maker
from support.interruptions import Point
from support.kill_matrix import Bench, impatient, table

# In the order of a round, so that what one leads to is what the next begins with.
POINTS = """
    install/mkdir/4/kill  update/fsync/6/kill  failed-update/renameat/1/ENOSPC
    rollback/symlinkat/1/kill/boot  remove/sendmsg/30/kill

    install/symlinkat/1/kill/boot  update/sendmsg/120/kill/boot  failed-update/podman/4/podman-kill
    rollback/sendmsg/100/kill  remove/rename/2/EIO

    install/podman/4/podman-kill  update/clone3/4/kill  rollback/write/12/EROFS  remove/unlinkat/6/kill
""".split()


@pytest.fixture
def bench(new_machine, installed_root, pki):
    def booted():
        machine = new_machine(installed_root)
        machine.boot()
        images.load(machine)
        impatient(machine)
        return machine
    return Bench(booted, lambda machine: Maker(machine, pki))


@pytest.mark.one_suite
def test_whatever_breaks_an_operation_off_leaves_one_set_whole(bench):
    outcomes = [bench.strike(Point.parse(text)) for text in POINTS]
    print(table(outcomes))
    assert [f"{each.point}: {each.wrong}" for each in outcomes if each.wrong] == []
    assert [str(each.point) for each in outcomes if not each.reached] == []
    assert len(outcomes) == 14
