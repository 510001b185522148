"""A short history that people wrote, in which everything is right, and ways to make it wrong."""

from datetime import UTC, datetime, timedelta

from harness.chaos.history.checker import check
from harness.chaos.history.event import History

BEGAN = datetime(2031, 1, 1, tzinfo=UTC)
WORKER = "machine 1 attempt #1"
MONTH_S = 30 * 86_400


def at(seconds):
    return BEGAN + timedelta(seconds=seconds)


def row(status, seconds, **columns):
    """A row of a.png as it is `seconds` after the beginning."""
    known = {"blob_name": "a.png", "upload_etag": "e1", "attempts": 1}
    known |= {"timeline": "[]"}
    if status == "queued":
        known |= {"enqueued_at": at(seconds), "updated_at": at(seconds)}
    if status == "processing":
        known |= {"processing_started_at": at(seconds), "lease_until": at(seconds + 45)}
        known |= {"updated_at": at(seconds), "attempt_id": "one"}
    if status in ("completed", "failed"):
        known |= {f"{status}_at": at(seconds)}
    if status == "completed":
        known |= {"processed_blob_name": "a.webp", "output_etag": "r1"}
        known |= {"processing_started_at": at(3)}
    return known | {"status": status} | columns


def alarm(what, seconds, rings, kind="waiting"):
    return (seconds, "x", f"alarm {what}", "a.png", {"at": at(rings), "kind": kind})


def good():
    """One upload, processed, served for ten minutes, and remembered for a month."""
    waiting = row("queued", 1, attempts=0)
    done = row("completed", 20)
    gone = done | {"status": "expired", "updated_at": at(701)}
    marks = {"job": "a.png", "upload_etag": "e1"}
    return [
        (0, "client", "upload put", "a.png", {"etag": "e1", "sha256": "up", "size": 9}),
        alarm("set", 0.9, 46),
        (1, "host", "row written", "a.png", {"row": waiting}),
        (2, "host", "message sent", "1", {"queue": "q", "upload_etag": "e1"}),
        alarm("set", 2.9, 49),
        (3, WORKER, "unguarded", "a.png", {"place": "jobalarms", "verb": "written"}),
        (3, WORKER, "row written", "a.png", {"row": row("processing", 3)}),
        (4, WORKER, "upload read", "a.png", {"etag": "e1"}),
        (9, WORKER, "compressed", "", {"source": "up", "result": "small"}),
        (10, WORKER, "result stored", "a.webp", {"etag": "r1", "sha256": "small", "marks": marks}),
        (11, WORKER, "result read", "a.webp", {"etag": "r1", "sha256": "small"}),
        (20, WORKER, "row written", "a.png", {"row": done}),
        (21, WORKER, "upload deleted", "a.png", {"etag": "e1"}),
        (22, "host", "message deleted", "1", {"queue": "q"}),
        alarm("set", 50, 620, "ended"),
        alarm("cleared", 51, 46),
        alarm("cleared", 51, 49),
        (100, "nobody", "calm", "", {}),
        (700, "sweep", "result deleted", "a.webp", {"etag": "r1"}),
        alarm("set", 700.5, MONTH_S + 701, "ended"),
        (701, "sweep", "row of jobhistory written", "a.png", {"row": gone}),
        (702, "sweep", "row deleted", "a.png", {"row": done}),
        (MONTH_S + 702, "sweep", "row of jobhistory deleted", "a.png", {"row": gone}),
        alarm("cleared", MONTH_S + 703, MONTH_S + 701, "ended"),
        (MONTH_S + 999, "nobody", "rest", "", {"folders": 0, "messages": {"q": 0}, "alarms": 0}),
    ]


def in_order(events):
    return sorted(events, key=lambda event: event[0])


def without(*whats):
    return [event for event in good() if event[2] not in whats]


def also(*events):
    return in_order([*good(), *events])


def moved(what, seconds):
    """The event at another time."""
    return in_order((seconds if e[2] == what else e[0], *e[1:]) for e in good())


def again(number, seconds):
    """The row is written that many-th time at another time."""
    events, place = good(), [i for i, e in enumerate(good()) if e[2] == "row written"][number]
    events[place] = (seconds, *events[place][1:])
    return in_order(events)


def with_row(number, **columns):
    """The row as it was written that many-th time, changed."""
    events, place = good(), [i for i, e in enumerate(good()) if e[2] == "row written"][number]
    events[place][4]["row"] = events[place][4]["row"] | columns
    return events


def broken(events):
    history = History(BEGAN, retention_s=600, failed_retention_s=3600, max_retries=3)
    for at_s, who, what, about, facts in events:
        history.add(at_s, who, what, about, **facts)
    return [violation.invariant for violation in check(history)]


def newer(seconds):
    """The client overwrites the file."""
    return (
        seconds,
        "client",
        "upload put",
        "a.png",
        {"etag": "e2", "sha256": "up2", "size": 9},
    )
