"""The index of jobs on the real table service: days, pages, statuses, sums, and months that go."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient

from integrations.job_index import JobIndex
from jobs.day_sums import sums_of
from jobs.index_entry import IndexEntry
from jobs.job import Status
from jobs.message import Priority

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
ENTRY = IndexEntry(
    tenant="",
    job_key="a=2Fb.png",
    blob_name="a/b.png",
    upload_etag='"0x1"',
    created_at=NOON,
    status=Status.COMPLETED,
    file_type="png",
    lane=Priority.HIGH,
    attempts=2,
    bytes_before=6_000_000_000,
    bytes_after=5,
    seconds=1.25,
    waited_s=0.5,
    settled_at=NOON + timedelta(microseconds=1),
)
OPEN = replace(ENTRY, status=None, bytes_after=None, seconds=None, waited_s=None, settled_at=None)
FAILED = replace(OPEN, status=Status.FAILED, error_code="CORRUPT", settled_at=NOON)


@pytest.fixture
def tenant() -> str:
    return f"t{uuid4().hex[:12]}"


@pytest.fixture
def index(storage):
    with TableServiceClient.from_connection_string(storage) as service:
        yield JobIndex(service.get_table_client)


def test_an_entry_is_read_back_as_it_was_written_for_the_last_time(index, tenant):
    entries = [replace(each, tenant=tenant) for each in (OPEN, ENTRY)]
    for each in entries:
        index.put(each)

    assert list(index.of_day(tenant, NOON)) == entries[1:]
    assert list(index.of_day(tenant, NOON + timedelta(days=1))) == []
    assert list(index.of_day(f"{tenant}-", NOON)) == []
    assert list(index.of_day(tenant, datetime(1999, 1, 1, tzinfo=UTC))) == []


def test_a_day_is_read_from_a_place_on_and_by_status(index, tenant):
    kinds = (ENTRY, OPEN, FAILED)
    entries = [
        replace(each, tenant=tenant, created_at=NOON + timedelta(seconds=number))
        for number, each in enumerate(kinds)
    ]
    for each in entries:
        index.put(each)
    newest_first = entries[::-1]

    assert list(index.of_day(tenant, NOON)) == newest_first
    assert list(index.of_day(tenant, NOON, newest_first[0].key)) == newest_first[1:]
    assert list(index.of_day(tenant, NOON, status=Status.FAILED)) == newest_first[:2]
    assert list(index.of_day(tenant, NOON, status=Status.COMPLETED)) == newest_first[1:]
    assert list(index.of_day(tenant, NOON, status=Status.QUEUED)) == newest_first[1:2]


def test_sums_are_kept_beside_the_entries_until_they_are_forgotten(index, tenant):
    sums = sums_of([ENTRY, FAILED])
    first = NOON.replace(day=1)
    index.put_sums(tenant, NOON, sums)

    assert index.sums(tenant, first, NOON) == {"20260331": sums}
    assert index.sums(tenant, first, NOON - timedelta(days=1)) == {}
    assert list(index.of_day(tenant, NOON)) == []
    for _ in range(2):
        index.forget_sums(tenant, NOON)
    assert index.sums(tenant, first, NOON) == {}
