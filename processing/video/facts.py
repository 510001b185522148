"""What is told of a video and of its result: what was measured of either anyway."""

from dataclasses import replace
from typing import Any, Final

from media_facts import MediaFacts
from processing.video.attempts import Attempt
from processing.video.probe import VideoInfo
from processing.video.progress import FfmpegProgress
from processing.video.stream import EncodedVideo

_OUR_SOUND: Final = "aac"
_MILLIS: Final = 3  # digits of seconds and rates


def facts_of_source(info: VideoInfo) -> MediaFacts | None:
    """What its headers say; None when that cannot be."""
    track = info.video
    width, height = track.shown_size
    return _facts(
        width=max(1, round(width)),
        height=max(1, round(height)),
        codec=track.codec,
        duration_s=info.duration_s,
        frame_rate=track.frame_rate,
        sound=info.audio.codec if info.audio else None,
    )


def facts_of_result(
    source: MediaFacts | None, attempt: Attempt, made: FfmpegProgress, *, has_lost_sound: bool
) -> MediaFacts | None:
    """What was counted while it was made; of a copied stream what the source says of it."""
    if source is None:
        return None
    sound, video = attempt.output.sound, attempt.output.video
    kept_sound = source.sound if sound and sound.is_copied else _OUR_SOUND
    heard = replace(source, sound=kept_sound if sound and not has_lost_sound else None)
    if not isinstance(video, EncodedVideo):
        return heard
    seconds = made.decoded_s or None
    return _facts(
        width=video.width,
        height=video.height,
        codec=video.codec,
        duration_s=seconds,
        frame_rate=made.frames / seconds if seconds else None,
        sound=heard.sound,
    )


def _facts(**found: Any) -> MediaFacts | None:
    for name in ("duration_s", "frame_rate"):
        if found[name] is not None:
            found[name] = round(found[name], _MILLIS)
    try:
        return MediaFacts(**found)
    except ValueError:
        return None  # Headers lie.
