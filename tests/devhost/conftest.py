"""A running toy app for a whole module, and an account with names of its own for each test."""

import pytest

from tests.devhost.running import TOY_APP, Account, devhost


@pytest.fixture
def account(storage):
    return Account(storage)


@pytest.fixture(scope="module")
def shared_account(storage):
    return Account(storage)


@pytest.fixture(scope="module")
def toy(shared_account, tmp_path_factory):
    """The app with SDK types and HTTP streams."""
    with devhost(shared_account, tmp_path_factory.mktemp("toy"), TOY_APP) as running:
        yield running
