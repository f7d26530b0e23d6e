# SPDX-License-Identifier: GPL-3.0-or-later
"""A set as a robot has it, from its installation to its end."""

import pytest

from support import realistic_set

pytestmark = [pytest.mark.one_suite, pytest.mark.long]


def test_it_is_installed_updated_rolled_back_with_its_data_and_removed(machine, maker):
    realistic_set.live_through_it(machine, maker)
