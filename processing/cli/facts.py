"""The facts and the plan of a file under the names that docs/media.md promises to programs."""

from processing.cli.words import size_text, time_text
from processing.image.info import ImageInfo
from processing.image.plan import ImagePlan
from processing.video.plan import VideoPlan
from processing.video.probe import VideoInfo

Facts = dict[str, object]


def image_facts(info: ImageInfo) -> Facts:
    """What the image is."""
    return {
        "kind": "image",
        "format": info.format_name,
        "size_bytes": info.size_bytes,
        "width_px": info.width,
        "height_px": info.height,
        "orientation": info.orientation,
        "frames": info.frames,
        "pages": info.pages,
        "has_alpha": info.has_alpha,
    }


def video_facts(info: VideoInfo) -> Facts:
    """What the video is."""
    track, audio = info.video, info.audio
    return {
        "kind": "video",
        "format": info.format.name,
        "size_bytes": info.size_bytes,
        "width_px": track.width,
        "height_px": track.height,
        "rotation_deg": track.rotation_deg,
        "duration_s": info.duration_s,
        "frame_rate": track.frame_rate,
        "video_codec": track.codec,
        "pixel_format": track.pixel_format,
        "is_hdr": track.is_hdr,
        "is_interlaced": track.is_interlaced,
        "has_alpha": track.has_alpha,
        "audio_codec": audio and audio.codec,
        "audio_channels": audio and audio.channels,
        "audio_rate_hz": audio and audio.sample_rate_hz,
    }


def image_plan_facts(plan: ImagePlan) -> Facts:
    """What is to be made of the image."""
    return {
        "format": plan.source if plan.is_already_compact else plan.target,
        "is_already_compact": plan.is_already_compact,
        "width_px": plan.width,
        "height_px": plan.height,
        "quality": plan.quality,
        "effort": plan.effort,
        "frames": plan.frames,
        "notes": [note.to_json() for note in plan.notes],
    }


def video_plan_facts(plan: VideoPlan) -> Facts:
    """What is to be made of the video."""
    sound, video, made = plan.sound, plan.video, plan.kept or plan.video
    return {
        "format": "mp4",
        "width_px": made.width,
        "height_px": made.height,
        "video_codec": made.codec,
        "is_video_copied": plan.kept is not None,
        "crf": float(video.crf),
        "preset": video.preset,
        "max_rate_kbps": video.max_rate_kbps,
        "audio_is_copied": sound and sound.is_copied,
        "audio_kbps": sound and sound.kbps,
        "audio_channels": sound and sound.channels,
        "notes": [note.to_json() for note in (plan.kept_notes if plan.kept else plan.notes)],
    }


def image_words(info: ImageInfo) -> str:
    """What the image is, in a line."""
    parts = [f"{info.format_name.upper()} picture", f"{info.width} x {info.height} pixels"]
    parts += [f"{info.frames} frames"] if info.frames > 1 else []
    parts += ["several in one file"] if info.pages > 1 else []
    parts += ["transparent"] if info.has_alpha else []
    return ", ".join([*parts, size_text(info.size_bytes)])


def video_words(info: VideoInfo) -> str:
    """What the video is, in a line."""
    track, audio = info.video, info.audio
    parts = [f"{info.format.name.upper()} video", f"{track.width} x {track.height} pixels"]
    parts += [f"to be turned by {track.rotation_deg} degrees"] if track.rotation_deg else []
    parts += [time_text(info.duration_s) if info.duration_s else "of unknown length"]
    parts += [f"{track.frame_rate:.4g} frames a second"] if track.frame_rate else []
    parts += [track.codec + (", HDR" if track.is_hdr else "")]
    parts += [f"{audio.codec} in {_channels(audio.channels)}" if audio else "no sound"]
    return ", ".join([*parts, size_text(info.size_bytes)])


def _channels(count: int) -> str:
    return {1: "mono", 2: "stereo"}.get(count, f"{count} channels")
