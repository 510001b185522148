"""Ordinary work for a long time: what the processes hold must not grow, and nothing is left."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.chaos.campaigns import sources
from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.judge import judge
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.rig import Rig, running
from harness.chaos.campaigns.slope import Slope, blocks, slope
from harness.chaos.campaigns.vitals import Sampler, Vitals, warm_child
from harness.result import Table
from harness.rig.client import FINAL

# One job each 1.6 s: 2,250 an hour.
PAUSE_S = 1.6
CLIP_EVERY = 8
BAD_EVERY = 20
JUDGE_EVERY = 90
SAMPLE_S = 5.0
BLOCK_S = 60.0
# Caches fill and pools grow at first: a quarter of the time, at most so long.
WARM_UP_S = 900.0
HOUR_S = 3600.0
# A steady leak of 500 bytes in each job would be more.
MOST_MIB_PER_HOUR = 1.0
# One descriptor, or thread, in two hours or 4,500 jobs.
MOST_PER_HOUR = 0.5
# Below this many minutes a slope says nothing; then only a coarse bound is judged.
LEAST_MINUTES = 20
MOST_MIB_IN_SHORT = 16.0
QUANTITIES = ("anonymous_mib", "rss_mib", "descriptors", "threads")
BAD: dict[str, Callable[[int], bytes]] = {
    "EMPTY_FILE": lambda _: b"",
    "UNSUPPORTED": lambda _: b"<html>no picture</html>",
    "CORRUPT": lambda number: sources.picture(2 * number).data[:60] + b"x" * 200,
}


@dataclass(slots=True)
class Traffic:
    """What is uploaded, and what became of it."""

    rig: Rig
    chance: random.Random
    sent: int = 0
    right: int = 0  # with the right result
    refused: int = 0  # bad files, with the code they are to have
    bad: dict[str, str] = field(default_factory=dict)  # the code to come, by name

    def send(self) -> None:
        """One more; which kind follows from its number."""
        self.sent += 1
        number = self.sent + 1_000_000 * self.rig.order.seed
        if self.sent % BAD_EVERY == 0:
            code = self.chance.choice(sorted(BAD))
            name = f"soak/bad-{self.sent}.png"
            self.bad[name] = code
            self.rig.blobs.get_blob_client("uploads", name).upload_blob(BAD[code](number))
            return
        is_clip = self.sent % CLIP_EVERY == 0
        source = sources.clip(number) if is_clip else sources.picture(number)
        self.rig.upload(f"soak/{self.sent}{source.suffix}", source)

    def judge(self) -> None:
        """Waits for all that is open, judges it and clears it away."""
        self.rig.service.wait_for("the bad files' end", self._bad_have_ended)
        for name, code in self.bad.items():
            row = self.rig.watcher.rows[name]
            if (row["status"], row.get("error_code")) != ("failed", code):
                self.rig.record.violations.append(f"I1: {name} is not {code}, but {row}")
            else:
                self.refused += 1
            self.rig.blobs.get_blob_client("uploads", name).delete_blob()
            self.rig.service.delete_row(row)
        self.bad.clear()
        self.right += judge(self.rig)

    def _bad_have_ended(self) -> bool:
        rows = self.rig.watcher.rows
        return all(rows.get(name, {}).get("status") in FINAL for name in self.bad)


def run(order: Order) -> Findings:
    """As many minutes as ordered."""
    with running(order) as rig:
        host, traffic = rig.host, Traffic(rig, random.Random(order.seed))
        worker = host.worker_pid
        pids = {"worker": worker, "warm child": _of(worker), "host": lambda: host.pid}
        sampler = Sampler(pids, SAMPLE_S)
        began_s = time.monotonic()
        with sampler.sampling(rig.record.violations):
            _work(order, traffic, began_s + 60.0 * order.count)
        ended_s = time.monotonic()
        left = sum(each.stat().st_size for each in host.work_dir.rglob("*") if each.is_file())
    findings = Findings(violations=rig.record.violations)
    done = traffic.right + traffic.refused
    findings.figure("jobs", f"{traffic.sent:,} in {(ended_s - began_s) / 60:.0f} minutes")
    findings.figure(
        "jobs with their right answer", f"{done:,}", f"{traffic.sent:,}", done == traffic.sent
    )
    findings.figure("temporary bytes at the end", str(left), "0", left == 0)
    _judge_growth(findings, sampler.taken, began_s, ended_s)
    return findings


def _of(worker: Callable[[], int | None]) -> Callable[[], int | None]:
    def pid() -> int | None:
        parent = worker()
        return warm_child(parent) if parent else None

    return pid


def _work(order: Order, traffic: Traffic, end_s: float) -> None:
    due_s = time.monotonic()
    while time.monotonic() < end_s:
        traffic.send()
        if traffic.sent % JUDGE_EVERY == 0:
            traffic.judge()
            due_s = max(due_s, time.monotonic() - JUDGE_EVERY * PAUSE_S / 4)
        due_s += PAUSE_S
        left_s = end_s - time.monotonic()
        order.tell(f"soak: {traffic.sent} jobs, {left_s / 60:.0f} minutes to go")
        time.sleep(max(0.0, min(due_s - time.monotonic(), left_s)))
    traffic.judge()


def _judge_growth(
    findings: Findings, taken: dict[str, list[Vitals]], began_s: float, ended_s: float
) -> None:
    warm_s = min(WARM_UP_S, (ended_s - began_s) / 4)
    rows: list[list[str]] = []
    for role, samples in taken.items():
        pids = {each.pid for each in samples}
        findings.figure(f"{role}: processes in its place", str(len(pids)), "1", len(pids) == 1)
        late = [each for each in samples if each.at_s >= began_s + warm_s]
        for quantity in QUANTITIES:
            points = [((each.at_s - began_s) / HOUR_S, getattr(each, quantity)) for each in late]
            rows.append(_judged(findings, role, quantity, points))
        findings.samples[role] = [_sample(each, began_s) for each in samples]
    columns = ["of", "what", "first", "last", "least", "most", "per hour", "95% interval"]
    findings.tables.append(Table("After the warm-up", columns, rows))
    findings.notes.append(
        f"The first {warm_s / 60:.0f} minutes are left out. Slopes are medians over all pairs of "
        "one-minute medians (Theil and Sen), with the interval by Kendall's S."
    )


def _judged(
    findings: Findings, role: str, quantity: str, points: Sequence[tuple[float, float]]
) -> list[str]:
    values = [y for _, y in points]
    stretch = min(BLOCK_S / HOUR_S, (points[-1][0] - points[0][0]) / 6)
    found, is_memory = slope(blocks(points, stretch)), quantity.endswith("_mib")
    hours = points[-1][0] - points[0][0]
    if hours * 60 >= LEAST_MINUTES * 0.75:
        most = MOST_MIB_PER_HOUR if is_memory else MOST_PER_HOUR
        unit = "MiB an hour" if is_memory else "an hour"
        is_flat = found.estimate <= most or found.low <= 0
        findings.figure(
            f"{role}: growth of {quantity}", _words(found), f"<= {most} {unit}", is_flat
        )
    elif is_memory:
        grown = values[-1] - values[0]
        goal = f"<= {MOST_MIB_IN_SHORT:.0f} MiB"
        is_met = grown <= MOST_MIB_IN_SHORT
        findings.figure(f"{role}: growth of {quantity}", f"{grown:.1f} MiB", goal, is_met)
    ends = [values[0], values[-1], min(values), max(values)]
    interval = f"{found.low:+.2f} to {found.high:+.2f}"
    return [role, quantity, *(f"{y:.1f}" for y in ends), f"{found.estimate:+.2f}", interval]


def _words(found: Slope) -> str:
    return f"{found.estimate:+.2f} ({found.low:+.2f} to {found.high:+.2f})"


def _sample(each: Vitals, began_s: float) -> list[Any]:
    return [
        round(each.at_s - began_s, 1),
        round(each.rss_mib, 2),
        round(each.anonymous_mib, 2),
        each.descriptors,
        each.threads,
    ]
