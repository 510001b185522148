"""Deliveries, which move by transactions, are the same on each storage."""

from datetime import timedelta

from jobs import delivery as law
from jobs.breaker import CLOSED, after_failure
from jobs.delivery import AttemptRecord, Delivery
from jobs.event import event_id
from jobs.job import FencedError

from .conftest import NOW
from .test_tables import told

SECOND = timedelta(seconds=1)


def delivery(number=0):
    at = NOW + number * SECOND
    return Delivery(
        endpoint_id="e1",
        id=event_id(at, str(number)),
        event="job.completed",
        happened_at=at,
        data="{}",
        created_at=at,
        due=at,
        deadline=at + timedelta(hours=80),
    )


def test_a_step_is_made_by_one_and_as_a_whole(storage):
    outbox, new = storage.services.outbox, delivery()
    one, other = (law.claimed(new, name, NOW + n * SECOND) for n, name in enumerate("ab"))

    def story():
        stored = outbox.add(new), outbox.add(new)
        outbox.move(new, one)
        with told(FencedError) as lost:
            outbox.move(new, other)
        waiting = outbox.waiting("e1", 9)
        return stored, lost, [each.in_version(None) for each in waiting.deliveries]

    assert storage.run(story) == ((True, False), ["FencedError"], [one])


def test_what_has_ended_leaves_its_log_and_is_changed_in_its_version_only(storage):
    outbox, new = storage.services.outbox, delivery()
    mine = law.claimed(new, "a", NOW)
    record = AttemptRecord(number=1, began_at=NOW, duration_ms=12, status=200)

    def story():
        outbox.add(new)
        outbox.move(new, mine)
        outbox.move(mine, law.delivered(mine, 200, NOW), record, after_failure(CLOSED, NOW))
        ended = outbox.get(new.key)
        outbox.move(ended, law.replayed(ended, NOW, timedelta(hours=1)))
        with told(FencedError) as stale:
            outbox.move(ended, law.replayed(ended, NOW + SECOND, timedelta(hours=1)))
        waiting = outbox.waiting("e1", 9)
        return stale, outbox.logged(new.key).attempts, waiting.breaker.failures

    assert storage.run(story) == (["FencedError"], (record,), 1)


def test_of_many_steps_at_once_none_is_made_where_one_is_refused(storage):
    outbox, several = storage.services.outbox, [delivery(number) for number in range(3)]

    def story():
        for each in several[:2]:
            outbox.add(each)
        moved = outbox.move_all((each, law.dropped(each, NOW)) for each in several)
        left = len(outbox.waiting("e1", 9).deliveries)
        again = outbox.move_all((each, law.dropped(each, NOW)) for each in several[:2])
        return moved, left, again, outbox.waiting("e1", 9).deliveries

    assert storage.run(story) == (0, 2, 2, ())


def test_old_ones_are_removed_with_their_logs_and_others_wait(storage):
    outbox, ended, waiting = storage.services.outbox, delivery(), delivery(1)

    def story():
        for each in (ended, waiting):
            outbox.add(each)
        outbox.move(ended, law.dropped(ended, NOW))
        found = outbox.forget("e1", NOW + timedelta(days=1))
        return found, outbox.get(ended.key), outbox.get(waiting.key).in_version(None)

    assert storage.run(story) == ((1, True), None, waiting)
