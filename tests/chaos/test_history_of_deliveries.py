"""The checker, given short histories of an end that somebody is told of, and what may be wrong."""

import json

import pytest

from tests.chaos.written_history import (
    MONTH_S,
    WORKER,
    at,
    broken,
    good,
    in_order,
    row,
)

SENDER = "machine 1 delivery #2 delivery"
ENDPOINT = {"PartitionKey": "endpoints", "RowKey": "wh_1", "events": '["job.completed"]'}
FORGOTTEN_S = MONTH_S + 800


def written(seconds, columns):
    return (seconds, SENDER, "row of outbox written", columns["RowKey"], {"row": columns})


def deleted(seconds, columns):
    return (seconds, SENDER, "row of outbox deleted", columns["RowKey"], {"row": columns})


def delivery(state, attempts, due, key="x-1", **columns):
    known = {"PartitionKey": "wh_1", "RowKey": key, "id": "msg_1", "event": "job.completed"}
    known |= {"job_key": "a.png", "upload_etag": "e1", "replays": 0, "attempts_before": 0}
    known |= {"created_at": at(20), "deadline": at(3000), "state": state, "attempts": attempts}
    return known | {"due": at(due)} | columns


def entry(state, attempts, due):
    """The same among what is due."""
    return delivery(state, attempts, due, key=f"d-{due}-1")


def sent(seconds, attempt, **facts):
    known = {"endpoint": "wh_1", "attempt_id": attempt, "type": "job.completed"}
    known |= {"blob_name": "a.png", "status": "completed", "looked_at": at(seconds)}
    known |= {"until_s": seconds + 1, "is_accepted": False}
    return (seconds, SENDER, "event sent", "msg_1", known | facts)


def log_line(seconds, number):
    columns = {"PartitionKey": "wh_1", "RowKey": f"x-1-{number:05}", "number": number}
    return written(seconds, columns)


def watch(what, seconds, rings):
    """An alarm of the endpoint."""
    return (seconds, "x", f"alarm {what}", "=>wh_1", {"at": at(rings), "kind": "waiting"})


def settled(seconds, **columns):
    return (seconds, WORKER, "row written", "a.png", {"row": row("completed", 20) | columns})


def told():
    """The end is settled, published, refused once, and accepted then."""
    names = json.dumps([["wh_1", "msg_1"]])
    first, again = delivery("sending", 1, 52, attempt_id="one"), entry("waiting", 1, 28)
    second = delivery("sending", 2, 58, attempt_id="two")
    done = [e for e in good() if e[0] not in (20, 702)]
    return in_order(
        [
            *done,
            written(-1, ENDPOINT),
            settled(20, unpublished=True),
            watch("set", 20.1, 66),
            written(20.2, delivery("waiting", 0, 20)),
            written(20.2, entry("waiting", 0, 20)),
            settled(21, published=names),
            deleted(22, entry("waiting", 0, 20)),
            written(22, first),
            written(22, entry("sending", 1, 52)),
            sent(22.5, "one"),
            deleted(23, entry("sending", 1, 52)),
            written(23, delivery("waiting", 1, 28)),
            written(23, again),
            log_line(23, 1),
            deleted(28, again),
            written(28, second),
            written(28, entry("sending", 2, 58)),
            sent(28.5, "two", is_accepted=True),
            deleted(30, entry("sending", 2, 58)),
            written(30, delivery("delivered", 2, 58, ended_at=at(30))),
            log_line(30, 2),
            watch("cleared", 67, 66),
            (702, "sweep", "row deleted", "a.png", {"row": row("completed", 20, published=names)}),
            deleted(FORGOTTEN_S, delivery("delivered", 2, 58)),
        ]
    )


def but(*numbers_s, what=None):
    """Without what happened then."""
    return [e for e in told() if not (e[0] in numbers_s and what in (None, e[2]))]


def also(*events):
    return in_order([*told(), *events])


def changed(seconds, what, **facts):
    """The event of that moment says something else."""
    return [(*e[:4], e[4] | facts) if (e[0], e[2]) == (seconds, what) else e for e in told()]


