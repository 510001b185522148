"""The quick timer's work: wakes what lost its worker or message, takes in missed uploads."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from jobs.alarm import TRIGGER_DELAY, Kind
from jobs.upload import Upload
from lifecycle.alarm import answer_alarm
from lifecycle.intake import accept_missed, job_of_version
from lifecycle.services import Services
from lifecycle.tick import Done, in_words, run_steps
from worker.log import log
from worker.work_folder import remove_abandoned

# One tick ends soon, whatever there is to do: the next goes on with the oldest.
TICK_LIMIT_S = 2 * 60.0
# Younger than this an upload that still has no row is looked up at every tick; later by the sweep.
FRESH = timedelta(minutes=2)


def rescue(services: Services) -> Counter[Done]:
    """Does one bounded tick; returns how often each thing was done. Safe to run at any time.

    What may have died comes first: it must not wait behind a long queue of what only waits. Costs
    two queries, a listing of the uploads (a call for each 5,000), one call for each upload that is
    new, and a few for each job whose alarm rings.
    """
    services = services.for_one_tick()
    counts = run_steps(
        [
            (services.alarms.due(Kind.WORKING, services.clock()), partial(answer_alarm, services)),
            (services.alarms.due(Kind.WAITING, services.clock()), partial(answer_alarm, services)),
            (_fresh_uploads(services), partial(_take_in, services)),
        ],
        TICK_LIMIT_S,
    )
    if removed := remove_abandoned(services.settings.work_dir):
        counts[Done.FOLDER_REMOVED] = removed
    if counts:
        log.info("RESCUE done: %s", in_words(counts), extra={"action": "rescue tick"})
    return counts


def _fresh_uploads(services: Services) -> Iterator[Upload]:
    """Those of which no tick of this process has seen the row: it stays as long as they do."""
    fresh = set()
    try:
        for upload in services.uploads.all():
            if TRIGGER_DELAY < services.clock() - upload.seen_at < FRESH:
                fresh.add(upload.version)
                if upload.version not in services.known_uploads:
                    yield upload
    finally:  # also where the tick ends early: what it did not reach is read once more
        services.known_uploads.intersection_update(fresh)


def _take_in(services: Services, upload: Upload) -> Done | None:
    if job_of_version(services, upload):
        services.known_uploads.add(upload.version)
        return None
    return accept_missed(services, upload)
