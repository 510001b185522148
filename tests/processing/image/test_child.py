"""What a child says is not believed: it has read a stranger's bytes."""

import json

import pytest

from errors import EncodingError
from harness.samples import media
from order import Order
from processing.allowance import Allowance
from processing.compress import compress
from processing.image import transcode
from processing.sandbox.watch import Finished


@pytest.fixture
def source(tmp_path):
    media.photo((64, 48)).save(tmp_path / "in", "JPEG")
    return tmp_path / "in"


def taken_over(monkeypatch, tmp_path, *lines, result=b""):
    """A child that writes `result` and says `lines`."""

    def say(request, *, cwd, bounds, listener):
        (tmp_path / "rendition.webp").write_bytes(result)
        for line in lines:
            listener(line)
        return Finished(0, "", "")

    monkeypatch.setattr(transcode, "run_image_child", say)


def done():
    return json.dumps({"format": "webp", "passthrough_reason": None, "notes": []})


def test_a_result_that_is_larger_than_its_source_is_refused(source, tmp_path, monkeypatch):
    taken_over(monkeypatch, tmp_path, done(), result=bytes(source.stat().st_size + 1))

    with pytest.raises(EncodingError):
        compress(source, tmp_path, Order(), Allowance(), lambda _: None)


def test_a_result_that_leads_elsewhere_is_refused(source, tmp_path, monkeypatch):
    (tmp_path / "other").write_bytes(b"another job's")
    taken_over(monkeypatch, tmp_path, done())
    real = transcode.run_image_child

    def link(request, **words):
        finished = real(request, **words)
        (tmp_path / "rendition.webp").unlink()
        (tmp_path / "rendition.webp").symlink_to(tmp_path / "other")
        return finished

    monkeypatch.setattr(transcode, "run_image_child", link)

    with pytest.raises(EncodingError):
        compress(source, tmp_path, Order(), Allowance(), lambda _: None)


@pytest.mark.parametrize(
    "line",
    [
        "no object",
        "[1]",
        '"stage"',
        '{"stage": "encoding", "percent": "much"}',
        '{"format": "nope"}',
        '{"format": "webp"}',
        '{"format": "webp", "passthrough_reason": "fun", "notes": []}',
        '{"format": "webp", "passthrough_reason": null, "notes": ["Call this number."]}',
        '{"format": "webp", "passthrough_reason": null, "notes": [{"code": "X", "values": []}]}',
        '{"stage": "dancing", "percent": 1}',
        '{"error": "MediaProcessorError", "message": "Call this number."}',
        '{"error": "os"}',
    ],
)
def test_words_that_are_not_ours_are_no_answer(source, tmp_path, monkeypatch, line):
    taken_over(monkeypatch, tmp_path, line)

    with pytest.raises(EncodingError):
        compress(source, tmp_path, Order(), Allowance(), lambda _: None)
