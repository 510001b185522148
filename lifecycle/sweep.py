"""The slow timer's work: expires results, clears what nobody owns, finds what all else missed."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from errors import BlobLockedError
from integrations.audit_table import AuditTable
from integrations.keyed_request_table import KeyedRequestTable
from integrations.results import StoredResult
from integrations.upload_link_table import UploadLinkTable
from jobs.alarm import TRIGGER_DELAY, Kind, is_missed, missed_from
from jobs.job import Status
from jobs.upload import Upload
from lifecycle.alarm import answer_alarm, answer_now
from lifecycle.intake import accept_missed, job_of_version
from lifecycle.services import Services
from lifecycle.statistics import keep_index
from lifecycle.store import delete_upload_of
from lifecycle.tick import Done, in_words, run_steps
from worker.log import log
from worker.work_folder import remove_abandoned

# One tick ends before the next begins, whatever there is to do; the rest waits for the next tick.
TICK_LIMIT_S = 4 * 60.0
# An upload whose job waits, or is at work, is checked once in so long.
CHECK_AGAIN = timedelta(minutes=30)
TELL_AGAIN = timedelta(days=1)
CONTAINERS_ARE_OURS = "keep files of your own in another container"


def sweep(services: Services) -> Counter[Done]:
    """Does one bounded tick; returns how often each thing was done. Safe to run at any time."""
    counts, services = Counter[Done](), services.for_one_tick()
    if services.jobs.is_reachable():  # its answer sets our clock right, before anything is deleted
        now, answer = services.clock(), partial(answer_alarm, services)
        counts += run_steps(
            [
                (services.alarms.due(Kind.WORKING, now), answer),
                (services.alarms.due(Kind.WAITING, now), answer),
                (services.alarms.due(Kind.ENDED, now), answer),
                (_unchecked_uploads(services), partial(_check_upload, services)),
                (_unchecked_results(services), partial(_check_result, services)),
                (_dated_tables(services), partial(_drop_old, services)),
                (("the index of jobs",), lambda _: keep_index(services)),
            ],
            TICK_LIMIT_S,
        )
    else:
        counts[Done.NO_STORAGE] += 1
    if removed := remove_abandoned(services.settings.work_dir):
        counts[Done.FOLDER_REMOVED] = removed
    log.info("CLEANUP done: %s", in_words(counts), extra={"action": "swept"})
    return counts


def _dated_tables(services: Services) -> list[UploadLinkTable | KeyedRequestTable | AuditTable]:
    """Those that are kept for a while; without managed keys there is no audit."""
    audit = [services.keys.audit] if services.settings.managed_keys else []
    return [services.upload_links, services.keyed_requests, *audit]


def _drop_old(services: Services, tables: UploadLinkTable | KeyedRequestTable | AuditTable) -> None:
    """What is kept for a month or a day goes as a whole."""
    tables.drop_old(services.clock())


def _unchecked_uploads(services: Services) -> Iterator[Upload]:
    """Those that were never checked; then those whose turn comes again, the oldest check first.

    So each is reached, however many there are, however soon a tick ends, and whichever fail.
    """
    next_checks, present, again = services.next_checks, set(), []
    for upload in services.uploads.all():
        present.add(upload.version)
        if services.clock() - upload.seen_at < TRIGGER_DELAY:
            continue
        if upload.version not in next_checks:
            yield upload
        elif next_checks[upload.version] <= services.clock():
            again.append(upload)
    for version in next_checks.keys() - present:
        del next_checks[version]
    yield from sorted(again, key=lambda upload: next_checks[upload.version])


def _check_upload(services: Services, upload: Upload) -> Done | None:
    """An upload without a row was missed by the trigger; one with a completed row was left over.

    The others are their alarms' business, unless they seem to have none.
    """
    now = services.clock()
    services.next_checks[upload.version] = now
    job, done = job_of_version(services, upload), None
    if job is None:
        done = accept_missed(services, upload)
        if done is None:  # its job has expired, but somebody keeps the upload
            services.next_checks[upload.version] = now + CHECK_AGAIN
        return done
    if job.status is Status.COMPLETED:
        try:
            delete_upload_of(services, job)
        except BlobLockedError:
            services.next_checks[upload.version] = now + CHECK_AGAIN
            return None
        return Done.UPLOAD_DELETED
    if is_missed(job, now, services.retention):
        done = answer_now(services, job)
    # That of a failed job stays until then; any other may be left over when its job is completed.
    until = missed_from(job, services.retention) if job.is_failed else now + CHECK_AGAIN
    services.next_checks[upload.version] = until
    return done


def _unchecked_results(services: Services) -> Iterator[StoredResult]:
    """Those that were never checked, or whose turn comes again."""
    next_checks, present = services.next_result_checks, set()
    for stored in services.results.all():
        present.add(stored.version)
        first_check = stored.stored_at + services.retention.result
        if services.clock() >= next_checks.get(stored.version, first_check):
            yield stored
    for version in next_checks.keys() - present:
        del next_checks[version]


def _check_result(services: Services, stored: StoredResult) -> Done | None:
    """A result that no row points to is an abandoned attempt's, or its row expired."""
    now = services.clock()
    if (key := stored.marks.job) and (job := services.jobs.get_by_key(key)):
        is_the_result = job.result_name == stored.name and stored.marks.is_of_upload(job)
        if is_the_result and not job.is_failed:  # expires with its row, or will be adopted
            if is_missed(job, now, services.retention):
                return answer_now(services, job)
            services.next_result_checks[stored.version] = missed_from(job, services.retention)
            return None
    if not key:
        log.warning("CLEANUP: %s is not ours, and is kept; %s", stored.name, CONTAINERS_ARE_OURS)
        services.next_result_checks[stored.version] = now + TELL_AGAIN
        return None
    try:
        services.results.delete(stored.name, stored.etag)
    except BlobLockedError:
        services.next_result_checks[stored.version] = now + CHECK_AGAIN
        return None
    log.info("CLEANUP: %s deleted, it belongs to no job", stored.name)
    return Done.OWNERLESS_RESULT_DELETED
