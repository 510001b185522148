"""Says in words why a video's rendition will be what its plan says."""

from collections.abc import Iterator

from compression_config import PROFILES
from order import Order
from processing.allowance import Allowance
from processing.outlook import Reason
from processing.targets import VIDEO_CODECS, VIDEO_TARGETS
from processing.video.plan import VideoPlan, rule_for
from processing.video.probe import VideoInfo
from processing.video.sound import Sound
from processing.video.sound_tracks import AudioTrack
from processing.video.stream import rate_cap
from processing.video.tracks import VideoTrack


def explain_video(
    info: VideoInfo, plan: VideoPlan, order: Order, allowance: Allowance
) -> tuple[Reason, ...]:
    """Each decision of `plan`, in the order in which it is carried out."""
    if plan.kept:
        return (*_kept(info), *_sound(info, plan), *_dropped(info, order))
    return (
        *_lean(info, plan),
        *_format(plan, order),
        *_size(info, plan, order, allowance),
        *_quality(info, plan, order),
        *_timing(info, order, allowance),
        *_looks(info.video),
        *_sound(info, plan),
        *_dropped(info, order),
        *_fallback(info, plan),
    )


def _kept(info: VideoInfo) -> Iterator[Reason]:
    track = info.video
    yield Reason(
        "passthrough",
        f"The picture is copied as it is: upright {track.codec} of a size that fits, and its "
        f"{info.video_kbps:.0f} kbit/s are no more than we would take.",
    )
    yield Reason("format", "MP4 with its index in front, so that it plays at once.")


def _lean(info: VideoInfo, plan: VideoPlan) -> Iterator[Reason]:
    if plan.copies.is_lean:
        yield Reason(
            "passthrough",
            f"At {info.video_kbps:.0f} kbit/s in {info.video.codec}, encoding would only add "
            "bytes: copying is tried first, and what follows is for the case that it fails.",
        )


def _format(plan: VideoPlan, order: Order) -> Iterator[Reason]:
    if plan.video.codec == "av1":
        yield Reason("format", "AV1 in MP4, as asked for: smaller than H.264, for newer players.")
    elif order.video_output == "av1":
        yield Reason("format", "H.264 in MP4: the picture is too small for the AV1 encoder.")
    else:
        yield Reason("format", "H.264 in MP4 with its index in front: everything plays it at once.")


def _size(info: VideoInfo, plan: VideoPlan, order: Order, allowance: Allowance) -> Iterator[Reason]:
    track, video = info.video, plan.video
    if track.rotation_deg or track.is_mirrored:
        turn = f"turned by {track.rotation_deg} degrees"
        turn += " and mirrored" if track.is_mirrored else ""
        yield Reason(
            "orientation", f"The picture is {turn}, and the flag that asks for it is dropped."
        )
    if track.pixel_shape != 1:
        yield Reason("size", "Pixels that are not square become square, so nothing is stretched.")
    shown = f"{round(track.shown_size[0])} x {round(track.shown_size[1])} pixels"
    made = f"{video.width} x {video.height}"
    across, down = track.shown_size
    if abs(across - video.width) < 2 and abs(down - video.height) < 2:
        even = "" if f"{made} pixels" == shown else f", as {made}, for H.264 takes even sides"
        yield Reason("size", f"{shown} fit{even}; nothing is enlarged.")
    else:
        yield Reason(
            "size", f"{shown} are scaled down to {made}: {_limit(info, order, allowance)}."
        )


def _limit(info: VideoInfo, order: Order, allowance: Allowance) -> str:
    profile, step = PROFILES[order.profile], allowance.lighter_step
    rule = rule_for(info, profile)
    box = rule.box or profile.largest_box
    if step is not None and max(step.box) < max(box):
        return "after an attempt that was too much, it has to fit {} x {}".format(*step.box)
    return "{} x {} is the largest (profile {}, {})".format(*box, order.profile, rule.name)


