"""Finds the shape in which a video is made whose frames change theirs in mid-stream."""

from dataclasses import replace
from fractions import Fraction
from typing import Final

from compression_config import LIMITS
from errors import CorruptMediaError
from processing.task import Task
from processing.video.ffmpeg import GUARD_WORDS, run_ffmpeg
from processing.video.probe import VideoInfo
from processing.video.size import sane_pixel_shape
from processing.video.tracks import VideoTrack

_FOR_A_WHILE_S: Final = 5.0
_FOR_A_WHILE_SHARE: Final = 0.05  # of the video, where that is less
_LONGEST_GAP_S: Final = 60.0  # between two frames; the rest is the times' own fault

Shape = tuple[int, int, Fraction]  # width, height, and the pixels' width over their height


def in_its_main_shape(task: Task, info: VideoInfo) -> VideoInfo:
    """The facts with the largest shape that is shown for a while as the video's own.

    Reads and decodes all frames. Raises CorruptMediaError where there are none.
    """
    shown_s = _shown_s(task, info.video)
    if not shown_s:
        raise CorruptMediaError
    while_s = min(_FOR_A_WHILE_S, _FOR_A_WHILE_SHARE * sum(shown_s.values()))
    lasting = [shape for shape, seconds in shown_s.items() if seconds >= while_s]
    width, height, pixel_shape = max(lasting, key=lambda shape: (_area(shape), shown_s[shape]))
    track = replace(
        info.video,
        width=width,
        height=height,
        pixel_shape=pixel_shape,
        crop=None,  # It was of frames of one size.
        changes_shape=len(shown_s) > 1,
    )
    return replace(info, video=track)


def _area(shape: Shape) -> float:
    width, height, pixel_shape = shape
    return width * height * float(pixel_shape)


def _shown_s(task: Task, track: VideoTrack) -> dict[Shape, float]:
    """For how many seconds each shape is shown."""
    clock = _Clock()
    shown = "frame=best_effort_timestamp_time,width,height,sample_aspect_ratio"
    argv = [
        *("ffprobe", "-v", "error", "-of", "compact=p=0", "-f", task.format.reader, *GUARD_WORDS),
        *("-max_streams", str(LIMITS.max_streams), "-max_pixels", str(LIMITS.max_video_pixels)),
        *("-select_streams", str(track.index), "-show_entries", shown, "-i", f"file:{task.source}"),
    ]
    run_ffmpeg(argv, task.work_dir, task.deadline, listener=clock)
    return clock.shown_s


class _Clock:
    """A listener that adds up times by the lines of frames."""

    def __init__(self) -> None:
        self.shown_s: dict[Shape, float] = {}
        self._before: tuple[Shape, float] | None = None

    def __call__(self, line: str) -> bool:
        said = dict(word.split("=", 1) for word in line.strip().split("|") if "=" in word)
        try:
            at_s = float(said["best_effort_timestamp_time"])
            width, height = int(said["width"]), int(said["height"])
        except (KeyError, ValueError):
            return False
        pixel_shape = sane_pixel_shape(said.get("sample_aspect_ratio", ""))
        if self._before:
            shape, since_s = self._before
            self.shown_s[shape] += max(0.0, min(at_s - since_s, _LONGEST_GAP_S))
        self._before = (width, height, pixel_shape), at_s
        self.shown_s.setdefault(self._before[0], 0.0)
        return True
