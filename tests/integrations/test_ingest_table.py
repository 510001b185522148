"""What came by a contract is found by the upload's name, and by its sender's id, newest first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from integrations.ingest_table import IngestTable
from integrations.storage import table_client
from jobs.contract import Contract, IngestRecord

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def ingests(settings) -> IngestTable:
    return IngestTable(table_client(settings, f"ids{uuid4().hex}"))


def record(external_id: str, at: datetime = NOW, contract: Contract = Contract.LMS) -> IngestRecord:
    return IngestRecord(contract, external_id, None, f"compress/{uuid4()}.mp4", at)


def found(ingests: IngestTable, external_id: str) -> list[IngestRecord]:
    return list(ingests.of_id(Contract.LMS, external_id))


def test_a_record_is_found_by_the_name_of_its_upload(ingests) -> None:
    sent = replace(record("abc"), organization_id="org ü")

    ingests.add(sent)

    assert ingests.of_upload(sent.blob_name) == sent


def test_the_newest_of_an_id_comes_first(ingests) -> None:
    old, new, newer = (record("abc", NOW + timedelta(microseconds=n)) for n in range(3))
    for each in (new, newer, old):
        ingests.add(each)

    assert found(ingests, "abc") == [newer, new, old]


@pytest.mark.parametrize(
    "external_id", ["abc", "a b/ü#?%'", "x" * 255, "ü" * 255, "a|b", "a}", "=7C"]
)
def test_any_id_is_found_and_only_that_one(ingests, external_id) -> None:
    sent = record(external_id)
    for other in ("ab", "abc-1", "abcd", "a", external_id + "x", external_id[:-1] or "y"):
        ingests.add(record(other))
    ingests.add(sent)

    assert found(ingests, external_id) == [sent]


def test_one_id_may_be_used_by_both_contracts(ingests) -> None:
    video = record("abc", contract=Contract.VIDEO)
    ingests.add(record("abc"))
    ingests.add(video)

    assert list(ingests.of_id(Contract.VIDEO, "abc")) == [video]


def test_adding_twice_is_adding_once_and_forgetting_too(ingests) -> None:
    sent = record("abc")
    for _ in range(2):
        ingests.add(sent)
    assert found(ingests, "abc") == [sent]

    for _ in range(2):
        ingests.forget(sent)

    assert found(ingests, "abc") == []
    assert ingests.of_upload(sent.blob_name) is None


def test_nothing_is_found_where_nothing_was_ever_sent(ingests) -> None:
    assert found(ingests, "abc") == []
    assert ingests.of_upload("compress/a.mp4") is None
