"""The three boxes of "Authentication"."""

import pytest

from harness.rig.client import status_path
from harness.rig.request import request
from version import VERSION

SOMEBODY_ELSES_KEY = "0123456789abcdef" * 4


@pytest.fixture(scope="module")
def known_job(service, photo):
    """The address of a job that exists."""
    service.completed("guarded.png", photo)
    return status_path("guarded.png")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": ""},
        {"X-API-Key": SOMEBODY_ELSES_KEY},
        {"Authorization": f"Bearer {SOMEBODY_ELSES_KEY}"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
    ],
    ids=["no key", "an empty key", "another key", "another bearer", "another scheme"],
)
def test_the_status_is_refused_without_the_key(service, known_job, headers):
    """Box: Status endpoint rejects requests without API key."""
    answer = service.ask(known_job, headers)

    assert answer.status == 401
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == "UNAUTHORIZED"
    assert b"guarded" not in answer.body


def test_an_unknown_job_is_refused_like_a_known_one_without_the_key(service, known_job):
    known, unknown = service.ask(known_job), service.ask(status_path("never-uploaded.png"))

    assert known == unknown


def test_the_status_is_given_with_the_key(service, known_job):
    """Box: Status endpoint accepts valid API key."""
    answer = service.ask(known_job, {"X-API-Key": service.host.api_key})

    assert answer.status == 200
    assert answer.json["blob_name"] == "guarded.png"


@pytest.mark.parametrize(("header", "form"), [("X-API-Key", "{}"), ("Authorization", "Bearer {}")])
def test_either_header_may_carry_the_key(service, known_job, header, form):
    """Box: Both `X-API-Key` and `Authorization: Bearer` headers work."""
    answer = service.ask(known_job, {header: form.format(service.host.api_key)})

    assert answer.status == 200
    assert answer.json["status"] == "completed"


def test_a_link_reads_its_own_result_and_does_nothing_else(service, known_job):
    link = service.ask(known_job, {"X-API-Key": service.host.api_key}).json["output_url"]
    another = link.replace("guarded.webp", "another.webp")
    listing = link.replace("/guarded.webp?", "?restype=container&comp=list&")

    assert request(link, {}).status == 200
    assert request(link, {}, "DELETE").status == 403
    assert request(another, {}).status == 403
    assert request(listing, {}).status == 403
    assert request(link.partition("?")[0], {}).status in (403, 404)


def test_health_needs_no_key(service):
    answer = service.ask("/api/health")

    assert answer.status == 200
    parts = dict.fromkeys(("storage", "ffmpeg", "work_dir", "decoder"), "ok")
    assert answer.json == {"status": "healthy", "version": VERSION} | parts
