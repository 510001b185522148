"""Predicts the size of a video's rendition and the time that it takes, from headers alone.

The constants were measured with ffmpeg 5.1 on two cores of an AMD EPYC over real clips of 2 to
30 s, 432p to 1080p, at CRF 19 to 31 and x264's presets from ultrafast to medium.
"""

from typing import Final

from processing.outlook import Prediction
from processing.video.plan import VideoPlan
from processing.video.probe import VideoInfo
from processing.video.stream import EncodedVideo

_FIXED_S: Final = 0.35  # probing, starting, verifying
_ASSUMED_RATE: Final = 30.0
_ASSUMED_KBPS: Final = 4000.0  # of files that do not tell how long they play
_LEAST_BYTES_PER_SECOND: Final = 1000.0  # headers may claim any duration
_RATE_CAP: Final = 60.0
# Bits of H.264 that say as much as one bit of the source's codec.
_CODEC_WORTH: Final = {"hevc": 1.6, "vp9": 1.5, "av1": 2.0, "h264": 1.0, "vp8": 0.9}
_OLD_CODEC_WORTH: Final = 0.5
# Bits for one pixel of H.264 at CRF 23, from those of the source: coefficient and exponent.
_BITS: Final = 0.19
_BITS_EXPONENT: Final = 0.55
_RATE_EXPONENT: Final = -0.3  # Frames that follow each other sooner differ less.
_USUAL_RATE: Final = 25.0
_CRF_FOR_HALF: Final = {"h264": 7.0, "av1": 14.0}  # so much more CRF halves the bits
_MIDDLE_CRF: Final = {"h264": 23.0, "av1": 30.0}
_BITS_OF_TARGET: Final = {"h264": 1.0, "av1": 0.8}
# Seconds of one core for a megapixel of one bit each; fewer bits cost less, by the square root.
_ENCODE_S: Final = 0.085
_DECODE_S: Final = {"hevc": 0.006, "vp9": 0.004, "av1": 0.006}  # for a megapixel
_OTHER_DECODE_S: Final = 0.003
_TONE_MAPPING_S: Final = 0.015  # for a megapixel
_SOUND_S: Final = 0.015  # for a second of it
_EFFORTS: Final = {  # times that of preset faster; SVT-AV1's presets are numbers
    "ultrafast": 0.25,
    "superfast": 0.5,
    "veryfast": 0.65,
    "faster": 1.0,
    "fast": 1.25,
    "medium": 1.5,
    "slow": 2.2,
    "slower": 4.0,
    "veryslow": 8.0,
    "13": 0.6,
    "12": 0.8,
    "11": 1.0,
    "10": 1.2,
    "9": 1.5,
    "8": 2.0,
    "7": 3.0,
    "6": 4.0,
}
_MOST_EFFORT: Final = 10.0
_SEARCH: Final = 1.4  # times the encoding, with the search for its quality
_CORES_USED: Final = 0.9  # of each, up to so many of them
_MOST_CORES: Final = 12


def predict_video(
    info: VideoInfo, plan: VideoPlan, cores: int, *, is_searched: bool = False
) -> Prediction:
    """The likely bytes of the result (never more than the source's) and seconds on `cores`.

    `is_searched`: the quality is to be found by samples first.
    """
    duration_s = _believable_s(info)
    sound_bytes = plan.sound.kbps * 125 * duration_s if plan.sound else 0.0
    core_s = _SOUND_S * duration_s if plan.sound and not plan.sound.is_copied else 0.0
    if plan.kept or plan.copies.is_lean:
        video_bytes = (info.video_kbps or 0.0) * 125 * duration_s
    else:
        video = plan.video
        frames = min(info.video.frame_rate or _ASSUMED_RATE, _RATE_CAP) * duration_s
        megapixels = max(video.width * video.height * frames / 1e6, 1e-3)
        bits = _bits(info, video, sound_bytes, megapixels)
        video_bytes = min(bits * megapixels * 1e6 / 8, video.max_rate_kbps * 125 * duration_s)
        core_s += _core_s(info, video, megapixels, bits) * (_SEARCH if is_searched else 1.0)
        core_s += _decode_s(info, frames)
    size = video_bytes + sound_bytes
    used = min(cores, _MOST_CORES) * _CORES_USED if cores > 1 else 1.0
    return Prediction(max(100, min(int(size), info.size_bytes)), _FIXED_S + core_s / used)


def _believable_s(info: VideoInfo) -> float:
    claimed_s = info.duration_s or info.size_bytes * 8 / 1000 / _ASSUMED_KBPS
    return min(claimed_s, info.size_bytes / _LEAST_BYTES_PER_SECOND)


def _bits(info: VideoInfo, video: EncodedVideo, sound_bytes: float, megapixels: float) -> float:
    """For one pixel of the result."""
    source_bytes = max(info.size_bytes - sound_bytes, info.size_bytes / 2)
    worth = _CODEC_WORTH.get(info.video.codec, _OLD_CODEC_WORTH)
    source_bits = source_bytes * 8 * worth / 1e6 / megapixels
    coarser = (video.crf - _MIDDLE_CRF[video.codec]) / _CRF_FOR_HALF[video.codec]
    sooner = min(info.video.frame_rate or _ASSUMED_RATE, _RATE_CAP) / _USUAL_RATE
    bits = _BITS_OF_TARGET[video.codec] * _BITS * source_bits**_BITS_EXPONENT * 0.5**coarser
    return float(bits * sooner**_RATE_EXPONENT)


def _core_s(info: VideoInfo, video: EncodedVideo, megapixels: float, bits: float) -> float:
    effort = _EFFORTS.get(video.preset, _MOST_EFFORT)
    encode_s = float(_ENCODE_S * bits**0.5 * effort)
    return megapixels * (encode_s + (_TONE_MAPPING_S if info.video.is_wide else 0.0))


def _decode_s(info: VideoInfo, frames: float) -> float:
    track = info.video
    rate = track.frame_rate or _ASSUMED_RATE
    decoded = frames * max(1.0, rate / _RATE_CAP)  # those that are dropped, too
    megapixels = track.width * track.height * decoded / 1e6
    return megapixels * _DECODE_S.get(track.codec, _OTHER_DECODE_S)
