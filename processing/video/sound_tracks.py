"""Chooses the sound of a video by what the container says of its tracks."""

import re
from dataclasses import dataclass
from typing import Any, Final

_NO_CODECS: Final = frozenset({"none", "unknown"})
# Made for some listeners, or to be mixed with another track: taken only where there is none else.
_FOR_SOME: Final = (
    *("visual_impaired", "hearing_impaired", "comment", "descriptions", "karaoke", "lyrics"),
    *("clean_effects", "dependent", "non_diegetic", "still_image"),
)
_TITLES_FOR_SOME: Final = re.compile(
    r"comment|descri(?:ption|ptive|bed)|visually|hearing|impaired|karaoke|music and effects|m&e",
    re.IGNORECASE,
)
# Broadcasters' codes of narration for the blind, and ISO 639's for no language at all.
_LANGUAGES_FOR_SOME: Final = frozenset({"nar", "qad", "zxx"})
_ONE_CHANNEL: Final = re.compile(r"1 channels \((\w+)\)")
_SIDES: Final = {
    "FL": re.compile(r"\bleft\b|^\W*L\W*$", re.IGNORECASE),
    "FR": re.compile(r"\bright\b|^\W*R\W*$", re.IGNORECASE),
}
# Cameras and editors write a stereo pair as two tracks there, and seldom say so.
_PAIRING_READERS: Final = frozenset({"mov", "mxf", "avi"})


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One sound track inside a container, or several of one channel that belong together."""

    index: int
    codec: str
    profile: str
    channels: int
    sample_rate_hz: int
    bit_rate: int | None
    layout: str = ""  # in ffprobe's words; empty: the container does not say
    parts: tuple[tuple[int, str], ...] = ()  # of several tracks: their indexes and channels


def sounds_with(answer: dict[str, Any], video: int) -> list[dict[str, Any]]:
    """The sound tracks in ffprobe's answer that are of the same programme as the video's stream."""
    programmes = [
        {stream["index"] for stream in one.get("streams", [])} for one in answer.get("programs", [])
    ]
    beside = {index for one in programmes if video in one for index in one}
    elsewhere = {index for one in programmes for index in one} - beside
    return [
        stream
        for stream in answer.get("streams", [])
        if stream.get("codec_type") == "audio" and not (beside and stream["index"] in elsewhere)
    ]


def main_audio(sounds: list[dict[str, Any]], reader: str) -> AudioTrack | None:
    """The default track that is for everybody, of those that can be decoded."""
    candidates = sorted(filter(is_decodable, sounds), key=_rank)
    if not candidates:
        return None
    stream = candidates[0]
    parts = _parts(candidates, reader)
    bit_rate = _count(stream.get("bit_rate"))
    return AudioTrack(
        index=stream["index"],
        codec=stream["codec_name"],
        profile=stream.get("profile", ""),
        channels=len(parts) or stream["channels"],
        sample_rate_hz=int(stream["sample_rate"]),
        bit_rate=bit_rate and bit_rate * max(1, len(parts)),
        layout=stream.get("channel_layout", ""),
        parts=parts,
    )


def is_decodable(stream: dict[str, Any]) -> bool:
    """Whether a sound track is of a codec that this ffmpeg has, as far as its header tells."""
    return (
        stream.get("codec_name", "none") not in _NO_CODECS
        and stream.get("sample_fmt", "unknown") != "unknown"
        and stream.get("channels", 0) > 0
        and int(stream.get("sample_rate", 0)) > 0
    )


def _rank(stream: dict[str, Any]) -> tuple[bool, bool, int]:
    is_default = bool(stream.get("disposition", {}).get("default"))
    return (_is_for_some(stream), not is_default, stream["index"])


def _is_for_some(stream: dict[str, Any]) -> bool:
    said = stream.get("disposition", {})
    return (
        any(said.get(name) for name in _FOR_SOME)
        or _tag(stream, "language").lower() in _LANGUAGES_FOR_SOME
        or _TITLES_FOR_SOME.search(_title(stream)) is not None
    )


def _parts(candidates: list[dict[str, Any]], reader: str) -> tuple[tuple[int, str], ...]:
    """The tracks of one channel that make up the sound of the first candidate; none: it is whole.

    Where each says its channel, all of them; else the first two of an even number, uncompressed.
    """
    first = candidates[0]
    if first["channels"] != 1:
        return ()
    alike = [one for one in candidates if _kin(one) == _kin(first)]
    named: dict[str, int] = {}
    for one in sorted(alike, key=lambda one: int(one["index"])):
        if channel := _channel(one):
            named.setdefault(channel, one["index"])
    if len(named) > 1 and _channel(first):
        return tuple((index, channel) for channel, index in named.items())
    is_pair = reader in _PAIRING_READERS and len(alike) % 2 == 0 and not named
    if is_pair and first["codec_name"].startswith("pcm_"):
        return ((alike[0]["index"], "FL"), (alike[1]["index"], "FR"))
    return ()


def _kin(stream: dict[str, Any]) -> tuple[object, ...]:
    """What tracks that belong together have in common."""
    alike = (stream["codec_name"], stream["sample_rate"], stream["channels"])
    return (*alike, _tag(stream, "language"), _is_for_some(stream))


def _channel(stream: dict[str, Any]) -> str | None:
    """The channel that a track of one says it is."""
    if found := _ONE_CHANNEL.fullmatch(stream.get("channel_layout", "")):
        return found[1]
    title = _title(stream)
    return next((name for name, pattern in _SIDES.items() if pattern.search(title)), None)


def _title(stream: dict[str, Any]) -> str:
    return f"{_tag(stream, 'title')} {_tag(stream, 'handler_name')}".strip()


def _tag(stream: dict[str, Any], name: str) -> str:
    tags = {key.lower(): str(value) for key, value in stream.get("tags", {}).items()}
    return tags.get(name, "")


def _count(text: str | int | None) -> int | None:
    return int(text) if text is not None and str(text).isdigit() else None
