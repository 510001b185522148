"""A file from a form: record, upload, job; what a death between them leaves, and who finds it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from azure.core.exceptions import ResourceNotFoundError

from jobs.caller import OPERATOR
from jobs.contract import LMS, VIDEO, Contract
from jobs.job import Job, Status
from lifecycle import failpoints
from lifecycle.attempt import run_attempt
from lifecycle.failpoints import Point
from lifecycle.ingest import (
    Arrival,
    SentForm,
    job_sent_as,
    read_fields,
    recognize,
    stage_block,
    store_upload,
)
from lifecycle.intake import accept_blob
from lifecycle.rescue import rescue
from lifecycle.services import Services
from lifecycle.sweep import sweep
from lifecycle.upload_links import WantedUpload, make_links

from .conftest import World

MP4 = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"

# Storage in memory has no blocks.
pytestmark = pytest.mark.azurite


class Death(BaseException):
    """What ends a process is no Exception: nobody may catch it."""


@pytest.fixture(autouse=True)
def _alone(world: World) -> Iterator[None]:
    """Nothing is begun at once, and nothing was sent before."""
    while world.services.spare_room.take(at_work=0):
        pass
    yield
    world.services.ingests._table.delete_table()


def staged(services: Services, photo: bytes) -> tuple[Arrival, SentForm]:
    """A file whose bytes all came."""
    arrival = recognize(services, OPERATOR, LMS, photo[:4096])
    stage_block(services, arrival, 0, photo)
    return arrival, read_fields(services, LMS, {"media_id": "abc", "reference": "mine"})


def store(services: Services, photo: bytes) -> Job:
    arrival, form = staged(services, photo)
    return store_upload(services, arrival, LMS, form, 1)


def dies_at(monkeypatch: pytest.MonkeyPatch, point: Point) -> None:
    def reached(at: Point) -> None:
        if at is point:
            monkeypatch.undo()
            raise Death

    monkeypatch.setattr(failpoints, "reached", reached)


def test_blocks_alone_are_seen_by_nobody(world: World, photo: bytes) -> None:
    staged(world.services, photo)

    assert list(world.services.uploads.all()) == []
    assert job_sent_as(world.services, Contract.LMS, "abc") is None


def test_a_death_before_the_upload_leaves_nothing_to_see(world, photo, monkeypatch) -> None:
    dies_at(monkeypatch, Point.FORM_RECORDED)

    with pytest.raises(Death):
        store(world.services, photo)

    assert list(world.services.uploads.all()) == []
    assert job_sent_as(world.services, Contract.LMS, "abc") is None


def test_a_death_before_the_upload_hides_no_older_job(world, photo, monkeypatch) -> None:
    older = store(world.services, photo)
    dies_at(monkeypatch, Point.FORM_RECORDED)

    with pytest.raises(Death):
        store(world.services, photo)

    found = job_sent_as(world.services, Contract.LMS, "abc")
    assert found is not None
    assert found.blob_name == older.blob_name


def test_a_death_after_the_upload_is_found_by_the_trigger_with_its_terms(
    world, photo, monkeypatch
) -> None:
    dies_at(monkeypatch, Point.FORM_STORED)
    with pytest.raises(Death):
        store(world.services, photo)
    (upload,) = world.services.uploads.all()

    job = accept_blob(world.services, upload.blob_name)

    assert job is not None
    assert (job.contract, job.external_id) == ("lms", "abc")
    assert (job.order.profile, job.order.reference) == ("lms720", "mine")
    assert job_sent_as(world.services, Contract.LMS, "abc") == job


def test_who_asks_for_it_finds_it_as_well(world, photo, monkeypatch) -> None:
    dies_at(monkeypatch, Point.FORM_STORED)
    with pytest.raises(Death):
        store(world.services, photo)

    job = job_sent_as(world.services, Contract.LMS, "abc")

    assert job is not None
    assert job.external_id == "abc"


def test_where_no_trigger_comes_the_rescue_finds_it(world, photo, monkeypatch) -> None:
    dies_at(monkeypatch, Point.FORM_STORED)
    with pytest.raises(Death):
        store(world.services, photo)
    world.clock.advance(seconds=60)

    rescue(world.services)

    (upload,) = world.services.uploads.all()
    assert world.job(upload.blob_name).external_id == "abc"


def test_the_newest_counts_whatever_order_their_jobs_begin_in(world, photo, monkeypatch) -> None:
    dies_at(monkeypatch, Point.FORM_STORED)
    with pytest.raises(Death):
        store(world.services, photo)
    (old,) = world.services.uploads.all()
    world.clock.advance(seconds=1)
    newer = store(world.services, photo)

    accept_blob(world.services, old.blob_name)

    found = job_sent_as(world.services, Contract.LMS, "abc")
    assert found is not None
    assert found.blob_name == newer.blob_name


def test_metadata_makes_nobody_a_contract(world: World, photo: bytes) -> None:
    arrival = recognize(world.services, OPERATOR, LMS, photo[:4096])
    metadata = {"contract": "lms", "external_id": "abc", "mp_reference": "mine"}
    world.services.uploads._container.upload_blob(arrival.blob_name, photo, metadata=metadata)

    job = accept_blob(world.services, arrival.blob_name)

    assert job is not None
    assert (job.contract, job.external_id, job.order.reference) == ("", None, "mine")


def test_a_row_keeps_what_the_record_said(world: World) -> None:
    fields = {"video_id": "v1", "organization_id": "org ü"}
    arrival = recognize(world.services, OPERATOR, VIDEO, MP4)
    stage_block(world.services, arrival, 0, MP4)

    store_upload(world.services, arrival, VIDEO, read_fields(world.services, VIDEO, fields), 1)

    job = world.job(arrival.blob_name)
    assert (job.contract, job.external_id, job.organization_id) == ("video", "v1", "org ü")


def test_an_ordinary_upload_pays_no_look_at_a_record(world: World, photo: bytes) -> None:
    untouchable = replace(world.services, ingests=None, upload_links=None)  # type: ignore[arg-type]
    world.put("upload-1.png", photo)

    job = accept_blob(untouchable, "upload-1.png")

    assert job == world.job("upload-1.png")


def test_the_record_goes_with_the_last_trace_of_the_job(world: World, photo: bytes) -> None:
    job = store(world.services, photo)
    run_attempt(world.services, job.message(world.clock()))
    assert world.job(job.blob_name).status is Status.COMPLETED

    for _ in range(2):
        world.clock.advance(days=40)
        sweep(world.services)

    assert job_sent_as(world.services, Contract.LMS, "abc") is None
    assert world.services.ingests.of_upload(job.blob_name) is None
    assert list(world.services.ingests.of_id(Contract.LMS, "abc")) == []


def test_old_tables_go_with_a_sweep(world: World) -> None:
    link = make_links(world.services, OPERATOR, "", [WantedUpload("a.png", 1, "", None, {})])[0]
    world.clock.advance(days=70)

    sweep(world.services)

    table = world.services.upload_links._tables.current(link.created_at)[0]
    with pytest.raises(ResourceNotFoundError):
        table.get_entity("t=", "a")
