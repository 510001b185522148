"""POST /video/receive, GET /video/status, POST /video/confirm, as a learning platform uses them."""

import pytest

from harness.samples import media
from jobs import transitions
from jobs.contract import Contract
from jobs.job import Job
from lifecycle.services import Services

from .conftest import KEY
from .forms import MP4, eventually, new_id, receive, row, upload_names


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> bytes:
    return media.clip(tmp_path_factory.mktemp("clip") / "clip.mp4").read_bytes()


def status(client, video_id: str):
    return client.get(f"/video/status/{video_id}")


def completed(client, clip: bytes) -> str:
    """The id of a video whose result is there."""
    video_id = new_id()
    receive(client, clip, video_id)
    eventually(lambda: status(client, video_id).json()["status"], lambda word: word == "completed")
    return video_id


def expire(services: Services, job: Job) -> None:
    services.history.put(transitions.expired(job, services.clock()))
    services.jobs.delete(job)


def confirm(client, video_id: str):
    return client.post("/video/confirm", data={"video_id": video_id})


def test_a_video_is_queued_and_its_row_says_whose_it_is(service_client, services, clip) -> None:
    video_id = new_id()

    answer = receive(service_client, clip, video_id, organization_id="org-1")

    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "queued", "video_id": video_id},
    )
    job = row(services, video_id, Contract.VIDEO)
    assert (job.contract, job.external_id, job.organization_id) == ("video", video_id, "org-1")
    assert job.blob_name.startswith("video/")
    assert job.order.profile == "lms720"


def test_the_result_is_confirmed_as_often_as_one_likes(service_client, clip) -> None:
    video_id = completed(service_client, clip)

    for _ in range(2):
        answer = confirm(service_client, video_id)
        assert (answer.status_code, answer.json()) == (
            200,
            {"status": "completed", "video_id": video_id},
        )


def test_nothing_is_confirmed_before_there_is_a_result(service_client) -> None:
    video_id = new_id()
    receive(service_client, MP4 + bytes(5000), video_id)

    answer = confirm(service_client, video_id)

    assert (answer.status_code, answer.json()["code"]) == (400, "NOT_READY")


def test_a_video_that_failed_says_why(service_client) -> None:
    video_id = new_id()
    receive(service_client, MP4 + bytes(5000), video_id)

    word = eventually(
        lambda: status(service_client, video_id).json()["status"],
        lambda word: word not in ("queued", "processing"),
    )

    assert word.startswith("failed: The file is damaged")


def test_an_unknown_id_is_404(service_client) -> None:
    for answer in (status(service_client, "never"), confirm(service_client, "never")):
        assert (answer.status_code, answer.json()["code"]) == (404, "UNKNOWN_JOB")


def test_a_result_that_went_is_410(service_client, services, clip) -> None:
    video_id = completed(service_client, clip)

    expire(services, row(services, video_id, Contract.VIDEO))

    for answer in (status(service_client, video_id), confirm(service_client, video_id)):
        assert (answer.status_code, answer.json()["code"]) == (410, "EXPIRED")


def test_a_photo_is_no_video(service_client, services, photo) -> None:
    before = upload_names(services, "video/")

    answer = receive(service_client, photo, new_id())

    assert (answer.status_code, answer.json()["code"]) == (400, "UNSUPPORTED")
    assert upload_names(services, "video/") == before


def test_the_ids_of_the_two_contracts_are_apart(service_client, clip) -> None:
    video_id = new_id()
    receive(service_client, clip, video_id)

    assert service_client.get(f"/status/{video_id}").json()["status"] == "not_found"


@pytest.mark.parametrize(
    "request_body",
    [{}, {"data": {"other": "1"}}, {"data": {"video_id": " "}}, {"content": b"\xff" * 100}],
)
def test_a_confirmation_needs_an_id(service_client, request_body) -> None:
    answer = service_client.post("/video/confirm", **request_body)

    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_FORM")


def test_a_huge_confirmation_is_refused(service_client) -> None:
    answer = service_client.post("/video/confirm", content=b"video_id=" + b"x" * 1_000_000)

    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_REQUEST")


def test_the_key_is_asked_for_before_anything_else(stranger, clip) -> None:
    answers = [
        receive(stranger, clip, new_id()),
        confirm(stranger, "abc"),
        stranger.post("/video/confirm", content=b"x" * 1_000_000),
        status(stranger, "abc"),
    ]

    assert {answer.status_code for answer in answers} == {401}
    stranger.headers["X-API-Key"] = KEY
    assert status(stranger, "abc").status_code == 404


def test_health_has_a_second_path(stranger) -> None:
    assert stranger.get("/health").json() == stranger.get("/api/health").json()
