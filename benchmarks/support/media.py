"""Makes the files that are measured, the same each time: a photo, a clip, a very large video."""

import subprocess
from pathlib import Path

from harness.samples.demo import landscape

MEGABYTE = 1_000_000


def photo(path: Path, size_bytes: int = MEGABYTE) -> Path:
    """A landscape with a camera's grain, 3000 x 2000, as a JPEG of about `size_bytes`."""
    picture = landscape()
    for quality in range(96, 5, -2):
        picture.save(path, format="JPEG", quality=quality)
        if path.stat().st_size <= size_bytes * 1.02:
            break
    return path


def clip(path: Path, size_bytes: int = 20 * MEGABYTE) -> Path:
    """A slow zoom into that landscape with grain, 1920 x 1080 at 30 frames a second, with sound.

    H.264 at 20 megabits a second, as phones write it; its length follows from `size_bytes`.
    """
    still = path.with_suffix(".still.jpg")
    landscape().save(still, quality=95)
    video_kbps, audio_kbps = 20_000, 192
    seconds = size_bytes * 8 / 1000 / (video_kbps * 1.04 + audio_kbps)  # x264 overshoots a little
    frames = round(seconds * 30)
    zoom = f"zoompan=z='1+on/{frames * 3}':d={frames}:x='iw/2-iw/zoom/2':s=1920x1080:fps=30"
    _ffmpeg(
        *("-i", str(still)),
        *("-f", "lavfi", "-i", f"aevalsrc='0.3*sin(2*PI*220*t)':d={seconds}:s=48000"),
        *("-vf", f"crop=iw:iw*9/16,{zoom},noise=alls=14:allf=t:all_seed=7,format=yuv420p"),
        *("-t", f"{seconds:.3f}", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-b:v", f"{video_kbps}k", "-minrate", f"{video_kbps}k", "-maxrate", f"{video_kbps}k"),
        *("-bufsize", f"{video_kbps}k", "-x264-params", "nal-hrd=cbr", "-c:a", "aac"),
        *("-b:a", f"{audio_kbps}k", "-ac", "2", str(path)),
    )
    still.unlink()
    return path


def uncompressed_video(path: Path, size_bytes: int) -> Path:
    """Full HD at 30 frames a second without compression, as capture cards write it, in an AVI.

    Large, quick to make and quick to decode: 3.1 MB for each frame.
    """
    frames = -(-size_bytes // (1920 * 1080 * 3 // 2))
    _ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=30"),
        *("-frames:v", str(frames), "-c:v", "rawvideo", "-pix_fmt", "yuv420p", str(path)),
    )
    return path


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *arguments], check=True)
