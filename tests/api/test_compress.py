"""POST /compress/ and GET /status/{media_id}, as a learning platform uses them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote

import httpx2
import pytest
from pydantic import SecretStr

from api.app import create_api
from errors import CorruptMediaError
from jobs import transitions
from jobs.door import UUID4
from lifecycle.services import Services

from .conftest import KEY, SERVICE_KEY, served
from .forms import MP4, compress, new_id, row, settled_word, upload_names


def test_a_photo_is_accepted_and_completed(client, services, photo) -> None:
    media_id = new_id()

    answer = compress(client, photo, media_id)

    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "accepted", "mediaId": media_id, "message": "Compression started"},
    )
    assert settled_word(client, media_id) == "completed"
    assert client.get(f"/status/{media_id}").json() == {
        "mediaId": media_id,
        "status": "completed",
    }


def test_the_row_exists_with_the_answer_and_says_whose_file_it_is(client, services, photo):
    media_id = new_id()

    compress(client, photo, media_id, file_name="Ferien.png")

    job = row(services, media_id)
    assert (job.contract, job.external_id, job.organization_id) == ("lms", media_id, None)
    assert re.fullmatch(rf"compress/{UUID4}\.png", job.blob_name)
    assert job.order.profile == "lms720"
    assert "Ferien" not in repr(job)


@pytest.mark.parametrize("path", ["/compress", "/compress/"])
def test_the_path_may_end_with_a_slash_and_is_never_redirected(client, photo, path) -> None:
    form = {"files": {"file": ("a.png", photo)}, "data": {"media_id": new_id()}}

    assert client.post(path, **form, follow_redirects=False).status_code == 200


def test_an_option_may_stand_beside_the_file(client, services, photo) -> None:
    media_id = new_id()

    compress(client, photo, media_id, image_output="keep", retention="60", reference="ä 1")

    order = row(services, media_id).order
    assert (order.image_output, order.retention, order.reference) == ("keep", 60, "ä 1")
    assert settled_word(client, media_id) == "completed"
    assert row(services, media_id).result.format == "png"


def test_the_content_decides_what_a_file_is(client, services, photo) -> None:
    media_id = new_id()

    compress(client, photo, media_id, file_name="clip.mp4")

    assert row(services, media_id).blob_name.endswith(".png")


@pytest.mark.parametrize(
    ("fields", "answered"),
    [
        ({"image_output": "tiff"}, (422, "INVALID_OPTION")),
        ({"title": "My photo"}, (422, "INVALID_OPTION")),
        ({"media_id": ""}, (400, "BAD_FORM")),
        ({"media_id": "a/b"}, (400, "BAD_FORM")),
        ({"media_id": "a\nb"}, (400, "BAD_FORM")),
        ({"media_id": "x" * 256}, (400, "BAD_FORM")),
    ],
)
def test_a_bad_field_is_refused_by_name(client, services, photo, fields, answered) -> None:
    before = upload_names(services)

    answer = client.post(
        "/compress/", files={"file": ("a.png", photo)}, data={"media_id": new_id(), **fields}
    )

    assert (answer.status_code, answer.json()["code"]) == answered
    assert next(iter(fields)) in answer.json()["detail"]
    assert upload_names(services) == before


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"hello " * 2000, "UNSUPPORTED"),
        (b"%PDF-1.7" + bytes(9000), "UNSUPPORTED"),
        (b"x", "UNSUPPORTED"),
        (b"", "EMPTY_FILE"),
    ],
)
def test_what_is_no_photo_or_video_is_refused_with_400(client, services, content, code) -> None:
    media_id, before = new_id(), upload_names(services)

    answer = compress(client, content, media_id)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert upload_names(services) == before
    assert client.get(f"/status/{media_id}").json()["status"] == "not_found"


def test_a_form_without_a_file_or_an_id_is_refused(client, photo) -> None:
    no_file = client.post("/compress/", files={"media_id": (None, "abc")})
    no_id = client.post("/compress/", files={"file": ("a.png", photo)})
    no_form = client.post("/compress/", json={"media_id": "abc"})

    for answer in (no_file, no_id, no_form):
        assert (answer.status_code, answer.json()["code"]) == (400, "BAD_FORM")


def test_an_image_has_a_smaller_limit_than_a_video(limited_client, services, photo) -> None:
    image, video = photo + bytes(2 << 20), MP4 + bytes(2 << 20)

    refused = compress(limited_client, image, new_id(), file_name="a.mp4")
    accepted = compress(limited_client, video, new_id(), file_name="a.png")
    too_large = compress(limited_client, MP4 + bytes(5 << 20), new_id())

    assert (refused.status_code, refused.json()["code"]) == (400, "LIMIT_SIZE")
    assert str(1 << 20) in refused.json()["detail"]
    assert accepted.status_code == 200
    assert (too_large.status_code, too_large.json()["code"]) == (400, "LIMIT_SIZE")


def test_of_one_id_the_newest_file_counts(client, services, photo) -> None:
    media_id = new_id()
    compress(client, photo, media_id)
    first = row(services, media_id)

    compress(client, MP4 + bytes(5000), media_id)

    assert row(services, media_id).blob_name != first.blob_name
    assert settled_word(client, media_id).startswith("failed: ")


def test_a_failure_is_told_with_its_reason_also_when_it_is_history(client, services) -> None:
    media_id = new_id()
    compress(client, MP4 + bytes(5000), media_id)
    reason = f"failed: {CorruptMediaError.default_message()}"
    assert settled_word(client, media_id) == reason

    job = row(services, media_id)
    services.history.put(transitions.expired(job, services.clock()))
    services.jobs.delete(job)
    services.uploads.delete(job.blob_name, job.upload_etag)

    assert client.get(f"/status/{media_id}").json()["status"] == reason


def test_a_result_that_went_in_its_time_is_still_completed(client, services, photo) -> None:
    media_id = new_id()
    compress(client, photo, media_id)
    settled_word(client, media_id)

    job = row(services, media_id)
    services.history.put(transitions.expired(job, services.clock()))
    services.jobs.delete(job)

    assert client.get(f"/status/{media_id}").json()["status"] == "completed"


def test_an_id_that_was_never_sent_is_not_found_and_no_error(client) -> None:
    answer = client.get("/status/never sent")

    assert (answer.status_code, answer.json()) == (
        200,
        {"mediaId": "never sent", "status": "not_found"},
    )


@pytest.mark.parametrize("media_id", ["42", "a b", "ü#1?", "a.b-c_d~e", "%2e", "100%"])
def test_any_id_without_a_slash_is_found_again(client, photo, media_id) -> None:
    compress(client, photo, media_id)

    answer = client.get(f"/status/{quote(media_id, safe='')}")

    assert answer.json()["mediaId"] == media_id
    assert answer.json()["status"] != "not_found"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": KEY},
        {"Authorization": f"Bearer {KEY}"},
        {"X-Internal-Service-Key": KEY},
        {"X-Internal-Service-Key": SERVICE_KEY},
        {"X-API-Key": SERVICE_KEY},
        {"Authorization": f"Bearer {SERVICE_KEY}"},
    ],
)
def test_either_key_is_taken_from_any_header(stranger, photo, headers) -> None:
    media_id = new_id()

    assert compress(stranger, photo, media_id, headers=headers).status_code == 200
    assert stranger.get(f"/status/{media_id}", headers=headers).status_code == 200


def test_without_a_key_nothing_is_taken_and_nothing_is_told(stranger, services, photo) -> None:
    before = upload_names(services)

    answers = [compress(stranger, photo, new_id()), stranger.get("/status/abc")]

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
        assert answer.json()["detail"]
        assert answer.headers["www-authenticate"] == "Bearer"
    assert upload_names(services) == before


def test_a_key_for_files_does_not_begin_jobs_by_hand(service_client) -> None:
    answer = service_client.post("/api/test-process", json={"blob_name": "a"})

    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN_SCOPE")


@contextmanager
def deployed_with(services: Services, **settings: SecretStr | None) -> Iterator[httpx2.Client]:
    """A client without a key, of an API with these settings."""
    changed = replace(services, settings=services.settings.model_copy(update=settings))
    with (
        served(create_api(changed)) as address,
        httpx2.Client(base_url=address) as client,
    ):
        yield client


def test_the_key_of_services_is_known_only_where_it_is_set(services: Services, photo) -> None:
    headers = {"X-Internal-Service-Key": SERVICE_KEY}
    with deployed_with(services, internal_service_key=None) as client:
        assert compress(client, photo, new_id(), headers=headers).status_code == 401
        headers = {"X-Internal-Service-Key": KEY}
        assert compress(client, photo, new_id(), headers=headers).status_code == 200


def test_the_key_before_this_one_is_accepted_while_it_is_set(services: Services) -> None:
    before = KEY.upper()
    answers = []
    for previous in (None, SecretStr(before)):
        with deployed_with(services, api_key_previous=previous) as client:
            answers += [
                client.get("/api/webhooks", headers={"X-API-Key": key}).status_code
                for key in (KEY, before)
            ]

    assert answers == [200, 401, 200, 200]
