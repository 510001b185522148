"""GET /api/limits: what a client must know beforehand, as the settings are."""

from dataclasses import replace

import httpx2

from api.app import create_api
from lifecycle.limits import EXTENSIONS
from lifecycle.services import Services

from .conftest import served

FORMATS = (
    *("jpeg", "png", "gif", "webp", "bmp", "tiff", "heic", "avif", "jp2"),
    *("mp4", "mov", "webm", "mkv", "avi", "wmv", "flv"),
    *("mpg", "ogv", "mxf", "dv", "ts"),
)


def limits_with(services: Services, **settings: int) -> dict:
    changed = services.settings.model_copy(update=settings)
    with served(create_api(replace(services, settings=changed))) as address:
        return httpx2.get(f"{address}/api/limits").json()


def test_any_page_may_ask(stranger) -> None:
    answer = stranger.get("/api/limits", headers={"Origin": "https://page.example"})

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "max-age" in answer.headers["cache-control"]


def test_it_says_what_the_settings_say(services) -> None:
    limits = limits_with(
        services,
        max_upload_megabytes=700,
        ingest_max_video_megabytes=300,
        ingest_max_image_megabytes=5,
        host_body_limit_bytes=500 << 20,
        upload_link_minutes=7,
        processed_retention_minutes=11,
        failed_retention_hours=3,
    )

    assert limits["upload_max_bytes"] == 700 << 20
    assert limits["form_max_video_bytes"] == 300 << 20
    assert limits["form_max_image_bytes"] == 5 << 20
    assert limits["link_minutes"] == 7
    assert (limits["result_kept_minutes"], limits["failure_kept_hours"]) == (11, 3)


def test_a_form_is_never_larger_than_an_upload_or_what_the_host_lets_through(services) -> None:
    small = limits_with(services, max_upload_megabytes=10, host_body_limit_bytes=500 << 20)
    walled = limits_with(services, host_body_limit_bytes=100 << 20)

    assert small["form_max_video_bytes"] == 10 << 20
    assert walled["form_max_video_bytes"] < 100 << 20


def test_it_names_every_format_that_is_accepted(stranger) -> None:
    formats = stranger.get("/api/limits").json()["formats"]

    assert tuple(each["name"] for each in formats) == FORMATS
    assert {each["kind"] for each in formats} == {"image", "video"}
    assert all(each["extensions"] for each in formats)
    assert EXTENSIONS.keys() <= set(FORMATS)


def test_it_says_how_to_upload_and_to_poll(stranger) -> None:
    limits = stranger.get("/api/limits").json()

    assert 0 < limits["block_bytes"] <= limits["single_max_bytes"] <= limits["upload_max_bytes"]
    assert 0 < limits["poll_after_s"] <= limits["poll_every_s"]
