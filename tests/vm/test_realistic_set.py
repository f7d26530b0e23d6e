# SPDX-License-Identifier: GPL-3.0-or-later
"""A set as a robot has it, with a kernel and a disk of its own."""

import pytest

from support import realistic_set
from support.bundles import Maker

pytestmark = [pytest.mark.one_suite, pytest.mark.on_request]


def test_it_is_installed_updated_rolled_back_with_its_data_and_removed(vm, machine, pki):
    realistic_set.live_through_it(vm, Maker(vm, pki, workshop=machine), timeout=1800,
                                  start_timeout="10min", max_wait="60s")
