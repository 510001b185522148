"""The slow timer's work: expires results, clears what nobody owns, finds what all else missed."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from integrations.alarms import Kind
from integrations.blobs import Output
from jobs.due import PATIENCE, is_overlooked, overlooked_from
from jobs.job import Status, Upload
from lifecycle.deliver import finish
from lifecycle.intake import accept_missed, recorded
from lifecycle.look import answer, look_unasked
from lifecycle.rounds import in_words, take
from lifecycle.services import Services, log
from lifecycle.work_folder import remove_abandoned

# One tick ends before the next begins, whatever there is to do; the rest waits for the next tick.
TICK_LIMIT_S = 4 * 60.0
# An upload whose job waits, or is at work, is looked at once in so long.
LOOK_AGAIN = timedelta(minutes=30)


def sweep(services: Services) -> Counter[str]:
    """Does one bounded tick; returns how often each action was taken. Safe to run at any time."""
    counts, services = Counter[str](), services.for_one_tick()
    if services.jobs.is_reachable():  # its answer sets our clock right, before anything is deleted
        counts += take(
            [
                (services.alarms.due(Kind.LEASE, services.clock()), partial(answer, services)),
                (services.alarms.due(Kind.RESCUE, services.clock()), partial(answer, services)),
                (services.alarms.due(Kind.EXPIRY, services.clock()), partial(answer, services)),
                (_unaccounted_uploads(services), partial(_check_upload, services)),
                (services.blobs.outputs(), partial(_check_output, services)),
            ],
            TICK_LIMIT_S,
        )
    else:
        counts["ticks without storage"] += 1
    if removed := remove_abandoned(services.settings.work_dir):
        counts["abandoned folders removed"] = removed
    log.info("CLEANUP done: %s", in_words(counts), extra={"action": "swept"})
    return counts


def _unaccounted_uploads(services: Services) -> Iterator[Upload]:
    """Those that were never looked at; then those whose turn comes again, the oldest look first.

    So each is reached, however many there are, however soon a tick ends, and whichever fail.
    """
    accounted, present, again = services.accounted, set(), []
    for upload in services.blobs.uploads():
        present.add(upload.version)
        if services.clock() - upload.seen_at < PATIENCE:
            continue
        if upload.version not in accounted:
            yield upload
        elif accounted[upload.version] <= services.clock():
            again.append(upload)
    for version in accounted.keys() - present:
        del accounted[version]
    yield from sorted(again, key=lambda upload: accounted[upload.version])


def _check_upload(services: Services, upload: Upload) -> str | None:
    """An upload without a row was missed by the trigger; one with a completed row was left over.

    The others are their alarms' business, unless they seem to have none.
    """
    now = services.clock()
    services.accounted[upload.version] = now
    job, action = recorded(services, upload), None
    if job is None:
        return accept_missed(services, upload)
    if job.status is Status.COMPLETED:
        finish(services, job)
        return "uploads of completed jobs deleted"
    if is_overlooked(job, now, services.terms):
        action = look_unasked(services, job)
    # That of a failed job stays until then; any other may be left over when its job is completed.
    until = overlooked_from(job, services.terms) if job.is_failed else now + LOOK_AGAIN
    services.accounted[upload.version] = until
    return action


def _check_output(services: Services, output: Output) -> str | None:
    """A result that no row points to is an abandoned attempt's, or its row expired."""
    if services.clock() - output.stored_at < services.terms.result:
        return None
    if (key := output.metadata.get("job")) and (job := services.jobs.get_by_key(key)):
        is_the_result = job.processed_blob_name == output.name and (
            job.upload_etag == output.metadata.get("upload_etag")
        )
        if is_the_result and job.status is not Status.FAILED:
            return look_unasked(services, job)  # expires with its row, or will be adopted
    services.blobs.delete_output(output.name, output.etag)
    log.info("CLEANUP: %s deleted, it belongs to no job", output.name)
    return "ownerless results deleted"
