"""The audit: added to, listed by pages, and dropped by months."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from uuid import uuid4

import pytest

from integrations.audit_table import AuditTable
from integrations.storage import table_client
from integrations.storage_time import StorageTime
from jobs.audit import AuditAction, AuditEntry
from settings import Settings

NOW = datetime(2026, 3, 1, 0, 0, 5, tzinfo=UTC)


@pytest.fixture
def audit(storage: str) -> AuditTable:
    settings = Settings(  # type: ignore[call-arg]
        API_KEY="0f1e2d3c4b5a69788796a5b4c3d2e1f0", AzureWebJobsStorage=storage
    )
    return AuditTable(partial(table_client, settings, time=StorageTime(lambda: NOW)), 12)


@pytest.fixture
def tenant() -> str:
    return uuid4().hex[:12]


def entry(tenant: str, number: int) -> AuditEntry:
    """The newest has the lowest number; they lie on both sides of the end of a month."""
    at = NOW - timedelta(seconds=2 * number)
    return AuditEntry(at, AuditAction.KEY_CREATED, str(number), "", tenant)


def test_the_newest_come_first_also_over_the_end_of_a_month(audit: AuditTable, tenant: str) -> None:
    entries = [entry(tenant, number) for number in range(6)]
    for each in (3, 0, 5, 1, 4, 2):
        audit.add(entries[each])

    listed = list(audit.entries(tenant, NOW, NOW - timedelta(days=10)))

    assert [each for _, each in listed] == entries


def test_a_page_goes_on_where_the_last_one_ended(audit: AuditTable, tenant: str) -> None:
    for number in range(6):
        audit.add(entry(tenant, number))
    long_ago, seen, after = NOW - timedelta(days=60), list[str](), ""
    while page := list(islice(audit.entries(tenant, NOW, long_ago, after), 2)):
        seen += [each.subject for _, each in page]
        after = page[-1][0]

    assert seen == [str(number) for number in range(6)]


def test_only_what_happened_since_then_is_told(audit: AuditTable, tenant: str) -> None:
    for number in range(4):
        audit.add(entry(tenant, number))

    listed = audit.entries(tenant, NOW, NOW - timedelta(seconds=2))

    assert [each.subject for _, each in listed] == ["0", "1"]


def test_nobody_sees_what_another_did(audit: AuditTable, tenant: str) -> None:
    audit.add(entry(tenant, 0))

    assert list(audit.entries("other", NOW, NOW - timedelta(days=60))) == []
