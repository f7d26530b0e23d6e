# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of both tiers are given. tests/README.md explains how to run and debug them."""

import subprocess
import sys

import pytest

sys.dont_write_bytecode = True
pytest.register_assert_rewrite("support.realistic_set")

from support import images, paths, pki as pki_module, roots  # noqa: E402
from support.guest import Guest  # noqa: E402
from support.machine import Machine  # noqa: E402
from support.repository import repository as local_repository  # noqa: E402
from support.vm import VirtualMachine  # noqa: E402
from support.vm_image import vm_image  # noqa: E402

_USED: set[str] = set()
_GUESTS = pytest.StashKey[list[Guest]]()


def pytest_addoption(parser):
    parser.addoption("--suite", action="append", choices=paths.SUITES, default=[],
                     help="run on this Debian only; may be given again")


def pytest_generate_tests(metafunc):
    if "suite" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("one_suite")
        suites = metafunc.config.getoption("--suite") or (paths.SUITES[:1] if mark else paths.SUITES)
        metafunc.parametrize("suite", [_in_its_process(metafunc, suite) for suite in suites],
                             scope="session")


def _in_its_process(metafunc, suite: str):
    """Those that share a machine have to run in the same one, where pytest-xdist starts several."""
    shared = "new_shared_machine" in metafunc.fixturenames
    group = pytest.mark.xdist_group(f"{metafunc.module.__name__}-{suite}")
    return pytest.param(suite, marks=[group] if shared else [])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The longest first, so that none of them is left over when the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def repository(suite):
    """A directory for apt: the package, built from this checkout, and all it depends on."""
    subprocess.run([paths.REPOSITORY / "scripts/build-package", suite], check=True)
    return local_repository(suite)


@pytest.fixture(scope="session")
def installed_root(suite, repository):
    """podman and the package, installed."""
    return roots.installed(suite, repository)


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    """Keys and certificates, good and bad."""
    return pki_module.Pki(tmp_path_factory.mktemp("pki") / "pki")


@pytest.fixture
def new_machine(request):
    """new_machine(root, **options): a machine, not yet booted, that ends with the test."""
    yield from _factory(request, Machine)


@pytest.fixture(scope="module")
def new_shared_machine(request, suite):
    """The same for machines that all tests of a module and suite share."""
    yield from _factory(request, Machine)


@pytest.fixture
def new_vm(request):
    """new_vm(image, **options): a virtual machine, not yet booted, that ends with the test."""
    yield from _factory(request, VirtualMachine)


@pytest.fixture
def machine(new_machine, installed_root):
    """A booted machine with podman, the package, and the image localhost/ready:1.0.0."""
    guest = new_machine(installed_root)
    guest.boot()
    images.load(guest)
    return guest


@pytest.fixture
def bare_machine(new_machine, suite):
    """A booted machine with podman and without the package."""
    guest = new_machine(roots.machine(suite))
    guest.boot()
    return guest


@pytest.fixture
def minimal_machine(new_machine, suite):
    """A booted machine without podman and without the package."""
    guest = new_machine(roots.minimal(suite))
    guest.boot()
    return guest


@pytest.fixture
def vm(new_vm, suite, installed_root):
    """A booted virtual machine with podman and the package."""
    guest = new_vm(vm_image(suite, installed_root))
    guest.boot()
    return guest


@pytest.fixture
def bare_vm(new_vm, suite):
    """A booted virtual machine with podman and without the package."""
    guest = new_vm(vm_image(suite))
    guest.boot()
    return guest


def _factory(request, kind):
    guests = []
    of_the_test = request.node.stash.setdefault(_GUESTS, [])

    def make(*arguments, **options):
        guest = kind(*arguments, **options)
        guests.append(guest)
        of_the_test.append(guest)
        _USED.add(guest.made_of())
        return guest
    yield make
    for guest in guests:
        guest.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed and call.when in ("setup", "call"):
        for guest in [guest for node in item.listchain() for guest in node.stash.get(_GUESTS, [])]:
            report.sections.append((f"machine {guest.directory.name}", guest.diagnosis()))


def pytest_terminal_summary(terminalreporter):
    """Say what the machines were made of: the one thing that is not real, where it is not."""
    for line in sorted(_USED):
        terminalreporter.write_line(line)
