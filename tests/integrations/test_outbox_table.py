"""The outbox on a real table: each step whole or not at all, what is due, what is remembered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from integrations.outbox_table import OutboxTable
from integrations.storage import table_client
from jobs import delivery as law
from jobs.breaker import CLOSED, Breaker, after_failure
from jobs.delivery import AttemptRecord, Delivery, DeliveryKey, DeliveryState
from jobs.event import event_id
from jobs.job import FencedError
from settings import Settings

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOLD = timedelta(hours=80)


@pytest.fixture
def outbox(settings: Settings) -> OutboxTable:
    return OutboxTable(table_client(settings, f"outbox{uuid4().hex}"))


def delivery(number: int = 0, endpoint: str = "e1", **given) -> Delivery:
    at = NOW + number * SECOND
    facts = {
        "endpoint_id": endpoint,
        "id": event_id(at, str(number)),
        "event": "job.completed",
        "happened_at": at,
        "data": '{"name":"ü"}',
        "created_at": at,
        "due": at,
        "deadline": at + HOLD,
        "job_key": "a=2Fb",
        "upload_etag": "0x1",
    }
    return Delivery(**facts | given)


def record(number: int = 1, **given) -> AttemptRecord:
    return AttemptRecord(**{"number": number, "began_at": NOW, "duration_ms": 12} | given)


def plain(found: Delivery | None) -> Delivery | None:
    return found and replace(found, row_etag=None)


def test_a_delivery_comes_back_as_it_was_stored(outbox: OutboxTable) -> None:
    new = delivery(url="https://a.example/?x=1")

    assert outbox.add(new)

    assert plain(outbox.get(new.key)) == new
    waiting = outbox.waiting("e1", 5)
    assert [plain(each) for each in waiting.deliveries] == [new]
    assert (waiting.breaker, waiting.is_all) == (CLOSED, True)


def test_an_event_is_stored_once_for_each_endpoint(outbox: OutboxTable) -> None:
    assert outbox.add(delivery())

    assert not outbox.add(delivery(due=NOW + 9 * SECOND))
    assert outbox.add(delivery(endpoint="e2"))
    assert len(outbox.waiting("e1", 5).deliveries) == 1


def test_of_two_claims_one_wins_and_the_other_changes_nothing(outbox: OutboxTable) -> None:
    new = delivery()
    outbox.add(new)
    one, other = (law.claimed(new, name, NOW + n * SECOND) for n, name in enumerate("ab"))

    outbox.move(new, one)
    with pytest.raises(FencedError):
        outbox.move(new, other)

    assert plain(outbox.get(new.key)) == one
    assert [plain(each) for each in outbox.waiting("e1", 5).deliveries] == [one]


def test_the_same_claim_again_is_known_as_our_own(outbox: OutboxTable) -> None:
    """As when only its answer was lost."""
    new = delivery()
    outbox.add(new)
    mine = law.claimed(new, "a1", NOW)
    outbox.move(new, mine)

    assert outbox.move(new, mine) == mine


def test_a_result_its_log_and_the_breaker_are_written_together(outbox: OutboxTable) -> None:
    new = delivery()
    outbox.add(new)
    mine = outbox.move(new, law.claimed(new, "a1", NOW))
    after = law.delivered(mine, 200, NOW)
    failing = after_failure(CLOSED, NOW)

    outbox.move(mine, after, record(status=200, answer="thänks", address="1.2.3.4"), failing)

    assert plain(outbox.get(new.key)) == after
    waiting = outbox.waiting("e1", 5)
    assert (waiting.deliveries, waiting.breaker) == ((), failing)
    logged = outbox.logged(new.key)
    assert plain(logged.delivery) == after
    assert logged.attempts == (record(status=200, answer="thänks", address="1.2.3.4"),)


def test_a_result_that_comes_too_late_writes_nothing_at_all(outbox: OutboxTable) -> None:
    new = delivery()
    outbox.add(new)
    mine = outbox.move(new, law.claimed(new, "a1", NOW))
    others = outbox.move(mine, law.claimed(mine, "a2", NOW + law.LEASE))

    with pytest.raises(FencedError):
        outbox.move(mine, law.delivered(mine, 200, NOW), record(), after_failure(CLOSED, NOW))

    assert plain(outbox.get(new.key)) == others
    assert outbox.logged(new.key).attempts == ()
    assert outbox.waiting("e1", 5).breaker == CLOSED


def test_what_is_due_comes_first_and_of_the_rest_the_earliest(outbox: OutboxTable) -> None:
    order = [3, 0, 2, 1]
    for number in order:
        outbox.add(delivery(number))

    found = outbox.waiting("e1", 3)

    assert [each.due for each in found.deliveries] == [NOW + n * SECOND for n in range(3)]
    assert not found.is_all
    assert outbox.waiting("e1", 4).is_all


def test_the_breaker_takes_no_place_among_what_is_due(outbox: OutboxTable) -> None:
    for number in range(3):
        outbox.add(delivery(number))
    outbox.set_breaker("e1", after_failure(CLOSED, NOW))

    found = outbox.waiting("e1", 3)

    assert (len(found.deliveries), found.is_all) == (3, True)


@pytest.mark.parametrize(
    "breaker",
    [CLOSED, after_failure(CLOSED, NOW), Breaker(7, NOW, NOW + SECOND, 3, NOW + 9 * SECOND)],
)
def test_a_breaker_comes_back_as_it_was_stored(outbox: OutboxTable, breaker: Breaker) -> None:
    outbox.set_breaker("e1", after_failure(CLOSED, NOW + HOLD))

    outbox.set_breaker("e1", breaker)

    assert outbox.waiting("e1", 1).breaker == breaker


def test_many_are_moved_together_and_those_beside_a_changed_one_stay(
    outbox: OutboxTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.outbox_table.MOST_AT_ONCE", 2)
    new = [delivery(number) for number in range(5)]
    for each in new:
        outbox.add(each)
    outbox.move(new[3], law.claimed(new[3], "a1", NOW))

    count = outbox.move_all((each, law.dropped(each, NOW)) for each in new)

    assert count == 3
    states = [outbox.get(each.key).state for each in new]
    assert states == ["dropped", "dropped", "waiting", "sending", "dropped"]


def test_an_ended_delivery_begins_again_only_once(outbox: OutboxTable) -> None:
    new = delivery()
    outbox.add(new)
    outbox.move(new, law.dropped(new, NOW))
    ended = outbox.get(new.key)
    again = law.replayed(ended, NOW + 60 * SECOND, HOLD)

    outbox.move(ended, again)
    with pytest.raises(FencedError):
        outbox.move(ended, law.replayed(ended, NOW + 61 * SECOND, HOLD))

    assert [plain(each) for each in outbox.waiting("e1", 5).deliveries] == [
        replace(again, row_etag=None)
    ]


def test_a_waiting_delivery_is_brought_forward_by_a_replay(outbox: OutboxTable) -> None:
    new = delivery(due=NOW + HOLD / 2)
    outbox.add(new)

    outbox.move(new, law.replayed(new, NOW, HOLD))

    assert [each.due for each in outbox.waiting("e1", 5).deliveries] == [NOW]


def three_with_logs(outbox: OutboxTable) -> list[Delivery]:
    """Number 0 delivered after two attempts, 1 failed at once, 2 still waits."""
    new = [delivery(number) for number in range(3)]
    for each in new:
        outbox.add(each)
    mine = outbox.move(new[0], law.claimed(new[0], "a1", NOW))
    waits = replace(mine, state=DeliveryState.WAITING, attempt_id=None, due=NOW + 60 * SECOND)
    outbox.move(mine, waits, record(1, error_code="DELIVERY_TIMEOUT"))
    mine = outbox.move(waits, law.claimed(waits, "a2", NOW + 61 * SECOND))
    outbox.move(mine, law.delivered(mine, 200, NOW + 62 * SECOND), record(2, status=200))
    mine = outbox.move(new[1], law.claimed(new[1], "a3", NOW))
    outbox.move(mine, law.given_up(mine, NOW + 5 * SECOND), record(1, status=500))
    return new


def test_a_page_shows_the_newest_first_with_what_each_attempt_found(outbox: OutboxTable) -> None:
    new = three_with_logs(outbox)

    page, following = outbox.page("e1")

    assert [each.delivery.id for each in page] == [new[2].id, new[1].id, new[0].id]
    assert [[a.number for a in each.attempts] for each in page] == [[], [1], [1, 2]]
    assert following is None


def test_pages_follow_each_other_and_cut_no_log(
    outbox: OutboxTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = three_with_logs(outbox)
    whole, _ = outbox.page("e1")
    monkeypatch.setattr("integrations.outbox_table.PAGE", 4)

    found, following, pages = [], None, 0
    while pages == 0 or following:
        after = DeliveryKey("e1", following) if following else None
        page, following = outbox.page("e1", after)
        found += page
        pages += 1

    assert found == whole
    assert pages > 1
    assert {each.delivery.endpoint_id for each in found} == {new[0].endpoint_id}


def test_a_page_after_something_that_is_no_delivery_is_refused(outbox: OutboxTable) -> None:
    with pytest.raises(ValueError):
        outbox.page("e1", DeliveryKey("e1", "x' or 1 eq 1"))


def test_deliveries_are_found_by_how_and_when_they_ended(outbox: OutboxTable) -> None:
    new = three_with_logs(outbox)

    assert [d.id for d in outbox.with_state("e1", DeliveryState.FAILED, NOW)] == [new[1].id]
    assert list(outbox.with_state("e1", DeliveryState.FAILED, NOW + 6 * SECOND)) == []
    assert list(outbox.with_state("e2", DeliveryState.FAILED, NOW)) == []


def test_old_deliveries_go_with_their_logs_unless_they_still_wait(outbox: OutboxTable) -> None:
    new = three_with_logs(outbox)
    later = delivery(3600)
    outbox.add(later)
    outbox.move(later, law.dropped(later, NOW))

    gone, is_waiting = outbox.forget("e1", NOW + 60 * SECOND)

    assert (gone, is_waiting) == (2, True)
    left, _ = outbox.page("e1")
    assert [each.delivery.id for each in left] == [later.id, new[2].id]


def test_more_than_one_transaction_holds_is_forgotten(outbox: OutboxTable) -> None:
    for number in range(70):
        outbox.add(delivery(number))
    everything = outbox.waiting("e1", 100).deliveries
    outbox.move_all((each, law.dropped(each, NOW)) for each in everything)

    assert outbox.forget("e1", NOW + 3600 * SECOND) == (70, False)
    assert outbox.page("e1") == ([], None)


def test_what_was_never_stored_is_not_there(outbox: OutboxTable) -> None:
    assert outbox.get(delivery().key) is None
    assert outbox.get(DeliveryKey("e1", "no id of ours")) is None
    assert outbox.logged(delivery().key) is None
    assert outbox.logged(DeliveryKey("e1", "no id of ours")) is None
    assert outbox.waiting("e1", 5).deliveries == ()
    assert outbox.page("e1") == ([], None)
    assert outbox.forget("e1", NOW) == (0, False)


@pytest.mark.parametrize("name", ["o'clock", "a b", "x' or PartitionKey ne '", "=>"])
def test_no_name_of_an_endpoint_is_taken_for_a_question(outbox: OutboxTable, name: str) -> None:
    outbox.add(delivery())

    assert outbox.waiting(name, 5).deliveries == ()
    assert outbox.page(name) == ([], None)
