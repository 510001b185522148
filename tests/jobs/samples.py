"""Jobs for the tests of this room: one with a value in every field, and rows as they come about."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from errors import CorruptMediaError, TimeLimitError, WorkerStoppedError
from jobs import transitions
from jobs.contract import Contract
from jobs.delivery import DeliveryKey
from jobs.job import Job, Status
from jobs.lease import Lease
from jobs.result import Result
from jobs.stage import Stage
from jobs.timeline import Transition
from jobs.transition_guard import TransitionError
from jobs.upload import Upload
from notes import Note, NoteCode
from order import Order

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = BEGIN + timedelta(hours=1)
LATER = NOW + timedelta(minutes=5)
LEASE = timedelta(seconds=45)
ORDER = Order(profile="lms720", retention=7, reference="Kurs 7")
UPLOAD = Upload("a/film.mp4", 5_000_000, "0x1", BEGIN - timedelta(seconds=3))
# Everything that can be said, at once.
ALL_NOTES = tuple(Note(code, ("12.5",) * code.value.count("{}")) for code in NoteCode)
DELIVERY = DeliveryKey("wh_1", "msg_1")
RESULT = Result("a/film.mp4", "http://x/film.mp4", "0x2", 5_000_000, 1_250_000, 3.5, "mp4")

# No field is as it would be if nobody had set it: what a transition clears or leaves alone is seen.
FULL = Job(
    blob_name=UPLOAD.blob_name,
    status=Status.QUEUED,
    upload_etag=UPLOAD.etag,
    file_size=UPLOAD.size_bytes,
    file_type="mp4",
    created_at=BEGIN,
    updated_at=BEGIN + timedelta(minutes=1),
    enqueued_at=BEGIN + timedelta(minutes=2),
    order=ORDER,
    contract=Contract.VIDEO,
    external_id="v-1",
    organization_id="org-1",
    attempts=4,
    vanished=1,
    handed_back=1,
    lighter_steps=1,
    lease=Lease("one", BEGIN + timedelta(minutes=3)),
    next_attempt_at=BEGIN + timedelta(minutes=4),
    stage=Stage.VERIFYING,
    progress=41.5,
    processing_started_at=BEGIN + timedelta(minutes=5),
    completed_at=BEGIN + timedelta(minutes=6),
    failed_at=BEGIN + timedelta(minutes=7),
    result_name="a/film-1.mp4",
    result=RESULT,
    error_code="CORRUPT",
    error_message="broken",
    upload_kept=True,
    upload_unwanted=True,
    unpublished=True,
    published=(DeliveryKey("wh_0", "msg_0"),),
    confirmed_at=BEGIN + timedelta(minutes=7),
    keep_until=BEGIN + timedelta(minutes=8),
    deleted_at=BEGIN + timedelta(minutes=9),
    timeline=(Transition(BEGIN, "queued", 0, upload_etag="0x1"),),
    row_etag="W/1",
)

Step = Callable[[Job, datetime], Job]
STEPS: dict[str, Step] = {
    "claimed": lambda job, now: transitions.claimed(job, f"{job.attempts}", now, LEASE),
    "with_heartbeat": lambda job, now: transitions.with_heartbeat(
        job, now, LEASE, Stage.ENCODING, 5.0
    ),
    "announced": lambda job, now: transitions.announced(job, RESULT.name, now, LEASE),
    "completed": lambda job, now: transitions.completed(job, RESULT, now),
    "requeued": lambda job, now: transitions.requeued(
        job, TimeLimitError(), now + timedelta(minutes=2), now
    ),
    "handed_back": lambda job, now: transitions.handed_back(job, WorkerStoppedError(), now),
    "failed": lambda job, now: transitions.failed(job, CorruptMediaError(), now),
    "cancelled": transitions.cancelled,
    "restarted": lambda job, now: transitions.restarted(job, ORDER, now),
    "prolonged": lambda job, now: transitions.prolonged(job, now + timedelta(hours=1), now),
    "discarded": transitions.discarded,
    "postponed": lambda job, now: transitions.postponed(job, now + LEASE, now),
    "woken": transitions.woken,
    "published": lambda job, now: transitions.published(job, (DELIVERY,), now),
    "confirmed": transitions.confirmed,
    "held": lambda job, now: transitions.held(job, now + timedelta(hours=1), now),
    "expired": transitions.expired,
    "remembered": transitions.remembered,
}


@st.composite
def rows(draw: st.DrawFn) -> Job:
    """A row as some course of events leaves it, each of which comes when the last lease is over."""
    order = replace(ORDER, retention=draw(st.none() | st.integers(1, 10_000)))
    delay = timedelta(seconds=draw(st.integers(0, 3600)))
    job, now = transitions.created(UPLOAD, order, BEGIN, delay=delay), BEGIN
    for _ in range(draw(st.integers(0, 12))):
        now += LEASE + timedelta(seconds=draw(st.floats(0, 10_000)))
        job = draw(st.sampled_from([job, *possible(job, now)]))
    return job


def possible(job: Job, now: datetime) -> Iterator[Job]:
    """What each transition makes of the job, of those that begin in its status."""
    for step in STEPS.values():
        with suppress(TransitionError):
            yield step(job, now)
