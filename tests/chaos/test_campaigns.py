"""The judge of the campaigns: silent when all is well, and heard when something is planted."""

import fcntl
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.chaos.campaigns import catalogue, judge, sources
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.record import Record, Sent
from harness.chaos.campaigns.rig import Setup, running


@pytest.fixture(scope="module")
def shared_rig():
    with running(Order("judged", 1, 1), Setup({"SWEEP_SCHEDULE": "0 0 0 1 1 *"})) as rig:
        yield rig
        rig.record.violations.clear()  # they were planted


@pytest.fixture
def rig(shared_rig, monkeypatch, request):
    """With one job that ended well, of this test's own."""
    monkeypatch.setattr(judge, "MOMENT_S", 1.0)
    shared_rig.upload(f"{request.node.name}.png", sources.picture(len(request.node.name)))
    shared_rig.settle()
    yield shared_rig
    for each in shared_rig.service.outputs():
        shared_rig.blobs.get_blob_client("processed", each.name).delete_blob()
    shared_rig.record.violations.clear()


def judged(rig):
    """What the judge says, without its details."""
    judge.judge(rig)
    return [each.partition(":")[0] for each in rig.record.violations]


def result_of(rig):
    return rig.blobs.get_blob_client("processed", rig.service.outputs()[0].name)


def test_a_job_that_ended_well_is_no_violation(rig):
    assert judged(rig) == []
    assert rig.service.rows() == []


def test_a_result_of_another_picture_is_noticed(rig):
    client = result_of(rig)
    marks = client.get_blob_properties().metadata
    client.upload_blob(sources.picture(77).data, overwrite=True, metadata=marks)

    assert judged(rig) == ["I2", "I7"]


def test_only_jobs_that_ended_right_are_counted(rig):
    good, bad = sources.picture(1), sources.picture(2)
    for name, source in (("good.png", good), ("bad.png", bad)):
        rig.upload(name, source)
    rig.settle()
    client = rig.blobs.get_blob_client("processed", "bad.webp")
    marks = client.get_blob_properties().metadata
    client.upload_blob(sources.picture(77).data, overwrite=True, metadata=marks)

    assert judge.judge(rig) == 2  # this test's own, and the good one


def test_a_second_result_of_a_job_is_noticed(rig):
    first = result_of(rig).get_blob_properties()
    data = result_of(rig).download_blob().readall()
    second = rig.blobs.get_blob_client("processed", "second.webp")
    second.upload_blob(data, metadata=first.metadata)

    assert judged(rig) == ["I2"]


def test_a_result_without_a_row_is_noticed(rig):
    stray = rig.blobs.get_blob_client("processed", "stray.webp")
    stray.upload_blob(b"RIFF", metadata={"job": "nobody.png"})

    assert judged(rig) == ["I2"]


def test_a_folder_that_is_left_is_noticed(rig):
    folder = rig.host.work_dir / "job-left"
    folder.mkdir()
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)

    said = judged(rig)

    os.close(lock)
    folder.rmdir()
    assert said == ["I6"]


def test_a_process_that_is_left_is_noticed(rig):
    with subprocess.Popen(["sleep", "60"]) as stray:
        said = judged(rig)
        stray.kill()
    assert said == ["I6"]


def seen(rows, uploads):
    """What the judge looks at when one upload of a.png was sent."""
    record = Record()
    record.add(Sent("a.png", "e1", sources.picture(1), 0.0))
    return SimpleNamespace(
        record=record,
        watcher=SimpleNamespace(rows={each["blob_name"]: each for each in rows}),
        service=SimpleNamespace(uploads=lambda: uploads, outputs=list),
    )


DONE = {"blob_name": "a.png", "status": "completed", "RowKey": "a.png"}


def test_an_upload_that_outlives_its_job_is_noticed():
    assert len(list(judge._of_uploads(seen([DONE], {"a.png"})))) == 1
    assert list(judge._of_uploads(seen([DONE], set()))) == []


def test_an_upload_that_goes_before_its_job_is_completed_is_noticed():
    waiting = DONE | {"status": "queued"}

    assert len(list(judge._of_uploads(seen([waiting], set())))) == 1
    assert list(judge._of_uploads(seen([waiting], {"a.png"}))) == []


def test_a_job_that_is_lost_or_failed_or_of_an_older_upload_is_noticed():
    lost, failed, older = (
        [],
        [DONE | {"status": "failed", "upload_etag": "e1"}],
        [DONE | {"upload_etag": "e0", "processed_blob_name": "a.webp"}],
    )

    told = [next(iter(judge._of_results(seen(rows, set())))) for rows in (lost, failed, older)]

    assert [each.partition(":")[0] for each in told] == ["I1", "I1", "I3"]


def row(status, attempts=1, etag="e1"):
    class Number:
        value = attempts

    return {"blob_name": "a", "upload_etag": etag, "status": status, "attempts": Number}


BACKWARDS = {
    "an answer is taken back": [row("completed"), row("queued")],
    "an attempt is not counted": [row("queued", 2), row("processing", 1)],
    "an older upload comes back": [row("queued", etag="e2"), row("queued", etag="e1")],
}


@pytest.mark.parametrize("name", BACKWARDS)
def test_it_is_noticed_when(name):
    record = Record()
    for etag in ("e1", "e2"):
        record.add(Sent("a", etag, sources.picture(1), 0.0))

    for each in BACKWARDS[name]:
        record.see_row(each)

    assert [each.partition(":")[0] for each in record.violations] == ["I3"]


def test_a_poller_who_hears_of_a_step_back_is_heard():
    record = Record()
    record.add(Sent("a", "e1", sources.picture(1), 0.0))
    record.see_row(row("completed"))

    record.see_answer("a", "e1", {"status": "processing", "attempts": 1})

    assert len(record.violations) == 1


def test_no_two_sources_pass_for_each_other():
    clips, pictures = map(sources.clip, range(3)), map(sources.picture, range(20))
    made = [*pictures, *clips]

    for one in made:
        alike = [each for each in made if each.suffix == one.suffix]
        assert [e for e in alike if sources.difference(e.data, one) is None] == [one]


@pytest.mark.parametrize("campaign", catalogue.CAMPAIGNS, ids=lambda each: each.name)
def test_every_campaign_has_a_module_and_a_place_in_the_results(campaign):
    from harness.result import NAMES

    module = __import__(f"harness.chaos.campaigns.{campaign.module}", fromlist=["run"])

    assert callable(module.run)
    assert f"chaos-{campaign.name}" in NAMES


def test_the_readme_tells_of_every_campaign():
    readme = (Path(catalogue.__file__).parents[1] / "README.md").read_text(encoding="utf-8")

    assert [e.name for e in catalogue.CAMPAIGNS if f"\n| `{e.name}` |" not in readme] == []