def _quality(info: VideoInfo, plan: VideoPlan, order: Order) -> Iterator[Reason]:
    rule = rule_for(info, PROFILES[order.profile])
    worst = VIDEO_CODECS[plan.video.codec].largest_crf
    if order.target_quality:
        aim = PROFILES[order.profile].target_vmaf
        yield Reason(
            "quality", f"Short samples look for the setting whose quality is {aim:g} of 100 (VMAF)."
        )
    yield Reason(
        "quality",
        f"CRF {plan.video.crf:g} (0 best, {worst} worst) with preset {plan.video.preset} "
        f"(profile {order.profile}, {rule.name}), at most {plan.video.max_rate_kbps} kbit/s, so "
        "that noise cannot explode the file.",
    )


def _timing(info: VideoInfo, order: Order, allowance: Allowance) -> Iterator[Reason]:
    most = rate_cap(PROFILES[order.profile], allowance.lighter_step)
    rate = info.video.frame_rate
    if rate is None:
        yield Reason("frame rate", f"The file does not say; at most {most:g} a second are kept.")
    elif rate > most * 1.01:
        yield Reason("frame rate", f"Of {rate:.4g} frames a second {most:g} are kept.")
    else:
        yield Reason("frame rate", f"All frames keep their own times, {rate:.4g} a second.")


def _looks(track: VideoTrack) -> Iterator[Reason]:
    if track.is_hdr:
        yield Reason("colour", "High dynamic range is mapped to standard range (BT.709, 8 bit).")
    elif track.is_wide:
        yield Reason("colour", "Wide-gamut colours are converted to those of the web (BT.709).")
    elif not track.pixel_format.startswith(("yuv420p", "yuvj420p", "nv12")) or (
        "10" in track.pixel_format or "12" in track.pixel_format[7:]
    ):
        yield Reason("colour", f"Stored as {track.pixel_format}; converted to 8-bit 4:2:0.")
    if track.is_interlaced:
        yield Reason("interlacing", "Half-pictures are joined to whole ones, against combing.")
    if track.has_alpha:
        yield Reason("transparency", "It is laid over white: MP4 players show none.")


def _sound(info: VideoInfo, plan: VideoPlan) -> Iterator[Reason]:
    if info.has_lost_sound:
        yield Reason("sound", "There is some, but of no kind that can be decoded: it is left out.")
    elif info.audio is None or plan.sound is None:
        yield Reason("sound", "There is none, and none is added.")
    elif plan.sound.is_copied:
        yield Reason("sound", f"The AAC track is copied as it is: {_rate(info.audio)} is compact.")
    else:
        yield Reason("sound", _encoded_sound(info.audio, plan.sound))


def _rate(track: AudioTrack) -> str:
    return f"{(track.bit_rate or 0) / 1000:.0f} kbit/s"


def _encoded_sound(track: AudioTrack, plan: Sound) -> str:
    channels = {1: "mono", 2: "stereo"}.get(plan.channels, f"{plan.channels} channels")
    mixed = f", mixed down from {track.channels} channels" if track.channels > 2 else ""
    rate_khz = plan.sample_rate_hz / 1000
    return f"{track.codec} becomes AAC {plan.kbps} kbit/s, {channels}, {rate_khz:g} kHz{mixed}."


def _dropped(info: VideoInfo, order: Order) -> Iterator[Reason]:
    if info.has_other_streams:
        yield Reason(
            "dropped",
            "Further tracks, subtitles, covers and data are left out: one picture, one sound.",
        )
    but = ", but for the notices of author and rights" if order.keep_copyright else ""
    yield Reason("metadata", f"Places, names, dates and notes are removed{but}.")
    if info.is_cut_short:
        yield Reason("damage", "A little of the end is missing (under 5 %); the rest is used.")


def _fallback(info: VideoInfo, plan: VideoPlan) -> Iterator[Reason]:
    why = _why_not_itself(info, plan)
    instead = "the source's own streams are handed out, cleaned"
    if why:
        instead = f"quality is lowered until it is: {why}"
    yield Reason("fallback", f"If the result is not smaller, {instead}.")


def _why_not_itself(info: VideoInfo, plan: VideoPlan) -> str:
    """Why anything smaller is better than the source; empty: it may stand in for a result."""
    if not plan.copies.is_modern:
        return f"browsers do not play {info.video.codec} as it is"
    if plan.reading.light is not None:
        return "many screens show HDR colours wrongly"
    if not any(VIDEO_TARGETS[name].is_shown_by_browsers for name in plan.copies.containers):
        return f"browsers do not open {info.format.name.upper()}"
    return ""
