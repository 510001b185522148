"""What the machine lacks is named."""

import pytest

from processing import tools, versions


@pytest.fixture(autouse=True)
def _ask_again():
    tools.missing_tools.cache_clear()
    yield
    tools.missing_tools.cache_clear()


def test_nothing_is_missing_here():
    assert tools.missing_tools() == []


def test_a_missing_binary_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "ffmpeg" in tools.missing_tools()


def test_a_library_that_is_too_old_is_named(monkeypatch):
    monkeypatch.setattr(versions, "_OLDEST", {"pillow": (999, 0)})

    assert tools.missing_tools() == ["pillow >= 999.0"]


def test_an_ffmpeg_without_our_encoder_is_named(tmp_path, monkeypatch):
    stand_in = tmp_path / "ffmpeg"
    stand_in.write_text("#!/bin/sh\necho ' A....D aac AAC'\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert "libx264 (ffmpeg -encoders)" in tools.missing_tools()
