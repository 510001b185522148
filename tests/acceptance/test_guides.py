"""The two guides of learning platforms, followed by curl, until the files have arrived."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image

from harness.rig.platform import Platform, fields_of, platform_running
from harness.rig.running import Setup, running
from harness.rig.service import Service
from harness.samples import media

SERVICE_KEY = "5f1e2d3c4b5a69788796a5b4c3d2e1f0"
SEND = 'curl -sS -H "X-API-Key: $API_KEY" -F "file=@$FILE" -F "media_id=$ID" "$APP/compress/"'
ASK = 'curl -sS -H "X-API-Key: $API_KEY" "$APP/status/$ID"'
RECEIVE = (
    'curl -sS -H "X-Internal-Service-Key: $SERVICE_KEY" -F "video_id=$ID"'
    ' -F "organization_id=org-1" -F "file=@$FILE" "$APP/video/receive"'
)
CONFIRM = (
    'curl -sS -H "X-Internal-Service-Key: $SERVICE_KEY" -d "video_id=$ID" "$APP/video/confirm"'
)


@dataclass
class Backend:
    """The platform's back end, which only knows curl, and what it has been sent."""

    service: Service
    platform: Platform

    def call(self, command: str, external_id: str, file: Path | None = None) -> dict[str, str]:
        environment = os.environ | {
            "APP": self.service.host.url,
            "API_KEY": self.service.host.api_key,
            "SERVICE_KEY": SERVICE_KEY,
            "ID": external_id,
            "FILE": str(file),
            "NO_PROXY": "127.0.0.1",
        }
        ended = subprocess.run(
            ["bash", "-eu", "-c", command], capture_output=True, text=True, env=environment
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def wait_for_word(self, external_id: str, word: str) -> None:
        self.service.wait_for(
            f"{word} of {external_id}",
            lambda: self.call(ASK, external_id) == {"mediaId": external_id, "status": word},
        )

    def confirmed(self, media_id: str) -> list[str]:
        """Where the files of that id lie, by what the confirmation API was told."""
        told = [json.loads(each.body) for each in self.platform.came_to("/confirm")]
        assert all(each.keys() == {"mediaId", "filePath"} for each in told)
        return [each["filePath"] for each in told if each["mediaId"] == media_id]


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    folder = tmp_path_factory.mktemp("guides")
    with platform_running(folder / "lms") as platform:
        settings = platform.settings | {
            "INTERNAL_SERVICE_KEY": SERVICE_KEY,
            "FFMPEG_THREADS": "2",
        }
        with running(folder, Setup(settings)) as service:
            yield Backend(service, platform)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media.clip(tmp_path_factory.mktemp("clip") / "Lesson 7.mov", size="1920x1080")


def test_the_first_guide_with_a_photo(backend: Backend, photo: Path) -> None:
    assert backend.call(SEND, "abc123", photo) == {
        "status": "accepted",
        "mediaId": "abc123",
        "message": "Compression started",
    }

    backend.wait_for_word("abc123", "completed")

    (path,) = backend.confirmed("abc123")
    assert path.startswith("/public_html/images/")
    assert UUID(Path(path).stem).version == 4
    with Image.open(backend.platform.files.folder / path[1:]) as image:
        assert image.size == (320, 240)


def test_the_first_guide_with_a_video(backend: Backend, video: Path) -> None:
    backend.call(SEND, "video-1", video)

    backend.wait_for_word("video-1", "completed")

    (path,) = backend.confirmed("video-1")
    assert path.startswith("/public_html/videos/")
    assert path.endswith(".mp4")
    track = media.video_track(backend.platform.files.folder / path[1:])
    assert (track["codec_name"], track["height"]) == ("h264", 720)


def test_the_first_guide_where_the_platform_cannot_take_note(
    backend: Backend, small_photo: Path
) -> None:
    backend.platform.receiver.behave(otherwise="500")
    backend.call(SEND, "unlucky", small_photo)

    backend.wait_for_word("unlucky", "db_update_failed")
    backend.platform.receiver.behave()

    backend.wait_for_word("unlucky", "completed")
    assert len({*backend.confirmed("unlucky")}) == 1


def test_the_first_guide_asked_for_what_nobody_sent(backend: Backend) -> None:
    assert backend.call(ASK, "nothing") == {"mediaId": "nothing", "status": "not_found"}


def test_the_second_guide(backend: Backend, video: Path, tmp_path: Path) -> None:
    answer = backend.call(RECEIVE, "12345", video)
    assert answer == {"status": "queued", "video_id": "12345"}

    (stored,) = backend.service.wait_for("a push", lambda: backend.platform.came_to("/store"))
    form = fields_of(stored)
    assert form.keys() == {"video_id", "organization_id", "file"}
    assert (form["video_id"], form["organization_id"]) == (b"12345", b"org-1")
    (tmp_path / "stored.mp4").write_bytes(form["file"])
    track = media.video_track(tmp_path / "stored.mp4")
    assert (track["codec_name"], track["height"]) == ("h264", 720)

    for _ in range(2):
        assert backend.call(CONFIRM, "12345") == {"status": "completed", "video_id": "12345"}
    assert not [each for each in backend.service.outputs() if each.name.startswith("video/")]
