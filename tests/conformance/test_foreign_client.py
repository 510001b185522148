"""Clients that are not ours: Microsoft's JavaScript SDK uploads, curl polls and downloads.

The app runs on devhost, so this proves that the promises to integrators hold for programs that
share no code with us; it does not prove that devhost behaves as the real host does.
"""

import json

from PIL import Image

from tests.conformance.integrator import run


def test_a_photo_goes_up_by_the_javascript_sdk_and_comes_back_by_curl(client, photo, tmp_path):
    client.node("upload.mjs", photo, "holiday.jpg")

    job = client.poll("holiday.jpg", f"X-API-Key: {client.api_key}")

    assert job["status"] == "completed"
    result = tmp_path / "result"
    assert client.curl("--output", result, job["output_url"])[0] == 200
    assert result.stat().st_size == job["compressed_size"] < photo.stat().st_size
    with Image.open(result) as picture:
        assert (picture.format, picture.size) == ("WEBP", (320, 240))


def test_a_clip_goes_up_in_blocks_and_a_bearer_token_serves_as_the_key(client, clip, tmp_path):
    client.node("upload.mjs", clip, "clips/holiday.mov")

    job = client.poll("clips/holiday.mov", f"Authorization: Bearer {client.api_key}")

    assert job["status"] == "completed"
    result = tmp_path / "result"
    assert client.curl("--output", result, job["output_url"])[0] == 200
    assert result.stat().st_size == job["compressed_size"] < clip.stat().st_size
    run("ffmpeg", "-v", "error", "-xerror", "-i", result, "-f", "null", "-")


def test_the_recipe_that_clients_were_first_given_works(client, clip, tmp_path):
    result = tmp_path / "result"

    job = json.loads(client.node("integrator.mjs", clip, result))

    assert job["status"] == "completed"
    assert job["processed_blob_name"].startswith("processed-")
    assert job["type"] == "video/mp4"
    assert result.stat().st_size == job["compressed_size"] < clip.stat().st_size


def test_curl_without_a_key_learns_nothing(client):
    status, body = client.curl(f"{client.url}/api/status?blob_name=holiday.jpg")

    assert status == 401
    assert "holiday" not in body
