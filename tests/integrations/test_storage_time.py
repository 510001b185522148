"""The time is storage's, however wrong our own clock is."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.job_queue import JobQueue
from integrations.storage import blob_service, queue_client, table_client
from integrations.storage_time import StorageTime
from integrations.tracking import JobTable
from integrations.uploads import Uploads
from settings import Settings

NOON = datetime(2031, 5, 6, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def error_s(time: StorageTime) -> float:
    """How far off it is from the true time, which Azurite has as well."""
    return abs((time() - datetime.now(UTC)).total_seconds())


@pytest.mark.parametrize("minutes", [-300, -5, 5, 300])
@pytest.mark.parametrize("service", ["blob", "queue", "table"])
def test_any_answer_of_storage_corrects_a_wrong_clock(settings: Settings, service, minutes) -> None:
    time = StorageTime(lambda: datetime.now(UTC) + timedelta(minutes=minutes))

    if service == "blob":
        Uploads(blob_service(settings, time)).get("missing.png")
    elif service == "queue":
        queues = (queue_client(settings, name, time) for name in ("time", "time-high"))
        JobQueue(*queues).is_reachable()
    else:
        JobTable(table_client(settings, "missing", time)).get("missing.png")

    assert error_s(time) < 2


def test_a_right_clock_is_left_alone(settings: Settings) -> None:
    time = StorageTime(lambda: datetime.now(UTC))

    for _ in range(5):
        Uploads(blob_service(settings, time)).get("missing.png")

    assert error_s(time) < 0.1


def test_a_slow_answer_does_not_mislead() -> None:
    time = StorageTime(lambda: NOON)

    time.learn(NOON - 29 * SECOND, asked_at=NOON - 30 * SECOND, answered_at=NOON)
    time.learn(NOON - SECOND, asked_at=NOON - 30 * SECOND, answered_at=NOON)

    assert time() == NOON


def test_a_clock_that_was_set_right_is_believed_again() -> None:
    own = [NOON + timedelta(minutes=5)]
    time = StorageTime(lambda: own[0])
    time.learn(NOON, own[0], own[0])
    assert abs(time() - NOON) <= SECOND

    own[0] = NOON
    time.learn(NOON, own[0], own[0])

    assert abs(time() - NOON) <= SECOND
