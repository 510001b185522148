"""A person sees how far it is, and may end it at any moment without leaving anything behind."""

import itertools
import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness.samples import media
from tests.processing.cli.command_line import listing, run, start


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def read_terminal(terminal):
    """All that is written until the last one who could write has closed it."""
    written = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # Linux says so at the end of a terminal
            return written.decode()
        if not chunk:
            return written.decode()
        written += chunk


def processes_about(folder):
    """Commands of running processes that name this folder."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command and "\0-m\0pytest" not in command:
            yield command


def test_on_a_terminal_the_percent_rises_to_a_hundred(tmp_path, out):
    media.clip(tmp_path / "clip.mp4", size="640x360", seconds=2)
    ours, theirs = pty.openpty()

    with start(tmp_path, "compress", "clip.mp4", "-o", out, stderr=theirs, stdout=-3) as command:
        os.close(theirs)
        shown = read_terminal(ours)
    os.close(ours)

    percents = [int(number) for number in re.findall(r"(\d+) %", shown)]
    assert command.returncode == 0
    assert len(percents) > 1
    assert percents[-1] == 100
    assert all(a <= b for a, b in itertools.pairwise(percents))
    assert shown.rstrip(" ").endswith("\r")


def test_where_nobody_looks_no_bar_is_drawn(tmp_path, out):
    media.clip(tmp_path / "clip.mp4")

    done = run(tmp_path, "compress", "clip.mp4", "-o", out)

    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


def wait_for_an_encoder(out):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not list(out.glob(".*/rendition.*")):
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "kill"])
def test_being_ended_leaves_no_child_and_no_byte(tmp_path, out, number):
    media.clip(tmp_path / "clip.mp4", size="1280x720", seconds=8, rate=30)

    with start(
        *(tmp_path, "compress", "clip.mp4", "-o", out, "--profile", "seed"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as command:
        wait_for_an_encoder(out)
        command.send_signal(number)
        _, said = command.communicate(timeout=30)

    assert command.returncode == 130
    assert said.strip() == "interrupted"
    assert listing(out) == []
    assert list(processes_about(tmp_path)) == []


def test_being_told_to_end_again_and_again_is_being_told_once(tmp_path, out):
    media.clip(tmp_path / "clip.mp4", size="1280x720", seconds=8, rate=30)

    with start(
        *(tmp_path, "compress", "clip.mp4", "-o", out, "--profile", "seed"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as command:
        wait_for_an_encoder(out)
        while command.poll() is None:
            command.send_signal(signal.SIGINT)
            time.sleep(0.002)
        _, said = command.communicate(timeout=30)

    assert command.returncode == 130
    assert said.strip() == "interrupted"
    assert listing(out) == []
    assert list(processes_about(tmp_path)) == []


def test_what_a_background_job_ignores_stays_ignored(tmp_path, out):
    media.clip(tmp_path / "clip.mp4", size="1280x720", seconds=2, rate=30)

    with start(
        *(tmp_path, "compress", "clip.mp4", "-o", out),
        signals="--ignore-signal=INT",
        stdout=subprocess.DEVNULL,
    ) as command:
        wait_for_an_encoder(out)
        command.send_signal(signal.SIGINT)

    assert command.returncode == 0
    assert listing(out) == ["clip.mp4"]
