"""Every secret is derived from one, and none can be told from another."""

import base64
from uuid import uuid4

import pytest

from integrations.secret_keys import SecretKeys, in_webhook_letters
from settings import Settings

API_KEY, SECRETS_KEY = uuid4().hex, uuid4().hex


def keys(**given: str) -> SecretKeys:
    values = {"API_KEY": API_KEY, "AzureWebJobsStorage": "UseDevelopmentStorage=true"} | given
    return SecretKeys.of(Settings(**values))


def test_a_secret_is_of_32_bytes_and_told_in_the_letters_of_the_specification() -> None:
    secret = keys().webhook_secret("e1", 1)

    assert len(secret) == 32
    assert in_webhook_letters(secret) == "whsec_" + base64.b64encode(secret).decode()


def test_owners_versions_and_uses_have_secrets_of_their_own() -> None:
    own = keys()

    secrets = [
        own.webhook_secret("e1", 1),
        own.webhook_secret("e1", 2),
        own.webhook_secret("e2", 1),
        own.webhook_secret("e1", 11),
        own.webhook_secret("e11", 1),
        own.derived("webhook", "e1"),
        own.derived("links", "e1", "1"),
    ]

    assert len(set(secrets)) == len(secrets)


def test_it_is_the_same_in_every_process() -> None:
    assert keys().webhook_secret("e1", 1) == keys().webhook_secret("e1", 1)


@pytest.mark.parametrize("given", [{"SECRETS_KEY": SECRETS_KEY}, {"API_KEY": SECRETS_KEY}])
def test_it_changes_with_the_key_that_it_is_derived_from(given: dict[str, str]) -> None:
    """Receivers refuse what is signed after that, until they are told the new one."""
    assert keys(**given).webhook_secret("e1", 1) != keys().webhook_secret("e1", 1)


def test_with_a_key_of_its_own_the_api_key_may_change() -> None:
    one = keys(SECRETS_KEY=SECRETS_KEY)
    other = keys(SECRETS_KEY=SECRETS_KEY, API_KEY=uuid4().hex)

    assert one.webhook_secret("e1", 1) == other.webhook_secret("e1", 1)
