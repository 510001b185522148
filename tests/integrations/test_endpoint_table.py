"""The list of endpoints on a real table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from azure.data.tables import TableClient

from integrations.endpoint_table import PARTITION, EndpointTable
from integrations.storage import table_client
from jobs.endpoint import Endpoint, disabled
from jobs.event import EventType
from jobs.job import FencedError
from jobs.signing import SigningSecret
from settings import Settings

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture
def raw(settings: Settings) -> TableClient:
    return table_client(settings, f"outbox{uuid4().hex}")


@pytest.fixture
def listed(raw: TableClient) -> EndpointTable:
    return EndpointTable(raw)


def endpoint(name: str = "wh_1") -> Endpoint:
    secret = SigningSecret(name, 3, NOW + timedelta(hours=24))
    return Endpoint(
        name,
        "https://a.example/?x=1",
        frozenset({EventType.JOB_FAILED, EventType.JOB_COMPLETED}),
        NOW,
        secret,
        description="the LMS – ü",  # noqa: RUF001
    )


def test_an_endpoint_comes_back_as_it_was_stored(listed: EndpointTable) -> None:
    off = disabled(endpoint("wh_2"), "It was gone.", NOW)

    stored = [listed.put(each) for each in (endpoint(), off)]

    assert list(listed.read().endpoints) == stored
    assert [replace(each, row_etag=None) for each in stored] == [endpoint(), off]


def test_an_empty_list_has_a_secret_all_the_same(listed: EndpointTable) -> None:
    found = listed.read()

    assert found.endpoints == ()
    assert (found.shared_secret().version, found.shared_secret().previous_until) == (1, None)


def test_the_shared_secret_is_replaced(listed: EndpointTable) -> None:
    rotated = listed.read().shared_secret().rotated(NOW, timedelta(hours=24))

    listed.put_secret(rotated)

    assert listed.read().shared_secret() == rotated
    assert listed.read().endpoints == ()


def test_of_two_changes_the_second_is_refused(listed: EndpointTable) -> None:
    known = listed.put(endpoint())
    listed.put(replace(known, description="first"))

    with pytest.raises(FencedError):
        listed.put(replace(known, description="second"))

    assert listed.read().endpoints[0].description == "first"


def test_a_change_that_was_made_already_is_known_as_our_own(listed: EndpointTable) -> None:
    """As when only its answer was lost."""
    known = listed.put(endpoint())
    changed = replace(known, description="first")

    assert listed.put(changed) == listed.put(changed)
    assert listed.put(endpoint("wh_2")) == listed.put(endpoint("wh_2"))


def test_what_was_removed_cannot_be_changed(listed: EndpointTable) -> None:
    known = listed.put(endpoint())

    listed.delete("wh_1")
    listed.delete("wh_1")

    assert listed.read().endpoints == ()
    with pytest.raises(FencedError):
        listed.put(replace(known, description="late"))


def test_an_event_of_a_later_version_is_passed_over(
    listed: EndpointTable, raw: TableClient
) -> None:
    listed.put(endpoint())
    events = '["job.cancelled", "job.failed"]'
    raw.update_entity({"PartitionKey": PARTITION, "RowKey": "wh_1", "events": events})

    assert listed.read().endpoints[0].events == {EventType.JOB_FAILED}
