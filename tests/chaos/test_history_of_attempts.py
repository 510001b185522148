"""The checker's rules for attempts, alarms and polls, given short histories that people wrote."""

import pytest

from tests.chaos.written_history import (
    WORKER,
    alarm,
    also,
    at,
    broken,
    good,
    in_order,
    row,
    with_row,
    without,
)

OTHER = "machine 2 attempt #7"
WHY = {"error_code": "STORAGE_UNAVAILABLE", "error_message": "Storage does not answer."}
MARKS = {"job": "a.png", "upload_etag": "e1"}
DEATH = (5, "machine 1 worker 1", "trouble", "killed", {})
STOP = (14, "machine 1 worker 1", "trouble", "told to end", {})
SILENCE = (5, WORKER, "trouble", "replace row: slow", {"lasts_s": 40.0})
HICCUP = (5, WORKER, "trouble", "replace row: answer lost", {})

CALM = (100, "nobody", "calm", "", {})


def claimed_by_another(seconds, **columns):
    second = row("processing", seconds, attempts=2, attempt_id="two", **columns)
    second |= {"processed_blob_name": "a.webp"}
    return (seconds, OTHER, "row written", "a.png", {"row": second})


def tried_again(*events, at_s=60):
    """The first attempt is not heard of again; a second one claims the job, and ends it."""
    done = row("completed", 70, attempts=2)
    first = [e for e in good() if e[0] < 15]
    alarms = [alarm("set", 49, 200), alarm("set", at_s - 0.1, at_s + 46)]
    second = [claimed_by_another(at_s), (70, OTHER, "row written", "a.png", {"row": done})]
    return in_order([*first, *alarms, *second, *events])


def told_to_wait(*events, because="STORAGE_UNAVAILABLE"):
    """The first attempt ends with a reason."""
    waits = row("queued", 15, next_attempt_at=at(140), **WHY | {"error_code": because})
    return [
        *[e for e in good() if e[0] < 15],
        (15, WORKER, "row written", "a.png", {"row": waits}),
        *events,
    ]


def lost(deaths):
    """Given up after three attempts, of which so many died with their process."""
    events = [e for e in good() if e[0] < 3]
    for number in range(3):
        at_s, who = 3.0 + 60 * number, f"machine 1 attempt #{number}"
        columns = {"attempts": number + 1, "attempt_id": f"{number}"}
        events += [
            alarm("set", at_s - 0.1, at_s + 46),
            (at_s, who, "row written", "a.png", {"row": row("processing", at_s, **columns)}),
        ]
        if number < deaths:
            events.append((at_s + 1, "machine 1 worker 1", "trouble", "killed", {}))
    ended = row("failed", 183, attempts=3, error_code="WORKER_LOST", error_message="It died.")
    return [*events, (183, OTHER, "row written", "a.png", {"row": ended})]


def beside_another(vanished):
    """An attempt at another job begins and ends meanwhile, in the same worker."""
    other = {"blob_name": "b.png", "upload_etag": "e9", "vanished": 0}
    claim = row("processing", 4, attempt_id="nine", **other)
    end = row("failed", 8, error_code="CORRUPT", error_message="It is damaged.", **other)
    beside = "machine 1 attempt #2"
    return in_order(
        [
            *with_row(1, vanished=vanished),
            (4, beside, "row written", "b.png", {"row": claim}),
            (8, beside, "row written", "b.png", {"row": end}),
        ]
    )


def message(queue):
    return (2.5, "host", "message sent", "2", {"queue": queue, "upload_etag": "e1"})


