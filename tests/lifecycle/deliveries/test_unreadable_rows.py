"""Rows of webhooks and deliveries that cannot be read: each hurts its own thing alone."""

import pytest
from azure.data.tables import UpdateMode

from errors import UnreadableRowError
from integrations.endpoint_table import PARTITION
from lifecycle.deliveries import page_of
from lifecycle.dispatcher import dispatch

from .delivering import Delivering, arrive


def edit(post: Delivering, partition: str, key: str, **columns: object) -> None:
    table = post.services.outbox._table
    row = dict(table.get_entity(partition, key)) | columns
    table.update_entity(row, mode=UpdateMode.REPLACE)
    post.services.endpoints.forget()


def keys(post: Delivering, endpoint_id: str, begin: str) -> list[str]:
    rows = post.services.outbox._table.query_entities(f"PartitionKey eq '{endpoint_id}'")
    return [row["RowKey"] for row in rows if row["RowKey"].startswith(begin)]


def test_a_webhook_that_cannot_be_read_hurts_no_job_and_no_other_webhook(
    post: Delivering, caplog: pytest.LogCaptureFixture
) -> None:
    edited, other = post.webhook(), post.webhook()
    edit(post, PARTITION, edited, events="{")

    for name in ("a.png", "b.png"):
        post.fail(name)
    dispatch(post.services, post.woken())

    assert {event["data"]["blob_name"] for event in arrive(post, other)} == {"a.png", "b.png"}
    assert caplog.text.count("is left alone") == 1
    with pytest.raises(UnreadableRowError):
        post.services.endpoints.get(edited)


def test_what_waits_for_a_webhook_that_cannot_be_read_waits_until_it_can(
    post: Delivering, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint_id = post.webhook()
    post.fail("a.png")
    edit(post, PARTITION, endpoint_id, kind="pigeon")
    dispatch(post.services, [endpoint_id])
    assert post.receivers[endpoint_id].received == []
    assert "Traceback" not in caplog.text

    edit(post, PARTITION, endpoint_id, kind="webhook")
    dispatch(post.services, [endpoint_id])

    assert [event["data"]["blob_name"] for event in arrive(post, endpoint_id)] == ["a.png"]


def test_a_delivery_that_cannot_be_read_keeps_no_other_waiting(post: Delivering) -> None:
    endpoint_id = post.webhook()
    post.fail("a.png")
    (due,) = keys(post, endpoint_id, "d-")
    edit(post, endpoint_id, due, state="dreaming")
    (truth,) = keys(post, endpoint_id, "x-")
    edit(post, endpoint_id, truth, created_at="yesterday", state="dreaming")
    post.fail("b.png")

    dispatch(post.services, [endpoint_id])

    assert [event["data"]["blob_name"] for event in arrive(post, endpoint_id)] == ["b.png"]
    page, _ = page_of(post.services, endpoint_id, None, None)
    assert [each.delivery.state for each in page] == ["delivered"]


def test_a_breaker_that_cannot_be_read_is_closed(post: Delivering) -> None:
    endpoint_id = post.webhook()
    post.services.outbox._table.upsert_entity(
        {"PartitionKey": endpoint_id, "RowKey": "d", "failures": "many", "open_until": "later"}
    )
    post.fail("a.png")

    dispatch(post.services, [endpoint_id])

    assert len(arrive(post, endpoint_id)) == 1
