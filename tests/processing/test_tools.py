"""What the machine lacks is named."""

import pytest

from processing import tools


@pytest.fixture(autouse=True)
def _ask_again(monkeypatch):
    monkeypatch.setattr(tools, "_FOUND_WHOLE", set())


def test_nothing_is_missing_here():
    assert tools.missing_tools() == []


def test_a_missing_binary_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "ffmpeg" in tools.missing_tools()


def test_a_library_that_is_too_old_is_named(monkeypatch):
    monkeypatch.setattr(tools, "_OLDEST", {"pillow": (999, 0)})

    assert tools.missing_tools() == ["pillow >= 999.0"]


def test_a_missing_library_is_named_with_what_it_should_be(monkeypatch):
    monkeypatch.setattr(tools, "_OLDEST", {"pillow": (999, 0), "no-such-library": (1, 2)})

    missing = tools.outdated_libraries()

    assert missing == ["pillow >= 999.0", "no-such-library >= 1.2"]


@pytest.mark.parametrize("behaviour", ["exit 1", "sleep 60"])
def test_an_ffmpeg_that_fails_for_a_moment_is_asked_again(tmp_path, monkeypatch, behaviour):
    stand_in = tmp_path / "ffmpeg"
    stand_in.write_text(f"#!/bin/sh\n{behaviour}\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(tools, "_TIMEOUT_S", 0.5)

    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        failing = tools.missing_tools()

    assert failing == ["ffmpeg (it does not answer)"]
    monkeypatch.undo()
    assert tools.missing_tools() == []


def test_an_ffmpeg_without_our_encoder_is_named(tmp_path, monkeypatch):
    stand_in = tmp_path / "ffmpeg"
    stand_in.write_text("#!/bin/sh\necho ' A....D aac AAC'\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert "libx264 (ffmpeg -encoders)" in tools.missing_tools()
