"""The quick timer's work: wakes what lost its worker or message, takes in missed uploads."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from integrations.alarms import Kind
from jobs.due import PATIENCE
from jobs.job import Upload
from lifecycle.intake import accept_missed, recorded
from lifecycle.look import answer
from lifecycle.rounds import in_words, take
from lifecycle.services import Services, log
from lifecycle.work_folder import remove_abandoned

# One tick ends soon, whatever there is to do: the next goes on with the oldest.
TICK_LIMIT_S = 2 * 60.0
# Younger than this an upload that still has no row is looked up at every tick; later by the sweep.
FRESH = timedelta(minutes=2)


def rescue(services: Services) -> Counter[str]:
    """Does one bounded tick; returns how often each action was taken. Safe to run at any time.

    What may have died comes first: it must not wait behind a long queue of what only waits. Costs
    two queries, a listing of the uploads (a call for each 5,000), one call for each upload that is
    new, and a few for each job whose alarm rings.
    """
    services = services.for_one_tick()
    counts = take(
        [
            (services.alarms.due(Kind.LEASE, services.clock()), partial(answer, services)),
            (services.alarms.due(Kind.RESCUE, services.clock()), partial(answer, services)),
            (_fresh_uploads(services), partial(_take_in, services)),
        ],
        TICK_LIMIT_S,
    )
    if removed := remove_abandoned(services.settings.work_dir):
        counts["abandoned folders removed"] = removed
    if counts:
        log.info("RESCUE done: %s", in_words(counts), extra={"action": "rescue tick"})
    return counts


def _fresh_uploads(services: Services) -> Iterator[Upload]:
    """Those of which no tick of this process has seen the row: it stays as long as they do."""
    fresh = set()
    try:
        for upload in services.blobs.uploads():
            if PATIENCE < services.clock() - upload.seen_at < FRESH:
                fresh.add(upload.version)
                if upload.version not in services.recorded:
                    yield upload
    finally:  # also where the tick ends early: what it did not reach is read once more
        services.recorded.intersection_update(fresh)


def _take_in(services: Services, upload: Upload) -> str | None:
    if recorded(services, upload):
        services.recorded.add(upload.version)
        return None
    return accept_missed(services, upload)
