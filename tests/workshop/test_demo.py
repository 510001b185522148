"""scripts/demo: the whole pipeline at work, and how it ends."""

import os
import signal
import subprocess
import threading
import urllib.request

import pytest
from PIL import Image

from devhost.azurite import answers
from harness.laptop import view
from harness.laptop.journey import Follower, Journey
from harness.rig.client import Client
from harness.rig.processes import PATIENCE_S, command_line, descendants
from harness.rig.project import ROOT


@pytest.fixture
def photo(tmp_path):
    """Large enough to become smaller."""
    path = tmp_path / "photo.png"
    Image.effect_noise((400, 300), 60).convert("RGB").save(path)
    return path


@pytest.fixture
def clip(tmp_path):
    """Long enough to be interrupted while it is encoded."""
    path = tmp_path / "clip.mp4"
    sources = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=5,noise=alls=30:allf=t")
    command = ("ffmpeg", "-loglevel", "error", "-y", *sources, "-preset", "ultrafast", "-b:v", "5M")
    subprocess.run([*command, path], check=True)
    return path


def read_until(process, *texts):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if any(text in line for text in texts):
            return "".join(lines)
    raise AssertionError(f"{texts} never came:\n{''.join(lines)}")


def row(said, name):
    """The table's cells of one file."""
    table = said[said.index("name ") :]
    return next(line for line in table.splitlines() if line.startswith(f"{name}  ")).split()


def test_files_come_back_smaller_whatever_their_names_and_the_users_settings(
    launch, checkout, photo, tmp_path
):
    (tmp_path / "other").mkdir()
    twin, odd = tmp_path / "other/photo.png", tmp_path / "other/50% of #1, größer?.png"
    twin.write_bytes(photo.read_bytes())
    odd.write_bytes(photo.read_bytes())
    (checkout / "local.settings.json").write_text('{"Values": {"API_KEY": "nonsense"}}')
    wrong = {"AzureWebJobsStorage__accountName": "somebody", "LEASE_SECONDS": "-1"}

    demo = launch("demo", photo, twin, odd, **wrong)
    said, _ = demo.communicate(timeout=PATIENCE_S)

    assert demo.returncode == 0, said
    results = checkout / "demo-output"
    for stem in ("photo", "photo-2", "50% of #1, größer?"):
        before, after = results / f"{stem}.before.png", results / f"{stem}.after.webp"
        assert before.read_bytes() == photo.read_bytes()
        assert after.stat().st_size < before.stat().st_size
        with Image.open(after) as result:
            assert result.size == (400, 300)
    name, status, *_sizes, saved, seconds, unit, link = row(said, "photo-2.png")
    assert (name, status, unit) == ("photo-2.png", "completed", "s")
    assert saved.endswith("%")
    assert float(seconds) > 0
    assert "/processed/photo-2.webp?" in link
    assert not (checkout / ".azurite").exists()
    end = "The app and its storage end now; with --keep they stay until Ctrl-C."
    assert said.splitlines()[-1] == end


def test_without_files_the_first_line_says_what_is_being_made(launch):
    demo = launch("demo")

    assert demo.stdout.readline() == "Making a sample photo and a clip ...\n"


def test_files_are_brought_to_a_server_and_told_to_a_receiver(launch, checkout, photo):
    demo = launch("demo", photo, "--deliver")
    said, _ = demo.communicate(timeout=PATIENCE_S)

    assert demo.returncode == 0, said
    assert "photo.png: lies on the SFTP server as /public_html/images/" in said
    assert "photo.png: webhook job.completed came, msg_" in said
    assert "signature verified" in said
    with Image.open(checkout / "demo-output/photo.delivered.webp") as result:
        assert result.size == (400, 300)


