"""The checker, given short histories that people wrote: a good one, and what may be wrong in it."""

import pytest

from harness.chaos.history.event import EFFECTS
from tests.chaos.written_history import (
    MONTH_S,
    WORKER,
    again,
    also,
    at,
    broken,
    good,
    in_order,
    moved,
    newer,
    row,
    with_row,
    without,
)


def test_a_good_history_breaks_nothing():
    assert broken(good()) == []


def test_the_words_of_a_history_are_explained():
    assert {event[2] for event in good()} <= EFFECTS.keys()


DEATH = (5, "machine 1 worker 1", "trouble", "killed", {})
NOTHING = {"folders": 0, "messages": {}}
FAILED = row("failed", 20, error_code="CORRUPT", error_message="It is damaged.")
WRONG = {
    "an upload is never answered": (
        "I1",
        [e for e in good() if e[0] not in (20, 701, 702, MONTH_S + 702)],
    ),
    "an upload is answered twice": (
        "I1",
        also((703, "x", "row written", "a.png", {"row": FAILED})),
    ),
    "a file fails as gone that was there": (
        "I1",
        with_row(2, status="failed", failed_at=at(20), error_code="SOURCE_GONE"),
    ),
    "a job is given up too soon": (
        "I1",
        with_row(2, status="failed", failed_at=at(20), error_code="TIMEOUT"),
    ),
    "a result is not of these bytes": ("I2", [e for e in good() if e[2] != "compressed"]),
    "a row points to no result": ("I2", with_row(2, output_etag="r9")),
    "a served result is overwritten": (
        "I2",
        also((30, "x", "result stored", "a.webp", {"etag": "r2", "sha256": "s", "marks": {}})),
    ),
    "an answer is taken back": (
        "I3",
        also((30, "x", "row written", "a.png", {"row": row("queued", 30)})),
    ),
    "an older upload replaces a newer one": (
        "I3",
        also(
            newer(0.5),
            (0.7, "x", "row written", "a.png", {"row": row("queued", 1, upload_etag="e2")}),
        ),
    ),
    "a job is taken from a living attempt": (
        "I3",
        also((5, "y", "row written", "a.png", {"row": row("processing", 5, attempt_id="two")})),
    ),
    "a poller hears of the older upload": (
        "I3",
        also(
            newer(30),
            (
                40,
                "client",
                "polled",
                "a.png",
                {"status": "completed", "upload_etag": "e1", "began_s": 39},
            ),
        ),
    ),
    "an upload goes before its answer": ("I4", moved("upload deleted", 15)),
    "a result is not read back": ("I4", without("result read")),
    "a result is read back too late": ("I4", moved("result read", 25)),
    "a result goes too early": ("I5", moved("result deleted", 500)),
    "a row goes too early": ("I5", moved("row deleted", 500)),
    "a row goes without a trace": ("past", moved("row of jobhistory written", 703)),
    "a job is forgotten too soon": ("past", moved("row of jobhistory deleted", 1000)),
    "a job is never forgotten": ("past", without("row of jobhistory deleted")),
    "a result stays too long": ("I5", moved("result deleted", 1400)),
    "a folder is left": (
        "I6",
        [*without("rest"), (999, "nobody", "rest", "", {"folders": 1, "messages": {}})],
    ),
    "a result is made from another job's upload": (
        "I7",
        also(
            (0, "client", "upload put", "b.png", {"etag": "e5", "sha256": "other", "size": 9}),
            (9.5, "x", "compressed", "", {"source": "other", "result": "small"}),
        ),
    ),
    "a failure has no text": (
        "I8",
        with_row(2, status="failed", failed_at=at(20), error_code="CORRUPT"),
    ),
    "a settled row holds a lease": ("I8", with_row(2, lease_until=at(65))),
    "a waiting row holds a lease": ("I8", with_row(0, lease_until=at(65))),
    "a job waits without a reason": (
        "I8",
        also((15, WORKER, "row written", "a.png", {"row": row("queued", 15)})),
    ),
    "a poller hears that the older upload has expired": (
        "I3",
        also(
            newer(30),
            (
                40,
                "client",
                "polled",
                "a.png",
                {"status": "expired", "upload_etag": "e1", "began_s": 39},
            ),
        ),
    ),
    "nobody takes the job of a dead attempt": (
        "recovery",
        in_order([*again(2, 400), DEATH]),
    ),
    "an alarm is left": (
        "rest",
        [*without("rest"), (MONTH_S, "nobody", "rest", "", {**NOTHING, "alarms": 1})],
    ),
    "a message is left": (
        "rest",
        [*without("rest"), (999, "nobody", "rest", "", {"folders": 0, "messages": {"q": 1}})],
    ),
    "a row is left": ("rest", without("row deleted")),
    "an upload is left": ("rest", without("upload deleted")),
    "a result is left": ("rest", without("result deleted")),
    "somebody is surprised": ("rest", also((5, WORKER, "surprise", "what", {"error": "KeyError"}))),
    "a row is written over whatever is there": (
        "guards",
        also((3, WORKER, "unguarded", "a.png", {"place": "processingjobs", "verb": "written"})),
    ),
    "messages multiply": (
        "messages",
        also(
            *(
                (2, "x", "message sent", f"m{number}", {"queue": "q", "upload_etag": "e1"})
                for number in range(40)
            )
        ),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_it_is_noticed_when(name):
    invariant, events = WRONG[name]

    assert invariant in broken(events)
