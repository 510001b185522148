"""Tables of a month or a day: the present one is written to, the last one read, older ones go."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient

from integrations.dated_tables import DatedTables

MONTHS = ("%Y%m", 28)
DAYS = ("%Y%m%d", 1)


def names(tables, now):
    return [table.table_name for table in tables.current(now)]


@pytest.fixture
def client(service):
    return service.get_table_client


@pytest.fixture
def service(storage):
    with TableServiceClient.from_connection_string(storage) as service:
        yield service


@pytest.mark.parametrize(
    ("period", "now", "expected"),
    [
        (MONTHS, datetime(2026, 1, 31, 23, 59, tzinfo=UTC), ["x202601", "x202512"]),
        (MONTHS, datetime(2026, 3, 31, tzinfo=UTC), ["x202603", "x202602"]),
        (MONTHS, datetime(2028, 3, 1, tzinfo=UTC), ["x202803", "x202802"]),
        (DAYS, datetime(2026, 3, 1, 0, 0, 5, tzinfo=UTC), ["x20260301", "x20260228"]),
    ],
)
def test_the_present_table_and_the_one_before(client, period, now, expected):
    assert names(DatedTables("x", *period, client), now) == expected


@pytest.mark.parametrize("month", range(1, 13))
def test_no_day_of_a_year_skips_a_month(client, month):
    tables = DatedTables("x", *MONTHS, client)
    before = f"x2026{month - 1:02}" if month > 1 else "x202512"

    for day in range(1, 32):
        try:
            now = datetime(2026, month, day, tzinfo=UTC)
        except ValueError:
            return
        assert names(tables, now) == [f"x2026{month:02}", before]


def test_old_tables_go_and_present_ones_stay(service, client):
    name = f"t{uuid4().hex[:8]}"
    tables = DatedTables(name, *MONTHS, client)
    for mark in ("202601", "202602", "202603", "202604"):
        service.create_table(name + mark)

    tables.drop_old(datetime(2026, 4, 15, tzinfo=UTC))

    left = [each.name for each in service.list_tables() if each.name.startswith(name)]
    assert left == [f"{name}202603", f"{name}202604"]


def test_they_are_dropped_once_in_a_period(service, client):
    name = f"t{uuid4().hex[:8]}"
    tables = DatedTables(name, *MONTHS, client)
    tables.drop_old(datetime(2026, 4, 15, tzinfo=UTC))
    service.create_table(f"{name}202602")

    tables.drop_old(datetime(2026, 4, 16, tzinfo=UTC))
    assert service.get_table_client(f"{name}202602").create_entity(
        {"PartitionKey": "a", "RowKey": "b"}
    )

    tables.drop_old(datetime(2026, 5, 1, tzinfo=UTC))
    left = [each.name for each in service.list_tables() if each.name.startswith(name)]
    assert left == []
