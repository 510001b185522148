"""Every name comes back as it went in, by row, result and status, or is refused with a code."""

import contextlib
import io
import time
import urllib.parse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from PIL import Image

from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.name_list import (
    is_addressable,
    is_same_to_storage,
    listable_names,
    unlistable_names,
)
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.raw_container import RawContainer
from harness.chaos.campaigns.rig import Rig, running
from harness.rig.client import FINAL
from harness.rig.request import request

# Names that are in the account together: each batch is uploaded, answered, judged and cleared.
BATCH = 250
# One in fifty has a character that no listing can hold.
UNLISTABLE_SHARE = 50
SIDE_PX = 8
# Of 255; two pictures differ by 14 at least in one band.
CLOSE_ENOUGH = 6
LEVELS = 18
SETTLE_S = 300.0
# A client that polls asks again after this.
POLL_S = 2.0
MOST_NAMES = LEVELS**3


@dataclass(slots=True)
class Sent:
    """One upload."""

    number: int  # decides on its colour
    name: str
    etag: str | None  # None when storage refused it
    status: int  # HTTP, of the upload


@dataclass(slots=True)
class Course:
    """One run of the campaign."""

    rig: Rig
    uploads: RawContainer
    findings: Findings
    outcomes: Counter[str] = field(default_factory=Counter)
    output_names: set[str] = field(default_factory=set)
    only_asked_for: set[str] = field(default_factory=set)  # ETags that no trigger had noticed yet

    def wrong(self, sent: Sent, what: str) -> None:
        """A promise was broken."""
        self.findings.violations.append(f"names: {sent.name[:80]!r} {what}")


