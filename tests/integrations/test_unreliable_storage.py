"""The connection breaks on the way to storage or back: a row is written all the same."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from devhost.azurite import Azurite
from harness.chaos.faults.proxy import Proxy, proxy
from harness.chaos.faults.rule import Rule
from integrations import tracking
from integrations.storage import table_client
from integrations.tracking import JobTable
from settings import Settings

from .test_tracking import a_job


@pytest.fixture
def way(azurite: Azurite) -> Iterator[Proxy]:
    """To the account, through a proxy that may fail calls."""
    with proxy(azurite.ports) as way:
        yield way


@pytest.fixture
def far_table(way: Proxy) -> JobTable:
    settings = Settings(API_KEY=uuid4().hex, AzureWebJobsStorage=way.storage)
    table = JobTable(table_client(settings, f"jobs{uuid4().hex}"))
    table.create()
    return table


@pytest.mark.parametrize(
    "fault", [Rule("reset", nth=1), Rule("reset", "after", nth=1), Rule("truncate", "after", nth=1)]
)
def test_a_row_is_inserted_once_whatever_becomes_of_the_first_try(
    way: Proxy, far_table: JobTable, fault: Rule
) -> None:
    way.change([fault])

    job = far_table.insert(a_job())

    assert way.ledger.met() == 1
    assert far_table.get("upload-1.mp4") == job
    assert far_table.replace(job) == far_table.get("upload-1.mp4")


def test_a_row_is_known_as_our_own_though_no_answer_ever_arrives_whole(
    way: Proxy, far_table: JobTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "INSERT_TOO", {"retry_total": 0})
    way.change([Rule("truncate", "after", method="POST")])

    job = far_table.insert(a_job())

    assert far_table.get("upload-1.mp4") == job


def test_a_row_that_was_replaced_is_known_as_our_own(way: Proxy, far_table: JobTable) -> None:
    job = far_table.insert(a_job())
    way.change([Rule("reset", "after", method="PUT", nth=1)])

    replaced = far_table.replace(replace(job, file_size=job.file_size + 1))

    assert way.ledger.met() == 1
    assert far_table.get("upload-1.mp4") == replaced
