# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that are broken off; scripts/kill-matrix does the same at as many points as one likes."""

import pytest

from support.interruptions import Point
from support.kill_matrix import KillMatrix, table

# In the order of a round, so that what one leads to is what the next begins with. Only calls that an
# operation always makes as often: messages to systemd are more while one waits longer.
POINTS = """
    install/mkdir/4/kill  update/fsync/6/kill  failed-update/renameat/1/ENOSPC
    rollback/symlinkat/1/kill/boot  remove/fsync/9/kill

    install/symlinkat/1/kill/boot  update/fsync/19/kill/boot  failed-update/podman/4/podman-kill
    rollback/fsync/13/kill/recover/fsync/3  remove/rename/2/EIO
""".split()


@pytest.mark.long
@pytest.mark.one_suite
def test_whatever_breaks_an_operation_off_leaves_one_set_whole(new_machine, installed_root, pki):
    matrix = KillMatrix(lambda: new_machine(installed_root), pki)
    outcomes = [matrix.strike(Point.parse(text)) for text in POINTS]
    print(table(outcomes))
    assert [f"{each.point}: {each.wrong}" for each in outcomes if each.wrong] == []
    assert [str(each.point) for each in outcomes
            if not (each.reached and each.recovery_reached)] == []


STORE_POINTS = """
    install/mkdir/4/kill  update/fsync/6/kill  rollback/symlinkat/1/kill/boot  remove/fsync/9/kill
""".split()


@pytest.mark.long
@pytest.mark.one_suite
def test_images_are_mounted_for_one_whole_set_whatever_breaks_an_operation_off(
        new_machine, installed_root, pki):
    matrix = KillMatrix(lambda: new_machine(installed_root, loop_devices=32), pki, kind="delta")
    outcomes = [matrix.strike(Point.parse(text)) for text in STORE_POINTS]
    print(table(outcomes))
    assert [f"{each.point}: {each.wrong}" for each in outcomes if each.wrong] == []
    assert [str(each.point) for each in outcomes if not each.reached] == []
