"""Which transitions are possible, as the architecture page draws them, and what holds after any."""

import inspect
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from errors import CorruptMediaError, JobCancelledError
from jobs import transitions
from jobs.job import Job, Status
from jobs.timeline import MOST_TRANSITIONS
from jobs.transition_guard import TransitionError

from .samples import FULL, NOW, STEPS, rows
from .test_transitions import TABLE

QUEUED, PROCESSING = Status.QUEUED, Status.PROCESSING
COMPLETED, FAILED, EXPIRED = Status.COMPLETED, Status.FAILED, Status.EXPIRED
# What each transition makes of a job of each status; of any other it makes nothing.
DIAGRAM = {
    "claimed": {QUEUED: PROCESSING, PROCESSING: PROCESSING},
    "with_heartbeat": {PROCESSING: PROCESSING},
    "announced": {PROCESSING: PROCESSING},
    "completed": {PROCESSING: COMPLETED},
    "requeued": {PROCESSING: QUEUED},
    "handed_back": {PROCESSING: QUEUED},
    "failed": {QUEUED: FAILED, PROCESSING: FAILED},
    "cancelled": {QUEUED: FAILED, PROCESSING: FAILED},
    "restarted": {FAILED: QUEUED},
    "prolonged": {COMPLETED: COMPLETED, FAILED: FAILED},
    "discarded": {COMPLETED: COMPLETED, FAILED: FAILED},
    "postponed": {QUEUED: QUEUED, PROCESSING: PROCESSING},
    "woken": {QUEUED: QUEUED, PROCESSING: PROCESSING},
    "published": {COMPLETED: COMPLETED, FAILED: FAILED},
    "held": {COMPLETED: COMPLETED},
    "confirmed": {COMPLETED: COMPLETED},
    "expired": {COMPLETED: EXPIRED, FAILED: EXPIRED},
    "remembered": {EXPIRED: EXPIRED},
}
# What begins a row, or is only shown.
OTHERS = {"created", "in_place_of", "refused", "sent_under", "without_its_attempt"}


def test_the_table_has_a_line_for_every_transition_and_every_status_it_begins_in() -> None:
    public = {
        name
        for name, each in inspect.getmembers(transitions, inspect.isfunction)
        if each.__module__ == transitions.__name__ and not name.startswith("_")
    }

    assert public == DIAGRAM.keys() | OTHERS
    assert {row.what.partition(",")[0] for row in TABLE} == DIAGRAM.keys() == STEPS.keys()


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("name", DIAGRAM)
def test_no_transition_begins_or_ends_but_where_the_diagram_says(name: str, status: Status) -> None:
    job = replace(FULL, status=status)

    if status in DIAGRAM[name]:
        assert STEPS[name](job, NOW).status == DIAGRAM[name][status]
    else:
        with pytest.raises(TransitionError):
            STEPS[name](job, NOW)


@pytest.mark.parametrize("name", STEPS)
def test_every_write_of_a_row_moves_the_time_of_its_last_change(name: str) -> None:
    begins_in, *_ = DIAGRAM[name]

    assert STEPS[name](replace(FULL, status=begins_in), NOW).updated_at == NOW


def test_the_architecture_page_has_the_same_diagram() -> None:
    text = (Path(__file__).parents[2] / "docs/architecture.md").read_text(encoding="utf-8")
    table = text.partition("| transition | from | to |")[2].partition("\n\n")[0]
    lines = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|", table, re.MULTILINE)

    shown = {
        name: ({*re.findall(r"`(\w+)`", begins)}, {*re.findall(r"`(\w+)`", ends)})
        for name, begins, ends in lines
    }

    assert shown == {
        name: ({*map(str, ways)}, {*map(str, ways.values())}) for name, ways in DIAGRAM.items()
    }


@given(rows())
def test_whatever_happens_a_row_tells_the_truth(job: Job) -> None:
    assert job.timeline[-1].to == job.status
    assert [each.at for each in job.timeline] == sorted(each.at for each in job.timeline)
    assert len(job.timeline) <= MOST_TRANSITIONS
    assert (job.lease is not None) == (job.status is PROCESSING)
    assert (job.stage is None) == (job.status is not PROCESSING)
    assert (job.completed_at is not None) == (job.result is not None)
    assert (job.completed_at is None) or (job.failed_at is None)
    assert 0 <= job.attempts_counted <= job.attempts
    assert job.vanished_attempts <= job.attempts_counted
    if job.status in (PROCESSING, COMPLETED):
        assert (job.error_code, job.error_message) == (None, None)
    if job.status is FAILED:
        assert (job.error_code, job.error_message) in {
            (error.code, error.default_message())
            for error in (CorruptMediaError, JobCancelledError)
        }
