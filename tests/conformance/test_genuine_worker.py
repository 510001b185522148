"""The app inside Microsoft's own worker library, on a real Azurite, with real media.

This proves that the genuine indexer accepts the app and tells the host what devhost is told, and
that each function does its work when it is called with the protocol's values, HTTP through the
streaming server that the library itself starts.

It does not prove what lives in the host and is not Python: the extension bundle (detection of
blobs, leases of messages, the schedule of timers), the reverse proxy in front of the streaming
server, gRPC and protobuf themselves. The host's part here follows its published source.
"""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from api.http_route import OTHERWISE_PATH
from tests.conformance.python313 import ROOT
from version import VERSION

# What devhost finds in the app, in a process of its own: an app is indexed once in a process.
INDEX = """
import json
from pathlib import Path
from devhost.worker.indexing import index_app
functions = index_app(Path.cwd())
print(json.dumps({name: each.raw_bindings for name, each in functions.items()}))
"""
# Nobody reaches loopback through a proxy.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
SEVERAL_MEGABYTES = 5 * 1024 * 1024


def test_the_genuine_worker_tells_the_host_what_devhost_is_told(worker, app_environment):
    devhost = subprocess.run(
        [sys.executable, "-c", INDEX], cwd=ROOT, env=app_environment, capture_output=True, text=True
    )

    assert devhost.returncode == 0, devhost.stderr
    assert worker.raw_bindings == json.loads(devhost.stdout)


def test_the_blob_trigger_asks_for_a_client_instead_of_the_content(worker):
    (binding,) = worker.raw_bindings["on_upload"]

    assert binding["properties"] == {"SupportsDeferredBinding": True}


def test_http_is_streamed(worker):
    assert worker.capabilities["HttpUri"].startswith("http://127.0.0.1:")
    assert worker.capabilities["RequiresRouteParameters"] == "true"


def test_an_upload_becomes_a_queued_job(host, photo):
    host.upload("born.jpg", photo)

    host.trigger_blob("born.jpg")

    job = host.status("born.jpg")
    assert (job["status"], job["file_size"], job["file_type"]) == (
        "queued",
        photo.stat().st_size,
        "jpg",
    )
    assert job["output_url"] is None
    assert "born.jpg" in host.uploads()


def test_the_apps_own_message_turns_a_photo_into_a_smaller_one(host, photo):
    job = host.finish("Ordner/grün & blau #1 100%.jpg", photo)

    assert job["status"] == "completed"
    assert job["processed_blob_name"] == "Ordner/grün & blau #1 100%.webp"
    picture = download(job)
    assert len(picture) == job["compressed_size"] < job["original_size"] == photo.stat().st_size
    assert Image.open(BytesIO(picture)).size == (320, 240)


def test_the_apps_own_message_turns_a_clip_into_a_smaller_one(host, clip, tmp_path):
    job = host.finish("upload-1700000000000.mov", clip)

    assert job["status"] == "completed"
    assert job["processed_blob_name"] == "processed-1700000000000.mp4"
    movie = tmp_path / "movie.mp4"
    movie.write_bytes(download(job))
    assert movie.stat().st_size == job["compressed_size"] < clip.stat().st_size
    assert codecs(movie) == {"h264", "aac"}


def test_the_upload_is_deleted_after_delivery(host, photo):
    host.finish("gone.jpg", photo)

    assert "gone.jpg" not in host.uploads()


def test_a_corrupt_upload_ends_as_a_failed_job_and_not_as_a_failed_invocation(host, tmp_path):
    noise = tmp_path / "noise"
    noise.write_bytes(b"no picture" * 1000)

    job = host.finish("noise.mp4", noise)

    assert job["status"] == "failed"
    assert job["error_code"]
    assert job["error_message"]


def test_a_poison_message_of_a_job_without_attempts_left_fails_it(host, photo):
    host.upload("poisonous.jpg", photo)
    host.trigger_blob("poisonous.jpg")
    host.change_row("poisonous.jpg", attempts=100)

    host.trigger_queue("on_poison", host.message("poisonous.jpg"))

    job = host.status("poisonous.jpg")
    assert (job["status"], job["error_code"]) == ("failed", "WORKER_LOST")


