"""What a client asks by the metadata of its upload: over the deployment's choice, or refused."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from integrations.job_queue import HIGH_QUEUE, QUEUE
from jobs.job import Job
from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob
from lifecycle.links import deletes_at
from lifecycle.sweep import sweep
from order import Order

from .conftest import World
from .test_lighter import shown, wasteful_clip


def deployed_with(world: World, **settings: object) -> World:
    """The same account, and an operator who chose otherwise."""
    changed = world.services.settings.model_copy(update=settings)
    return replace(world, services=replace(world.services, settings=changed))


def waiting_in(world: World, queue: str) -> int:
    client = world.queue.get_queue_client(queue)
    return client.get_queue_properties().approximate_message_count or 0


def born(world: World, name: str, data: bytes, **metadata: str) -> Job:
    world.put(name, data, **metadata)
    accept_blob(world.services, name)
    return world.job(name)


def test_without_a_word_an_upload_gets_what_the_deployment_does(world: World, photo: bytes) -> None:
    other = deployed_with(world, compression_profile="seed", image_output="keep")

    order = born(other, "a.png", photo, owner="somebody", sha256="0").order

    assert order == Order(profile="seed", image_output="keep", retention=10)


def test_what_is_asked_goes_over_the_deployments_choice_and_the_rest_stays(
    world: World, photo: bytes
) -> None:
    other = deployed_with(world, compression_profile="seed", keep_copyright=True)

    order = born(other, "a.png", photo, MP_Profile="LMS720", mp_reference="Kurs%207").order

    assert order == Order(profile="lms720", keep_copyright=True, retention=10, reference="Kurs 7")


def test_the_row_holds_the_whole_order(world: World, photo: bytes) -> None:
    job = born(world, "a.png", photo, mp_image_output="avif", mp_original_name="B%C3%A4r.png")

    row = world.services.jobs._table.get_entity("jobs", job.key)

    assert json.loads(row["order"]) == {
        "profile": "balanced",
        "image_output": "avif",
        "video_output": "h264",
        "target_quality": False,
        "keep_copyright": False,
        "retention": 10,
        "original_name": "Bär.png",
    }


@pytest.mark.parametrize(("asked", "made"), [("avif", "AVIF"), ("webp", "WEBP")])
def test_an_image_comes_out_in_the_format_that_was_asked(
    world: World, photo: bytes, asked: str, made: str
) -> None:
    other = deployed_with(world, image_output="keep")

    run_attempt(other.services, other.accept("a.png", photo, mp_image_output=asked))

    job = world.job("a.png")
    assert (job.status, job.result.format) == ("completed", asked)
    assert Image.open(io.BytesIO(world.output(job.result.name))).format == made


def test_a_video_is_made_by_the_profile_that_was_asked(world: World, tmp_path: Path) -> None:
    message = world.accept("clip.mp4", wasteful_clip(tmp_path), mp_profile="lms720")

    run_attempt(world.services, message)

    (tmp_path / "result.mp4").write_bytes(world.output("clip.mp4"))
    assert shown(tmp_path / "result.mp4") == "1280,720"


def test_a_result_stays_for_as_long_as_was_asked_whatever_the_operator_changes_meanwhile(
    world: World, photo: bytes
) -> None:
    run_attempt(world.services, world.accept("asked.png", photo, mp_retention="25"))
    run_attempt(world.services, world.accept("usual.png", photo))
    shorter = deployed_with(world, processed_retention_minutes=1)

    asked, usual = world.job("asked.png"), world.job("usual.png")
    assert deletes_at(shorter.services, asked) == asked.completed_at + timedelta(minutes=25)
    assert deletes_at(shorter.services, usual) == usual.completed_at + timedelta(minutes=10)

    world.clock.advance(minutes=9)
    sweep(shorter.services)
    assert (world.job("asked.png"), world.job("usual.png")) == (asked, usual)

    world.clock.advance(minutes=15)
    sweep(shorter.services)
    assert world.past("usual.png").status == "expired"
    assert world.output("asked.webp")

    world.clock.advance(minutes=2)
    sweep(shorter.services)
    assert world.past("asked.png").status == "expired"
    assert list(world.services.results.all()) == []


def test_a_result_may_go_sooner_than_the_deployments_do(world: World, photo: bytes) -> None:
    run_attempt(world.services, world.accept("a.png", photo, mp_retention="1"))

    world.clock.advance(seconds=70)
    sweep(world.services)

    assert world.past("a.png").status == "expired"


def test_a_message_waits_in_the_queue_of_the_priority_that_was_asked(
    world: World, photo: bytes
) -> None:
    born(world, "small.png", photo, mp_priority="normal")
    assert (waiting_in(world, QUEUE), waiting_in(world, HIGH_QUEUE)) == (1, 0)

    larger = deployed_with(world, max_upload_megabytes=16)
    born(larger, "large.mp4", bytes(10 * 1024 * 1024), mp_priority="high")
    assert (waiting_in(world, QUEUE), waiting_in(world, HIGH_QUEUE)) == (1, 1)


def test_a_job_that_asked_to_wait_is_made_to_wait_like_the_large_ones(
    world: World, photo: bytes
) -> None:
    later = deployed_with(world, normal_priority_delay_s=600)

    job = born(later, "small.png", photo, mp_priority="normal")

    assert job.enqueued_at == job.created_at + timedelta(minutes=10)
    assert world.take_messages() == []


BAD = {
    "an unknown option": ({"mp_profil": "seed"}, "mp_profil"),
    "an unknown value": ({"mp_profile": "tiny"}, "mp_profile is 'tiny'"),
    "a value out of range": ({"mp_retention": "0"}, "mp_retention is '0'"),
    "no text at all": ({"mp_reference": "%FF"}, "mp_reference"),
}


@pytest.mark.parametrize(("metadata", "named"), BAD.values(), ids=BAD)
def test_what_cannot_be_done_is_refused_by_name_and_the_upload_is_kept_for_a_day(
    world: World, photo: bytes, metadata: dict[str, str], named: str
) -> None:
    job = born(world, "a.png", photo, **metadata)

    assert (job.status, job.error_code, job.attempts) == ("failed", "INVALID_OPTION", 0)
    assert named in (job.error_message or "")
    assert job.order == world.services.settings.default_order
    assert [(each.to, each.error_code) for each in job.timeline] == [
        ("queued", None),
        ("failed", "INVALID_OPTION"),
    ]
    assert world.messages_waiting() == 0

    world.clock.advance(hours=23)
    sweep(world.services)
    assert world.services.uploads.get("a.png") is not None
    assert world.job("a.png") == job

    world.clock.advance(hours=2)
    sweep(world.services)
    assert world.services.uploads.get("a.png") is None
    assert world.past("a.png").status == "expired"


def test_a_file_that_is_refused_for_itself_is_refused_for_that(world: World) -> None:
    job = born(world, "empty.png", b"", mp_profile="tiny")

    assert job.error_code == "EMPTY_FILE"


@pytest.mark.parametrize("how", ["uploaded again", "other metadata written"])
def test_the_right_options_make_good_what_the_wrong_ones_spoiled(
    world: World, photo: bytes, how: str
) -> None:
    born(world, "a.png", photo, mp_image_output="png")

    if how == "uploaded again":
        world.put("a.png", photo, mp_image_output="avif")
    else:
        client = world.services.uploads._container.get_blob_client("a.png")
        client.set_blob_metadata({"mp_image_output": "avif"})
    accept_blob(world.services, "a.png")
    for message in world.take_messages():
        run_attempt(world.services, message)

    job = world.job("a.png")
    assert (job.status, job.result.format) == ("completed", "avif")
    assert [each.to for each in job.timeline] == [
        "queued",
        "failed",
        "queued",
        "processing",
        "completed",
    ]
