"""A failure becomes a status, a line for people and an object for programs."""

import errno
import json

import pytest

from errors import (
    CorruptMediaError,
    DiskFullError,
    EncoderKilledError,
    EncodingError,
    LimitPixelsError,
    TimeLimitError,
)
from processing import tools
from processing.cli.failure import UsageError, tell_failure


@pytest.fixture
def without_tools(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools, "_FOUND_WHOLE", set())


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (CorruptMediaError(), 65, "CORRUPT"),
        (LimitPixelsError(), 65, "LIMIT_PIXELS"),
        (TimeLimitError(), 75, "TIMEOUT"),
        (EncoderKilledError(), 75, "ENCODER_KILLED"),
        (DiskFullError(), 75, "DISK_FULL"),
        (EncodingError(), 75, "ENCODING_FAILED"),
        (OSError(errno.ENOSPC, "No space left on device"), 75, "DISK_FULL"),
        (UsageError("out.webp exists."), 2, "USAGE"),
        (KeyError("nobody foresaw this"), 70, "UNEXPECTED"),
    ],
)
def test_each_kind_of_failure_has_its_status_and_code(capsys, error, status, code):
    assert tell_failure("photo.jpg", error, as_json=True) == status

    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert answer["file"] == "photo.jpg"
    assert answer["error"]["code"] == code
    assert said.err.startswith("photo.jpg: " if code == "USAGE" else f"photo.jpg: {code}: ")


def test_only_what_nobody_foresaw_comes_with_a_traceback(capsys):
    tell_failure("photo.jpg", CorruptMediaError(), as_json=False)
    tell_failure("clip.mp4", KeyError("nobody foresaw this"), as_json=False)

    foreseen, unforeseen = capsys.readouterr().err.split("clip.mp4", 1)
    assert foreseen.count("\n") == 1
    assert "KeyError: 'nobody foresaw this'" in unforeseen


def test_a_message_for_people_ends_with_advice(capsys):
    tell_failure("photo.jpg", CorruptMediaError(), as_json=False)

    assert capsys.readouterr().err == (
        "photo.jpg: CORRUPT: The file is damaged or incomplete and cannot be decoded. "
        "Send the original again, or open it in an editor and export it anew.\n"
    )


def test_what_the_machine_lacks_is_named(capsys, without_tools):
    tell_failure("clip.mp4", EncodingError(), as_json=False)

    assert "Install what this machine lacks: ffmpeg, ffprobe" in capsys.readouterr().err
