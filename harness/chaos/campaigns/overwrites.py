"""Uploads are overwritten at random instants of their job's life, some of them several times."""

import contextlib
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from harness.chaos.campaigns import sources
from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.judge import judge
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.rig import Rig, running
from harness.chaos.campaigns.sources import Source
from harness.chaos.campaigns.ways import Ways
from harness.chaos.faults.rule import Rule
from harness.result import Table
from harness.rig.client import FINAL
from harness.rig.request import request
from jobs.naming import row_key

# Storage answers late, before and after the deed: between any two steps is time for an overwrite.
SLOW = (
    Rule("delay", service="blob", p=0.5, seconds=0.3),
    Rule("delay", "after", service="blob", p=0.5, seconds=0.3),
    Rule("delay", service="table", p=0.3, seconds=0.2),
    Rule("delay", "after", service="table", p=0.3, seconds=0.2),
)
ENCODE_PAUSE_S = 0.6
SETTINGS = {
    "LEASE_SECONDS": "30",
    "HEARTBEAT_SECONDS": "1",
    # No job waits long for its turn: being queued is not all there is to life.
    "AzureFunctionsJobHost__extensions__queues__batchSize": "5",
    "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "3",
    "PYTHON_THREADPOOL_THREAD_COUNT": "16",
}
AT_ONCE = 8  # names
MOST_OVERWRITES = 3
CLIP_EVERY = 6
# The moments at which an overwrite is wanted: a status or stage of the row, or any time at all. The
# end of the download is in the row only with the next heartbeat.
AT_WORK = "downloading or encoding"
WANTED = ("queued", AT_WORK, AT_WORK, "storing", "completed", "")
LONGEST_WAIT_S = 60.0
ANY_TIME_S = 3.0
SETTLED_WITHIN_S = 900.0
LOOK_EVERY_S = 0.02
AFTER_IT_S = 0.4


@dataclass(slots=True)
class Tally:
    """What the rows said at the moment of each overwrite."""

    met: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


def run(order: Order) -> Findings:
    """As many uploads as ordered, each overwritten at least once."""
    ways, findings, tally = Ways(order.seed, ENCODE_PAUSE_S), Findings(), Tally()
    with running(order, ways.setup(SETTINGS)) as rig:
        ways.worker.change(SLOW)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for number in pool.map(lambda n: _overwritten(rig, n, tally), range(order.count)):
                order.tell(f"overwrites: {number + 1} of {order.count} uploads")
        rig.settle(SETTLED_WITHIN_S)
        ways.change([])
        served = sum(_is_served(rig, name) for name in rig.record.names())
        judged = judge(rig)
    findings.violations = rig.record.violations
    count = order.count
    findings.figure("newest upload's output served", f"{served}", f"{count}", served == count)
    findings.figure("jobs with one right result", f"{judged}", f"{count}", judged == count)
    findings.figure("overwrites", f"{tally.met.total()}")
    rows = [[what, str(number)] for what, number in sorted(tally.met.items())]
    findings.tables.append(Table("What the job was at when it was overwritten", ["", ""], rows))
    return findings


def _overwritten(rig: Rig, number: int, tally: Tally) -> int:
    """One upload and its overwrites; returns once the last was sent."""
    chance = random.Random(f"overwrites {rig.order.seed} {number}")
    is_clip = number % CLIP_EVERY == 0
    name = f"over-{number}{'.mp4' if is_clip else '.png'}"
    version = 10 * number
    rig.upload(name, _version(version, is_clip=is_clip))
    for _ in range(chance.randint(1, MOST_OVERWRITES)):
        wanted = chance.choice(WANTED)
        _wait_until(rig, name, wanted, chance)
        time.sleep(chance.uniform(0, AFTER_IT_S))
        version += 1
        seen = _state(rig, name)
        rig.upload(name, _version(version, is_clip=is_clip))
        with tally.lock:
            tally.met[seen] += 1
    return number


def _version(number: int, *, is_clip: bool) -> Source:
    """No two that follow each other look alike; names keep their kind."""
    return sources.clip(number) if is_clip else sources.picture(2 * number)


def _wait_until(rig: Rig, name: str, wanted: str, chance: random.Random) -> None:
    """Until the row says what is wanted of the newest upload, or has gone past it."""
    if not wanted:
        time.sleep(chance.uniform(0, ANY_TIME_S))
        return
    deadline = time.monotonic() + LONGEST_WAIT_S
    while time.monotonic() < deadline and _state(rig, name) not in (wanted, *FINAL):
        time.sleep(LOOK_EVERY_S)


def _state(rig: Rig, name: str) -> str:
    """The status of the newest upload's job, or its stage while an attempt is at it."""
    sent = rig.record.newest(name)
    rows = rig.service.rows(f"PartitionKey eq 'jobs' and RowKey eq '{row_key(name)}'")
    if not rows or sent is None or rows[0]["upload_etag"] != sent.etag:
        return "not noticed"
    row = rows[0]
    stage = row.get("stage") or row["status"]
    return AT_WORK if stage == "downloading" else str(stage)


def _is_served(rig: Rig, name: str) -> bool:
    """Whether who asks for the name gets what shows its newest upload."""
    job, sent = rig.service.status(name), rig.record.newest(name)
    if not job or not sent or job["status"] != "completed":
        return False
    with contextlib.suppress(OSError):
        answer = request(job["output_url"], {})
        return answer.status == 200 and sources.difference(answer.body, sent.source) is None
    return False
