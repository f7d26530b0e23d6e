# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the machine tier alone."""

import pytest

from support.bundles import Maker


@pytest.fixture
def maker(machine, pki):
    """Makes bundles in a booted machine that trusts them."""
    return Maker(machine, pki)
