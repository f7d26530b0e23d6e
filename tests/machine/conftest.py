# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the machine tier alone."""

import pytest

from support import images, roots
from support.bundles import Maker


@pytest.fixture
def maker(machine, pki):
    """Makes bundles in a booted machine that trusts them."""
    return Maker(machine, pki)


@pytest.fixture
def guarded(new_machine, suite, repository, pki):
    """A machine with polkit, and a user who may start and stop, and nothing else."""
    guest = new_machine(roots.polkit(suite, repository))
    guest.boot()
    images.load(guest)
    guest.run("useradd --create-home --user-group caller")
    guest.write_file("/etc/polkit-1/rules.d/10-caller.rules", """
polkit.addRule(function(action, subject) {
    if (action.id == "org.updateagent.manage-units" && subject.user == "caller")
        return polkit.Result.YES;
});
""")
    return guest