def test_the_timer_removes_results_that_are_due(host, photo):
    link = host.finish("old.jpg", photo)["output_url"]
    completed_at = host.change_row("old.jpg").completed_at
    host.complete_earlier("old.jpg", completed_at - timedelta(hours=1))

    host.trigger_timer()

    assert host.ask_status("old.jpg").status == 410
    with pytest.raises(urllib.error.HTTPError, match="404"):
        DIRECT.open(link)


def test_health_is_public(worker):
    answer = worker.request("health", "GET", "/api/health")

    assert answer.status == 200
    parts = dict.fromkeys(("storage", "ffmpeg", "work_dir", "decoder"), "ok")
    assert answer.json == parts | {"status": "healthy", "version": VERSION}


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer no"}])
def test_the_status_needs_the_key(worker, headers):
    answer = worker.request("status", "GET", "/api/status?blob_name=any.jpg", headers)

    assert answer.status == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_status_takes_the_key_as_a_bearer_token_too(worker, api_key):
    headers = {"Authorization": f"Bearer {api_key}"}

    answer = worker.request("status", "GET", "/api/status?blob_name=never-seen.jpg", headers)

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_status_needs_a_name(worker, api_key):
    answer = worker.request("status", "GET", "/api/status", {"X-API-Key": api_key})

    assert answer.status == 400
    assert answer.json["status"] == 400


def test_every_route_is_a_function_of_its_own(worker):
    answer = worker.request("openapi", "GET", "/api/openapi.json")

    routes = {
        f"/{binding['route']}"
        for bindings in worker.raw_bindings.values()
        for binding in bindings
        if binding["type"] == "httpTrigger"
    }
    assert answer.status == 200
    without_schema = {"/api/openapi.json", "/api/docs", OTHERWISE_PATH}
    assert set(answer.json["paths"]) == routes - without_schema


def test_the_documentation_is_a_page(worker):
    answer = worker.request("docs", "GET", "/api/docs")

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert b"/api/openapi.json" in answer.body


def test_what_has_no_route_of_its_own_is_answered_as_a_problem(worker):
    answer = worker.request("without_route", "PATCH", "/nothing")

    assert answer.status == 404
    assert answer.json["code"] == "UNKNOWN_PATH"


def test_head_has_no_body(worker):
    answer = worker.request("health", "HEAD", "/api/health")

    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "in pieces"])
def test_a_file_in_a_form_is_taken_and_its_status_told_by_its_id(
    host, worker, api_key, photo, is_whole
):
    media_id = f"media-{is_whole}"
    pieces = [
        b'--x\r\nContent-Disposition: form-data; name="media_id"\r\n\r\n',
        f"{media_id}\r\n--x\r\n".encode(),
        b'Content-Disposition: form-data; name="file"; filename="a"\r\n\r\n',
        photo.read_bytes(),
        b"\r\n--x--\r\n",
    ]
    headers = {"X-API-Key": api_key, "Content-Type": "multipart/form-data; boundary=x"}

    body = b"".join(pieces) if is_whole else iter(pieces)
    answer = worker.request("compress", "POST", "/compress/", headers, body)
    told = worker.request("media_status", "GET", f"/status/{media_id}", {"X-API-Key": api_key})

    assert (answer.status, answer.json["mediaId"]) == (200, media_id)
    assert told.json["status"] in ("queued", "processing", "completed")


def test_a_job_is_begun_by_hand(host, photo):
    host.upload("by hand.jpg", photo)

    answer = post_job(host, {"blob_name": "by hand.jpg"})

    assert answer.status == 202
    assert answer.json["status"] == "queued"
    assert host.message("by hand.jpg")


def test_a_wrong_body_is_answered_by_a_problem(host):
    answer = post_job(host, {"blob_name": "", "padding": "x" * SEVERAL_MEGABYTES})

    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"


def post_job(host, document):
    headers = {"X-API-Key": host.api_key, "Content-Type": "application/json"}
    body = json.dumps(document).encode()
    return host.worker.request(
        "test_process", "POST", "/api/test-process", headers, pieces(body, 64 * 1024)
    )


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


def download(job):
    with DIRECT.open(job["output_url"]) as answer:
        return answer.read()


def codecs(path):
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "json", path],
        capture_output=True,
        check=True,
    )
    return {stream["codec_name"] for stream in json.loads(shown.stdout)["streams"]}


def test_no_request_is_told_in_the_log(worker, log):
    worker.request("limits", "GET", "/api/limits?told=in-the-log")

    assert "told=in-the-log" not in log.read_text()