WRONG = {
    "an attempt begins before its time": (
        "in time",
        told_to_wait(alarm("set", 99, 146), claimed_by_another(100)),
    ),
    "an attempt begins long after its time": (
        "in time",
        told_to_wait(alarm("set", 199, 246), claimed_by_another(200)),
    ),
    "a worker that nobody ends hands a job back": (
        "reasons",
        told_to_wait(because="WORKER_STOPPED"),
    ),
    "a job that was handed back has to wait": (
        "reasons",
        told_to_wait(STOP, because="WORKER_STOPPED"),
    ),
    "a version from before the attempt is served": (
        "I2",
        with_row(2, processing_started_at=at(15)),
    ),
    "a result is stored twice": (
        "twice",
        also(
            (
                10.5,
                WORKER,
                "result stored",
                "a.webp",
                {"etag": "r2", "sha256": "small", "marks": MARKS},
            ),
        ),
    ),
    "a row forgets what was before": ("timeline", with_row(2, timeline="{}")),
    "an upload is not noticed": ("noticed", [e for e in good() if e[0] < 1]),
    "an upload is not noticed after the trouble": (
        "noticed",
        in_order([HICCUP, CALM, *good()[:2]]),
    ),
    "a living attempt leaves without a word": ("words", tried_again()),
    "an attempt leaves after one lost answer": ("words", tried_again(HICCUP)),
    "an attempt leaves as a timer had to wait": (
        "words",
        tried_again(HICCUP, (6, "machine 1 sweep #5", *SILENCE[2:])),
    ),
    "an attempt leaves as others had to wait before": (
        "words",
        tried_again(HICCUP, (4, "machine 1 attempt #2", *SILENCE[2:])),
    ),
    "an attempt fails for no reason": ("reasons", told_to_wait()),
    "a job is lost without its deaths": ("I1", lost(2)),
    "a result is made again": (
        "adoption",
        tried_again(
            DEATH,
            (65, OTHER, "compressed", "", {"source": "up", "result": "new"}),
            (66, OTHER, "result stored", "a.webp", {"etag": "r3", "sha256": "new", "marks": MARKS}),
        ),
    ),
    "a job waits without an alarm": ("watched", without("alarm set", "alarm cleared")),
    "the last alarm is cleared": ("watched", also(alarm("cleared", 70, 620, "ended"))),
    "a job becomes history without an alarm": (
        "watched",
        [e for e in good() if e[:3] != (700.5, "x", "alarm set")],
    ),
    "a claim sets no alarm": ("watched", with_row(1, lease_until=at(12))),
    "somebody works beside a last chance": ("alone", beside_another(vanished=2)),
    "somebody works beside a last chance that dies": (
        "alone",
        in_order(
            [
                *[e for e in beside_another(vanished=2) if e[0] < 9],
                (9, "machine 1 worker 1", "trouble", "killed", {}),
            ]
        ),
    ),
    "a small file waits behind the large ones": ("lanes", also(message("media-processing-queue"))),
    "an answer is written again": (
        "I3",
        also((30, "x", "row written", "a.png", {"row": row("completed", 20, enqueued_at=at(30))})),
    ),
    "a poller is told nothing of an expired job": (
        "past",
        also((800, "client", "polled", "a.png", {"status": None, "began_s": 799})),
    ),
}
RIGHT = {
    "attempts are made side by side": ("alone", beside_another(vanished=1)),
    "a small file waits behind small ones": ("lanes", also(message("media-processing-queue-high"))),
    "an attempt dies": ("words", tried_again(DEATH)),
    "an attempt does not hear from storage": ("words", tried_again(SILENCE)),
    "an attempt waits for another that asks": (
        "words",
        tried_again(HICCUP, (6, "machine 1 attempt #2", *SILENCE[2:])),
    ),
    "an attempt waits for its time": (
        "in time",
        told_to_wait(alarm("set", 139, 185), claimed_by_another(139)),
    ),
    "an attempt tells what happened": (
        "reasons",
        in_order(told_to_wait(HICCUP)),
    ),
    "a job is lost with all its deaths": ("I1", lost(3)),
    "nobody has ever heard of a name": (
        "past",
        also((800, "client", "polled", "b.png", {"status": None, "began_s": 799})),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_it_is_noticed_when(name):
    invariant, events = WRONG[name]

    assert invariant in broken(events)


@pytest.mark.parametrize("name", RIGHT)
def test_it_is_no_fault_that(name):
    invariant, events = RIGHT[name]

    assert invariant not in broken(events)
