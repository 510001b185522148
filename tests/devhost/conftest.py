"""A running toy app for all who only look at it, and an account of its own for each test."""

import httpx2
import pytest

from tests.devhost.running import LIMIT_S, TOY_APP, Account, devhost

SETTINGS = {
    "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:00",
    "AzureWebJobs.switched_off.Disabled": "true",
}
ARGUMENTS = ["--queue-lease-seconds", "5", "--cors", "https://a.test"]


@pytest.fixture
def account(storage):
    return Account(storage)


@pytest.fixture(scope="session")
def shared_account(storage):
    return Account(storage)


@pytest.fixture(scope="session")
def toy(shared_account, tmp_path_factory):
    """The app with SDK types and HTTP streams, started once."""
    folder = tmp_path_factory.mktemp("toy")
    with devhost(shared_account, folder, TOY_APP, ARGUMENTS, **SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def client(toy):
    """A client of its HTTP functions."""
    with httpx2.Client(base_url=toy.url, timeout=LIMIT_S, trust_env=False) as client:
        yield client
