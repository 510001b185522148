"""Jobs are listed, the newest first, page by page, as they stand."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from heapq import merge
from itertools import groupby, islice

from integrations.job_index import PAGE
from jobs.alarm import public_view
from jobs.index_entry import IndexEntry, entry_of, is_about, newest_first
from jobs.job import Job, Status
from lifecycle.index import note_end_in_index, tenants_seen_by
from lifecycle.services import Services

DAY = timedelta(days=1)
# For one page, whatever is passed over by its filters; then it ends early, with a continuation.
MOST_EXAMINED = 5000
MOST_DAYS = 40
READ_THROUGH_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class ListedJob:
    """What a list tells of one job."""

    entry: IndexEntry
    status: Status  # as clients are told it


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; None and "" ask for everything."""

    tenant: str = ""
    status: Status | None = None
    since: datetime | None = None
    until: datetime | None = None
    prefix: str = ""

    @property
    def question(self) -> tuple[str, ...]:
        """A continuation goes with no other."""
        asked = (self.tenant, self.status, self.since, self.until, self.prefix)
        return ("jobs", *(str(each or "") for each in asked))


# Of an entry: its day, and its key.
Place = tuple[datetime, str]


def list_jobs(
    services: Services, filters: Filters, limit: int, continuation: str | None
) -> tuple[list[ListedJob], str | None]:
    """Up to `limit` jobs, and the continuation for the next page, if there may be one.

    A page may hold fewer, also none, although another one follows. Raises BadContinuationError,
    before anything is asked of storage.
    """
    of = filters.question
    place = services.continuations.read(of, continuation) if continuation else None
    found: list[ListedJob] = []
    pages = _groups(services, filters, _begin(services, filters, place), limit)
    for group, stop in pages:
        for each in _as_they_stand(services, group):
            if filters.status in (None, each.status):
                found.append(each)
                if len(found) == limit:
                    return found, _sealed(
                        services, filters, (day_of(each.entry.created_at), each.entry.key)
                    )
        if stop is not None:
            return found, _sealed(services, filters, stop)
    return found, None


def oldest_listed(services: Services) -> datetime:
    """From when on jobs are in the index for certain."""
    return services.clock() - services.retention.history


def day_of(at: datetime) -> datetime:
    """Its beginning."""
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)


def days_between(newest: datetime, oldest: datetime) -> Iterator[datetime]:
    """The beginnings of days, the newest first."""
    day = day_of(newest)
    while day + DAY > oldest:
        yield day
        day -= DAY


def read_through(services: Services, entry: IndexEntry) -> tuple[IndexEntry, Job] | None:
    """An open entry by what the row says, or the history; None when the job is in neither.

    It was never there, or a newer upload has replaced it. What has ended is noted.
    """
    for table in (services.jobs, services.history):
        job = table.get_by_key(entry.job_key)
        if job and is_about(entry, job):
            if job.is_settled:
                note_end_in_index(services, job)
            return entry_of(job, entry.tenant), job
    return None


def _begin(services: Services, filters: Filters, place: list[str] | None) -> Place:
    if place:
        return datetime.fromisoformat(place[0]), place[1]
    until = filters.until or services.clock()
    # What is accepted at this moment may carry the time of another machine.
    return (until, newest_first(until)) if filters.until else (until + DAY, "")


def _groups(
    services: Services, filters: Filters, begin: Place, limit: int
) -> Iterator[tuple[list[IndexEntry], Place | None]]:
    """Groups of entries that pass the filters; the last with a place, if it is not the end."""
    oldest = oldest_listed(services)
    since = max(filters.since or oldest, oldest)
    (day, after), examined = begin, 0
    for number, each in enumerate(days_between(day, since)):
        if number == MOST_DAYS:
            yield [], (each, "")
            return
        entries = _of_day(services, filters, (each, after), limit)
        while group := list(islice(entries, READ_THROUGH_AT_ONCE)):
            examined += len(group)
            wanted = [entry for entry in group if _is_wanted(entry, filters, since)]
            is_enough = examined >= MOST_EXAMINED
            yield wanted, (each, group[-1].key) if is_enough else None
            if is_enough or group[-1].created_at < since:
                return
        after = ""


def _of_day(services: Services, filters: Filters, begin: Place, limit: int) -> Iterator[IndexEntry]:
    """Of all tenants whose jobs are seen, by time; once where its owner changed meanwhile."""
    groups = -(-limit // READ_THROUGH_AT_ONCE)
    page = PAGE if filters.prefix else groups * READ_THROUGH_AT_ONCE
    each_of = (
        services.index.of_day(tenant, *begin, filters.status, page)
        for tenant in tenants_seen_by(services, filters.tenant)
    )
    for _, same in groupby(merge(*each_of, key=_key_of), _key_of):
        entries = list(same)
        yield next((entry for entry in entries if entry.status), entries[0])


def _key_of(entry: IndexEntry) -> str:
    return entry.key


def _is_wanted(entry: IndexEntry, filters: Filters, since: datetime) -> bool:
    return entry.created_at >= since and entry.blob_name.startswith(filters.prefix)


def _as_they_stand(services: Services, group: list[IndexEntry]) -> list[ListedJob]:
    """Without those whose job there is not, or not any more."""
    show = partial(_listed, services)
    if sum(entry.status is None for entry in group) < 2:
        return [each for each in map(show, group) if each]
    with ThreadPoolExecutor(READ_THROUGH_AT_ONCE) as threads:
        return [each for each in threads.map(show, group) if each]


def _listed(services: Services, entry: IndexEntry) -> ListedJob | None:
    if entry.status:
        return ListedJob(entry, entry.status)
    found = read_through(services, entry)
    if found is None:
        return None
    now_known, job = found
    status = now_known.status or public_view(job, services.clock()).status
    return ListedJob(now_known, status)


def _sealed(services: Services, filters: Filters, place: Place) -> str:
    day, key = place
    return services.continuations.made(filters.question, (day.isoformat(), key))
