"""Jobs are counted by the day on which they were accepted; a day that is over is counted once."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from jobs.day_sums import DaySums, Sums, sums_of
from jobs.index_entry import DAY as DAY_MARK
from jobs.index_entry import IndexEntry
from lifecycle.index import tenants_seen_by
from lifecycle.job_list import DAY, day_of, days_between, oldest_listed, read_through
from lifecycle.services import Services

# After its end; a job may still be accepted with the time of a machine whose clock is behind.
CLOSED_AFTER = timedelta(hours=1)


def statistics(
    services: Services, tenant: str, first: datetime, last: datetime
) -> dict[datetime, DaySums]:
    """By day and type of file, the jobs that were accepted from one day to the other."""
    found: dict[datetime, DaySums] = {}
    first = max(first, day_of(oldest_listed(services)))
    for each in tenants_seen_by(services, tenant):
        for day, sums in _of_tenant(services, each, first, min(last, services.clock())):
            total = found.setdefault(day, {})
            for kind, counted in sums.items():
                total.setdefault(kind, Sums()).merge(counted)
    return dict(sorted(found.items()))


def keep_index(services: Services) -> None:
    """Counts the day that is over, once, and drops months that nobody asks for any more."""
    yesterday = day_of(services.clock()) - DAY
    is_closed = services.clock() - yesterday > DAY + CLOSED_AFTER
    if is_closed and yesterday not in services.counted_days:
        statistics(services, "", yesterday, yesterday)
        services.counted_days.add(yesterday)
    services.index.drop_before(oldest_listed(services))


def _of_tenant(
    services: Services, tenant: str, first: datetime, last: datetime
) -> Iterator[tuple[datetime, DaySums]]:
    months: dict[str, dict[str, DaySums]] = {}
    for day in days_between(last, first):
        month = f"{day:%Y%m}"
        if month not in months:
            begin = max(first, day.replace(day=1))
            months[month] = services.index.sums(tenant, begin, day)
        stored = months[month].get(f"{day:{DAY_MARK}}")
        sums = stored if stored is not None else _counted(services, tenant, day)
        if sums:
            yield day, sums


def _counted(services: Services, tenant: str, day: datetime) -> DaySums:
    """Stored where the day is over, and each of its jobs has ended."""
    entries, is_open = list[IndexEntry](), False
    for entry in services.index.of_day(tenant, day):
        found = entry if entry.status else next(iter(read_through(services, entry) or ()), None)
        if isinstance(found, IndexEntry):
            entries.append(found)
            is_open = is_open or found.status is None
    sums = sums_of(entries)
    if sums and not is_open and day + DAY + CLOSED_AFTER < services.clock():
        services.index.put_sums(tenant, day, sums)
    return sums
