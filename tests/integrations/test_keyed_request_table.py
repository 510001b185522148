"""Requests that may be repeated: one row for each key, found for a day at least."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from integrations.keyed_request_table import KeyedRequestTable
from integrations.storage import table_client
from jobs.caller import OPERATOR
from jobs.keyed_request import keyed_request

NOW = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)


@pytest.fixture
def requests(settings) -> KeyedRequestTable:
    mark = uuid4().hex[:8]
    return KeyedRequestTable(lambda name: table_client(settings, f"{name}x{mark}"))


def test_the_first_of_two_equal_requests_wins(requests) -> None:
    request = keyed_request(OPERATOR, "/compress", "k", "10", NOW)

    assert requests.insert(request) is not None
    assert requests.insert(request) is None


def test_a_key_counts_for_its_route_only(requests) -> None:
    requests.insert(keyed_request(OPERATOR, "/compress", "k", "10", NOW))

    assert requests.insert(keyed_request(OPERATOR, "/video/receive", "k", "10", NOW)) is not None


def test_what_was_written_is_read_also_on_the_next_day(requests) -> None:
    request = requests.insert(keyed_request(OPERATOR, "/compress", "k", "10", NOW))
    assert request is not None
    noted = requests.replace(request.about_to_make("compress/a.mp4", "abc", NOW))
    assert noted is not None

    tomorrow = NOW + timedelta(hours=24)

    assert requests.get(request.key, tomorrow) == noted
    assert requests.replace(noted.answered()) is not None
    found = requests.get(request.key, tomorrow)
    assert found is not None
    assert found.is_answered


def test_after_two_days_the_key_is_new(requests) -> None:
    requests.insert(keyed_request(OPERATOR, "/compress", "k", "10", NOW))

    later = NOW + timedelta(hours=25)

    assert requests.get(keyed_request(OPERATOR, "/compress", "k", "10", NOW).key, later) is None
    assert requests.insert(keyed_request(OPERATOR, "/compress", "k", "10", later)) is not None


def test_a_row_that_changed_meanwhile_is_left_alone(requests) -> None:
    request = requests.insert(keyed_request(OPERATOR, "/compress", "k", "10", NOW))
    assert request is not None
    requests.replace(request.renewed(NOW))

    assert requests.replace(request.answered()) is None
    requests.delete(request)

    assert requests.get(request.key, NOW) is not None


def test_a_deleted_key_may_be_used_again(requests) -> None:
    request = requests.insert(keyed_request(OPERATOR, "/compress", "k", "10", NOW))
    assert request is not None

    requests.delete(request)
    requests.delete(request)

    assert requests.insert(keyed_request(OPERATOR, "/compress", "k", "11", NOW)) is not None