def with_truth(seconds, **columns):
    """The delivery's row as it was written then, changed."""
    return [
        (*e[:4], {"row": e[4]["row"] | columns}) if e[0] == seconds and e[3] == "x-1" else e
        for e in told()
    ]


def moved(seconds, to_s, what=None):
    return in_order(
        (to_s, *e[1:]) if e[0] == seconds and what in (None, e[2]) else e for e in told()
    )


WAKE_UP = {"queue": "media-delivery-queue", "upload_etag": "None"}
OTHERS = ENDPOINT | {"RowKey": "wh_2"}
WRONG = {
    "an endpoint is never told": ("told", also(written(-1, OTHERS))),
    "what is delivered was never accepted": ("told", but(28.5)),
    "an event is given up too soon": ("told", with_truth(30, state="failed")),
    "a delivery is dropped though its endpoint is there": (
        "told",
        with_truth(30, state="dropped"),
    ),
    "an attempt leaves no line in the log": (
        "told",
        [e for e in told() if e[3] != "x-1-00001"],
    ),
    "an address of the upload's own is never told": (
        "told",
        [
            settled(20, unpublished=True, order='{"webhook": "https://own"}') if e[0] == 20 else e
            for e in told()
        ],
    ),
    "a delivery is stored before the end": ("true", moved(20.2, 19)),
    "what is told is not what the row said": (
        "true",
        changed(28.5, "event sent", status="failed"),
    ),
    "an event has two ids": (
        "ids",
        also(written(20.3, delivery("delivered", 0, 20, key="x-2", id="msg_2"))),
    ),
    "a row says told before its deliveries stand": ("published", moved(21, 20.15)),
    "an end is never told at all": ("soon", but(21)),
    "an attempt that is due does not come": (
        "soon",
        in_order((e[0] + 900, *e[1:]) if 28 <= e[0] <= 30 else e for e in told()),
    ),
    "a result goes while its event is under way": ("awaited", moved(700, 400)),
    "a result is kept for nobody": (
        "awaited",
        also(settled(650, published='[["wh_1", "msg_1"]]', keep_until=at(900), updated_at=at(650))),
    ),
    "an event is sent by who does not own it": ("one sender", moved(28.5, 27)),
    "an event is still being sent when its claim is over": (
        "one sender",
        changed(28.5, "event sent", until_s=99.0),
    ),
    "a claim is taken while another runs": (
        "claims",
        also(written(22.7, delivery("sending", 2, 53, attempt_id="three"))),
    ),
    "an attempt comes before its time": (
        "claims",
        [e for e in with_truth(23, due=at(58)) if e],
    ),
    "what was delivered is sent again": (
        "claims",
        also(written(40, delivery("waiting", 2, 50))),
    ),
    "what is due has no alarm": ("net", but(20.1)),
    "the last alarm is cleared while something is due": (
        "net",
        in_order([*but(20.1, 67), watch("set", 20, 24), watch("cleared", 25, 24)]),
    ),
    "the alarm of what is due rings far too late": (
        "net",
        in_order([*but(20.1, 67), watch("set", 20, 130), watch("cleared", 131, 130)]),
    ),
    "wake-ups multiply": (
        "messages",
        also(*((30, "x", "message sent", f"w{n}", WAKE_UP) for n in range(99))),
    ),
    "a delivery is never forgotten": ("rest", but(FORGOTTEN_S)),
    "a settled row changes besides": ("I3", also(settled(40, notes="more"))),
}


def test_an_end_that_is_told_as_promised_breaks_nothing():
    assert broken(told()) == []


@pytest.mark.parametrize("name", WRONG)
def test_it_is_noticed_when(name):
    invariant, events = WRONG[name]

    assert invariant in broken(events)


def test_it_is_no_fault_that_a_sender_was_stopped_after_its_last_look_at_the_clock():
    stopped = (28.4, "machine 1 rescue #1", "trouble", "query rows: paused before", {})
    late = moved(28.5, 59, "event sent")

    assert "one sender" in broken(late)
    assert "one sender" not in broken(in_order([*late, stopped]))
