"""The judge of the soak: silent when nothing grows, and heard when something does."""

import contextlib
import io
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from harness.chaos.campaigns import names, soak
from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.vitals import Vitals, vitals

HOUR_S = 3600


def samples(minutes: int = 60, **grows_per_hour: float) -> list[Vitals]:
    """Of a process that breathes a little."""
    chance = random.Random(4)
    found = []
    for at_s in range(0, minutes * 60, 5):
        grown = {name: per_hour * at_s / HOUR_S for name, per_hour in grows_per_hour.items()}
        memory = 90 + grown.get("memory", 0) + chance.gauss(0, 0.4)
        descriptors = 30 + int(grown.get("descriptors", 0)) + chance.randrange(3)
        found.append(Vitals(at_s, 7, memory, memory - 20, descriptors, 9))
    return found


def judged(taken: list[Vitals], minutes: int = 60) -> list[str]:
    findings = Findings()
    soak._judge_growth(findings, {"worker": taken}, 0, minutes * 60)
    return findings.violations


def test_a_process_that_only_breathes_is_well():
    assert judged(samples()) == []


def test_a_leak_of_two_kilobytes_in_each_job_is_noticed():
    per_hour = 2250 * 2 / 1024

    violations = judged(samples(memory=per_hour))

    assert [each.split(":")[1].strip() for each in violations] == [
        "growth of anonymous_mib",
        "growth of rss_mib",
    ]


def test_a_descriptor_that_is_lost_now_and_then_is_noticed():
    assert "growth of descriptors" in "".join(judged(samples(descriptors=6)))


def test_growth_during_the_warm_up_is_none():
    late = [each for each in samples() if each.at_s >= soak.WARM_UP_S]
    early = [each for each in samples(memory=80) if each.at_s < soak.WARM_UP_S]

    assert judged(early + late) == []


def test_a_worker_that_had_to_be_replaced_is_noticed():
    taken = samples()
    taken[400:] = [replace(each, pid=8) for each in taken[400:]]

    assert "processes in its place: 2" in "".join(judged(taken))


def test_in_a_short_run_only_much_is_noticed():
    assert judged(samples(3, memory=100), 3) == []
    assert len(judged(samples(3, memory=1000), 3)) == 2


def test_what_a_process_holds_is_read_from_the_kernel():
    before = vitals(os.getpid())

    ballast = bytearray(os.urandom(1 << 20) * 40)
    with contextlib.ExitStack() as opened:
        for _ in range(100):  # others in this process open some of their own meanwhile
            opened.enter_context(Path(os.devnull).open("rb"))
        now = vitals(os.getpid())

    assert now.rss_mib - before.rss_mib > 30
    assert now.anonymous_mib - before.anonymous_mib > 30
    assert abs(now.descriptors - before.descriptors - 100) < 50
    assert now.threads >= 1
    assert len(ballast) == 40 << 20


@pytest.mark.parametrize("number", [0, 17, 4321, names.MOST_NAMES - 1])
def test_a_name_is_told_from_its_neighbours_by_its_picture(number):
    def picture(of: int) -> bytes:
        file = io.BytesIO()
        colour = names._colour(of)
        Image.new("RGB", (names.SIDE_PX, names.SIDE_PX), colour).save(file, "WEBP", quality=80)
        return file.getvalue()

    others = {number - 1, number + 1, number + names.LEVELS} & set(range(names.MOST_NAMES))

    assert names._is_of(picture(number), number)
    assert not any(names._is_of(picture(other), number) for other in others)