def test_a_failed_job_shows_its_code_and_reason_and_fails_the_demo(launch, photo, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_text("not a video")

    demo = launch("demo", broken, photo, "--output", tmp_path / "results")
    said, _ = demo.communicate(timeout=PATIENCE_S)

    assert demo.returncode == 1
    assert row(said, "broken.mp4")[1] == "failed"
    assert row(said, "photo.png")[1] == "completed"
    assert "broken.mp4 failed: UNSUPPORTED: The file is not a photo or a video" in said
    assert (tmp_path / "results/photo.after.webp").exists()


def test_a_killed_worker_costs_time_and_no_job(launch, clip):
    demo = launch("demo", clip, "--time-limit", "300")
    said = read_until(demo, "encoding")
    workers = [pid for pid in descendants(demo.pid) if "devhost.worker" in command_line(pid)]

    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    rest, _ = demo.communicate(timeout=300)

    assert len(workers) == 1
    assert demo.returncode == 0, said + rest
    assert row(rest, "clip.mp4")[1] == "completed"


def test_ctrl_c_leaves_nothing_behind(launch, clip, tmp_path):
    (tmp_path / "scratch").mkdir()
    demo = launch("demo", clip, TMPDIR=str(tmp_path / "scratch"))
    read_until(demo, "encoding")
    running = descendants(demo.pid)

    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=PATIENCE_S)

    assert demo.returncode == 130
    assert any("ffmpeg" in command_line(pid) for pid in running) or len(running) > 2
    assert [line for line in map(command_line, running) if line] == []
    assert list((tmp_path / "scratch").glob("mediaprocessor-demo-*")) == []


def test_keep_leaves_the_links_working_until_ctrl_c(launch, photo):
    demo = launch("demo", photo, "--keep")
    said = read_until(demo, "Ctrl-C stops it")
    link = row(said, "photo.png")[-1]

    with urllib.request.urlopen(link, timeout=PATIENCE_S) as answer:
        fetched = answer.read()
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=PATIENCE_S)

    assert fetched[8:12] == b"WEBP"
    assert demo.returncode == 0
    assert not answers(int(link.split("/")[2].split(":")[1]))


def test_a_job_without_an_answer_is_not_waited_for_beyond_the_limit(launch, photo):
    demo = launch("demo", photo, "--time-limit", "0.2")
    said, _ = demo.communicate(timeout=PATIENCE_S)

    assert demo.returncode == 1
    assert "photo.png failed: no answer within 0.2 s, last seen: " in said


def test_an_app_that_does_not_answer_is_named_as_the_reason(storage, photo, tmp_path):
    client = Client(storage, "http://127.0.0.1:1", "a key")
    journey = Journey(photo, "workshop/silence.png", tmp_path, "silence")

    Follower(client, 1.0, threading.Event()).follow(journey)

    assert journey.is_over
    assert journey.failure.startswith("no answer within 1 s, last seen: the app does not answer")
    assert "Connection refused" in journey.failure


@pytest.mark.parametrize(
    ("given", "problem"),
    [("nowhere.jpg", "is not a readable file"), (".", "is a folder; give files")],
)
def test_what_is_not_a_file_is_refused_before_anything_starts(launch, given, problem):
    demo = launch("demo", given)
    said, _ = demo.communicate(timeout=PATIENCE_S)

    assert demo.returncode == 2
    assert said.splitlines()[-1] == f"demo: error: {given} {problem}"


def test_an_output_folder_that_cannot_be_made_is_one_clear_line(launch, photo, tmp_path):
    (tmp_path / "taken").write_text("")

    demo = launch("demo", photo, "--output", tmp_path / "taken")
    said, _ = demo.communicate(timeout=PATIENCE_S)

    assert demo.returncode == 1
    assert said == f"demo: {tmp_path}/taken: File exists\n"


def test_the_readme_shows_the_columns_that_a_terminal_gets():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (heading,) = [line for line in readme.splitlines() if line.startswith("name ")]

    assert heading.split() == [name for name in view.HEADINGS if name != "link"]
