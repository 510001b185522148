"""An attempt after one that was too much for the machine asks for less, and says so."""

import subprocess
from pathlib import Path

from errors import TimeLimitError
from jobs import transitions
from lifecycle.attempt import run_attempt
from notes import Note, NoteCode

from .conftest import World


def wasteful_clip(folder: Path) -> bytes:
    path = folder / "clip.mp4"
    source = "testsrc2=s=1600x900:r=60:d=0.5"
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "4", "-pix_fmt", "yuv420p")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, *options, path], check=True
    )
    return path.read_bytes()


def ran_out_of_time(world: World, name: str) -> None:
    now, claimed = world.clock(), world.claim(name, "first")
    world.services.jobs.replace(transitions.requeued(claimed, TimeLimitError(), now, now))


def test_a_video_that_took_too_long_comes_out_smaller_next_time(
    world: World, tmp_path: Path
) -> None:
    message = world.accept("clip.mp4", wasteful_clip(tmp_path))
    ran_out_of_time(world, "clip.mp4")

    run_attempt(world.services, message)

    job = world.job("clip.mp4")
    assert (job.status, job.attempts) == ("completed", 2)
    assert Note(NoteCode.LIGHTER_VERSION) in job.result.notes
    (tmp_path / "result.mp4").write_bytes(world.output("clip.mp4"))
    assert shown(tmp_path / "result.mp4") == "1280,720"


def shown(path: Path) -> str:
    entries = ("-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0")
    answer = subprocess.run(
        ["ffprobe", "-v", "error", *entries, path], check=True, capture_output=True, text=True
    )
    return answer.stdout.strip()
