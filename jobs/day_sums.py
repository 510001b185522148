"""What became of the jobs of one day, by the type of their files: counted, and never listed."""

import json
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from jobs.index_entry import IndexEntry
from jobs.job import Status

# Upper ends of the histogram of seconds, each a fifth more than the one before; up to an hour.
BOUNDS = tuple(round(0.1 * 2 ** (step / 4), 3) for step in range(62))


@dataclass(slots=True)
class Sums:
    """Of one type, of one day, or of several."""

    jobs: int = 0
    completed: int = 0
    failed: int = 0
    bytes_before: int = 0  # of completed jobs, as in the next
    bytes_after: int = 0
    counts: dict[int, int] = field(default_factory=dict)  # by place in BOUNDS; the last is beyond

    def add(self, entry: IndexEntry) -> None:
        """Counts one job."""
        self.jobs += 1
        self.failed += entry.status is Status.FAILED
        if entry.status is Status.COMPLETED:
            self.completed += 1
            self.bytes_before += entry.bytes_before
            self.bytes_after += entry.bytes_after or 0
            place = bisect_left(BOUNDS, entry.seconds or 0.0)
            self.counts[place] = self.counts.get(place, 0) + 1

    def merge(self, other: Self) -> None:
        """Counts what the other one has counted."""
        self.jobs += other.jobs
        self.completed += other.completed
        self.failed += other.failed
        self.bytes_before += other.bytes_before
        self.bytes_after += other.bytes_after
        for place, count in other.counts.items():
            self.counts[place] = self.counts.get(place, 0) + count

    @property
    def success_share(self) -> float | None:
        """Completed jobs among those that ended."""
        ended = self.completed + self.failed
        return self.completed / ended if ended else None

    @property
    def bytes_saved(self) -> int:
        """By completed jobs."""
        return self.bytes_before - self.bytes_after

    def seconds_of(self, share: float) -> float | None:
        """So long at most took that share of completed jobs; right to a fifth. None: no job did."""
        left = share * self.completed
        for place in sorted(self.counts):
            left -= self.counts[place]
            if left <= 0:
                return BOUNDS[min(place, len(BOUNDS) - 1)]
        return None


def merged(several: Iterable[Sums]) -> Sums:
    """All of them together."""
    total = Sums()
    for each in several:
        total.merge(each)
    return total


DaySums = dict[str, Sums]  # by type


def sums_of(entries: Iterable[IndexEntry]) -> DaySums:
    """The sums of these jobs."""
    sums: DaySums = {}
    for entry in entries:
        sums.setdefault(entry.file_type, Sums()).add(entry)
    return sums


def encode(sums: DaySums) -> str:
    """JSON text, for the row of a day."""
    rows = {kind: (*_numbers(each), sorted(each.counts.items())) for kind, each in sums.items()}
    return json.dumps(rows, separators=(",", ":"))


def decode(text: str) -> DaySums:
    """Reads what encode() wrote."""
    return {
        kind: Sums(jobs, completed, failed, before, after, dict(counts))
        for kind, (jobs, completed, failed, before, after, counts) in json.loads(text).items()
    }


def _numbers(sums: Sums) -> tuple[int, int, int, int, int]:
    return sums.jobs, sums.completed, sums.failed, sums.bytes_before, sums.bytes_after
