"""Rows, as the app uses them, are the same on each storage."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from errors import StorageUnavailableError
from jobs import transitions
from jobs.alarm import Alarm, Kind
from jobs.job import FencedError, Status
from jobs.result import Result

from .conftest import NOW


@contextmanager
def told(error):
    """What a block raised, by name."""
    raised = []
    try:
        yield raised
    except error as found:
        raised.append(type(found).__name__)


def test_a_row_is_created_once_and_changed_in_its_version_only(storage):
    def story():
        first = storage.jobs.insert(storage.job("a.png"))
        with told(FencedError) as again:
            storage.jobs.insert(replace(storage.job("a.png"), upload_etag="0x2"))
        second = storage.jobs.replace(transitions.claimed(first, "one", NOW, timedelta(seconds=45)))
        with told(FencedError) as stale:
            storage.jobs.replace(transitions.claimed(first, "two", NOW, timedelta(seconds=45)))
        assert storage.jobs.get("a.png") == second
        return again + stale, storage.jobs.delete(first), storage.jobs.delete(second)

    assert storage.run(story) == (["FencedError"] * 2, False, True)
    assert storage.run(lambda: storage.jobs.get("a.png")) is None


def test_deleting_a_row_that_is_gone_is_no_error(storage):
    def story():
        job = storage.jobs.insert(storage.job("a.png"))
        return storage.jobs.delete(job), storage.jobs.delete(job)

    assert storage.run(story) == (True, True)


def test_a_refused_write_of_our_own_counts_as_ours(storage):
    def story():
        job = storage.jobs.insert(storage.job("a.png"))
        claimed = transitions.claimed(job, "one", NOW, timedelta(seconds=45))
        storage.jobs.replace(claimed)
        return storage.jobs.replace(claimed) == storage.jobs.get("a.png")

    assert storage.run(story)


def test_rows_are_found_by_status(storage):
    def story():
        for number, name in enumerate(("a.png", "b.png", "c.png")):
            job = storage.jobs.insert(storage.job(name))
            if number:
                storage.jobs.replace(replace(job, status=Status.COMPLETED))
        return [job.blob_name for job in storage.jobs.with_status(Status.COMPLETED)]

    assert storage.run(story) == ["b.png", "c.png"]


def test_alarms_are_found_by_their_time(storage):
    def story():
        alarms = storage.services.alarms
        set_for = [Alarm(Kind.WAITING, "a", NOW + timedelta(minutes=each)) for each in (3, 1, 2)]
        for alarm in set_for:
            alarms.set(alarm)
            alarms.set(alarm)
        due = list(alarms.due(Kind.WAITING, NOW + timedelta(minutes=3)))
        for alarm in set_for:
            alarms.clear(alarm)
            alarms.clear(alarm)
        left = list(alarms.due(Kind.WAITING, NOW + timedelta(minutes=9)))
        return [(alarm.at - NOW) / timedelta(minutes=1) for alarm in due], left

    assert storage.run(story) == ([1, 2], [])


def test_a_row_comes_back_as_it_was_written(storage):
    def story():
        job = storage.job("folder/größe 日本.png")
        job = transitions.claimed(job, "one", NOW, timedelta(seconds=45))
        job = transitions.requeued(job, StorageUnavailableError(), NOW, NOW)
        job = transitions.claimed(job, "two", NOW, timedelta(seconds=45))
        result = Result(
            "a.webp", "http://a", "0x2", 2**33, 2**32, 1.25, "webp", passthrough="It's \u2028."
        )
        job = transitions.completed(job, result, NOW)
        stored = storage.jobs.insert(job)
        return stored.in_version(None) == job, storage.jobs.get(job.blob_name) == stored

    assert storage.run(story) == (True, True)


def test_a_row_is_put_over_whatever_is_there(storage):
    def story():
        history = storage.services.history
        history.put(storage.job("a.png"))
        history.put(replace(storage.job("a.png"), upload_etag="0x2"))
        return history.get("a.png").upload_etag

    assert storage.run(story) == "0x2"


def test_without_its_table_no_row_is_there_and_a_write_makes_it(account):
    def story():
        missing = account.jobs.get("a.png"), list(account.services.alarms.due(Kind.WAITING, NOW))
        account.jobs.insert(account.job("a.png"))
        return missing, account.jobs.get("a.png").blob_name, account.jobs.is_reachable()

    assert account.run(story) == ((None, []), "a.png", True)


def test_alarms_of_one_kind_are_found_apart_page_by_page_whatever_the_names(storage):
    def story():
        alarms = storage.services.alarms
        names = ("a", "=2F", "Z-1", "a'b", "ab")
        for minute, name in enumerate(names):
            alarms.set(Alarm(Kind.WAITING, name, NOW + timedelta(minutes=minute)))
            alarms.set(Alarm(Kind.WORKING, name, NOW + timedelta(minutes=minute)))
        due = alarms.due(Kind.WAITING, NOW + timedelta(hours=1))
        return [alarm.job_key for alarm in due]

    assert storage.run(story) == ["a", "=2F", "Z-1", "a'b", "ab"]