def run(order: Order) -> Findings:
    """As many names as ordered, at most MOST_NAMES."""
    count = min(order.count, MOST_NAMES)
    unlistable = unlistable_names(max(2, count // UNLISTABLE_SHARE), order.seed)
    names = listable_names(count - len(unlistable), order.seed)
    with running(order) as rig:
        uploads = RawContainer(rig.blobs, "uploads")
        course = Course(rig, uploads, Findings(violations=rig.record.violations))
        numbered = list(enumerate(names))
        for start in range(0, len(numbered), BATCH):
            _batch(course, numbered[start : start + BATCH], is_listable=True)
            order.tell(f"names: {min(start + BATCH, len(names)):,} of {count:,}")
        _batch(course, list(enumerate(unlistable, len(names))), is_listable=False)
        _neighbour_is_noticed(course)
    for outcome, number in sorted(course.outcomes.items()):
        course.findings.figure(outcome, f"{number:,}")
    noticed_late = f"{len(course.only_asked_for):,}"
    course.findings.figure("of all, without a row until a client asked", noticed_late)
    answered = sum(course.outcomes.values())
    course.findings.figure("names", f"{answered:,}", f"{count:,}", answered == count)
    return course.findings


def _batch(course: Course, numbered: Sequence[tuple[int, str]], *, is_listable: bool) -> None:
    sent = [_sent(course, number, name) for number, name in numbered]
    rows = _settled(course, sent, is_listable=is_listable)
    for each in sent:
        course.outcomes[_judged(course, each, rows.get(each.etag or ""))] += 1
    for each in sent:
        if each.etag and each.etag not in rows:
            course.uploads.delete(each.name)
    for row in rows.values():
        _clear(course, row)


def _sent(course: Course, number: int, name: str) -> Sent:
    file = io.BytesIO()
    Image.new("RGB", (SIDE_PX, SIDE_PX), _colour(number)).save(file, "PNG")
    status, etag = course.uploads.put(name, file.getvalue())
    return Sent(number, name, etag, status)


def _settled(
    course: Course, sent: Sequence[Sent], *, is_listable: bool
) -> dict[str, dict[str, Any]]:
    """The rows by the ETag of their upload, once all have ended that will.

    What cannot be listed is noticed when it is asked for; and what has no row when all others have
    ended, is asked for as a client would.
    """
    rig, asked_s = course.rig, time.monotonic() if is_listable else -POLL_S
    etags = {each.etag for each in sent if each.etag}
    deadline = time.monotonic() + SETTLE_S
    while True:
        rows = {row["upload_etag"]: row for row in list(rig.watcher.rows.values())}
        open_etags = {etag for etag in etags if rows.get(etag, {}).get("status") not in FINAL}
        without_row = [each for each in sent if each.etag and each.etag not in rows]
        if not open_etags or time.monotonic() > deadline:
            return {etag: rows[etag] for etag in etags & rows.keys()}
        if len(without_row) == len(open_etags) and time.monotonic() > asked_s + POLL_S:
            answers = [_status(course, each.name).status for each in without_row]
            asked_s = time.monotonic()
            course.only_asked_for.update(each.etag for each in without_row if each.etag)
            if all(400 <= status < 500 for status in answers):
                return {etag: rows[etag] for etag in etags & rows.keys()}
        time.sleep(0.5)


def _judged(course: Course, sent: Sent, row: dict[str, Any] | None) -> str:
    """What became of the name, in words for the result."""
    answer = _status(course, sent.name if row is None else row["blob_name"])
    if sent.etag is None or row is None:
        if is_addressable(sent.name):
            course.wrong(sent, "was lost, though storage can keep a blob of that name")
        if not (400 <= answer.status < 500 and answer.json.get("code")):
            course.wrong(sent, f"has no row, and its status is {answer.status}: {answer.body!r}")
        if sent.etag is None:
            return f"refused by storage with {sent.status}"
        return f"refused with {answer.json.get('code')}"
    if not is_same_to_storage(row["blob_name"], sent.name):
        course.wrong(sent, f"is {row['blob_name']!r} in its row")
    _judge_answer(course, sent, row, answer)
    is_same = row["blob_name"] == sent.name
    return "round trips" if is_same else "round trips with / for \\, as storage reads it"


def _judge_answer(course: Course, sent: Sent, row: dict[str, Any], answer: Any) -> None:
    if answer.status != 200 or answer.json["blob_name"] != row["blob_name"]:
        course.wrong(sent, f"has a status of {answer.status}: {answer.body[:200]!r}")
        return
    job = answer.json
    if job["status"] != "completed":
        course.wrong(sent, f"is {job['status']}: {job['error_code']}")
        return
    if job["processed_blob_name"] in course.output_names:
        course.wrong(sent, "shares its result with another name")
    course.output_names.add(job["processed_blob_name"])
    result = request(job["output_url"], {})
    if result.status != 200:
        course.wrong(sent, f"has a link that answers {result.status}")
    elif not _is_of(result.body, sent.number):
        course.wrong(sent, "has another picture's result")
    if course.uploads.has(row["blob_name"]):
        course.wrong(sent, "is completed, but its upload is still there")


def _neighbour_is_noticed(course: Course) -> None:
    """After all of that, an ordinary upload is seen by the trigger as ever."""
    sent = _sent(course, MOST_NAMES - 1, "an ordinary name.png")
    rows = _settled(course, [sent], is_listable=True)
    if rows.get(sent.etag or "", {}).get("status") != "completed":
        course.wrong(sent, "was not noticed after the others")


def _status(course: Course, name: str) -> Any:
    """By its bytes: a lone surrogate has some, but is no character."""
    query = "blob_name=" + urllib.parse.quote(name.encode("utf-8", "surrogatepass"), safe="")
    return course.rig.service.ask(f"/api/status?{query}", {"X-API-Key": course.rig.host.api_key})


def _clear(course: Course, row: dict[str, Any]) -> None:
    with contextlib.suppress(ResourceNotFoundError):
        if name := row.get("processed_blob_name"):
            course.rig.blobs.get_blob_client("processed", name).delete_blob()
    course.rig.service.delete_row(row)


def _colour(number: int) -> tuple[int, int, int]:
    step = 255 // (LEVELS - 1)
    red, green, blue = (step * (number // LEVELS**band % LEVELS) for band in range(3))
    return red, green, blue


def _is_of(data: bytes, number: int) -> bool:
    with Image.open(io.BytesIO(data)) as picture:
        middle = picture.convert("RGB").crop((SIDE_PX // 2, SIDE_PX // 2, SIDE_PX, SIDE_PX))
    shown = zip(middle.tobytes()[:3], _colour(number), strict=True)
    return all(abs(a - b) <= CLOSE_ENOUGH for a, b in shown)
