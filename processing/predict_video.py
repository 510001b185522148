"""Predicts the size of a video's rendition and the time that it takes, from headers alone.

The constants were measured with ffmpeg 5.1 on two cores of an AMD EPYC over eleven real clips of
2 to 30 s, 432p to 1080p, each at CRF 19 to 31 and x264's presets from ultrafast to medium.
"""

from typing import Final

from processing.plan_video import VideoPlan
from processing.predict import Prediction
from processing.probe import VideoInfo

_FIXED_S: Final = 0.35  # probing, starting, verifying
_ASSUMED_RATE: Final = 30.0
_ASSUMED_KBPS: Final = 4000.0  # for files that do not tell how long they play
_RATE_CAP: Final = 60.0
# Bits of H.264 that say as much as one bit of the source's codec.
_CODEC_WORTH: Final = {"hevc": 1.6, "vp9": 1.5, "av1": 2.0, "h264": 1.0, "vp8": 0.9}
_OLD_CODEC_WORTH: Final = 0.5
_BITS: Final = 0.26  # for one pixel at CRF 23, from those of the source: coefficient, exponent
_BITS_EXPONENT: Final = 0.55
_CRF_FOR_HALF: Final = 7.0  # so much more CRF halves the bits
# Seconds of one core for a megapixel of one bit each; fewer bits cost less, by the square root.
_ENCODE_S: Final = 0.075
_DECODE_S: Final = {"hevc": 0.006, "vp9": 0.004, "av1": 0.006}
_OTHER_DECODE_S: Final = 0.003
_TONE_MAPPING_S: Final = 0.1
_PRESETS: Final = {
    "ultrafast": 0.25,
    "superfast": 0.5,
    "veryfast": 0.65,
    "faster": 1.0,
    "fast": 1.25,
    "medium": 1.5,
    "slow": 2.2,
    "slower": 4.0,
}
_SLOWEST: Final = 8.0
_CORES_USED: Final = 0.9  # of each, up to so many of them
_MOST_CORES: Final = 12


def predict_video(info: VideoInfo, plan: VideoPlan, cores: int) -> Prediction:
    """The likely bytes of the result (never more than the source's) and seconds on `cores`."""
    if plan.is_remux:
        return Prediction(info.size_bytes, _FIXED_S)
    track = info.video
    duration_s = info.duration_s or info.size_bytes * 8 / 1000 / _ASSUMED_KBPS
    frames = min(track.frame_rate or _ASSUMED_RATE, _RATE_CAP) * duration_s
    source_megapixels = track.width * track.height * frames / 1e6
    megapixels = plan.width * plan.height * frames / 1e6
    sound_bytes = plan.audio.kbps * 125 * duration_s if plan.audio else 0.0
    picture_bytes = max(info.size_bytes - sound_bytes, info.size_bytes / 2)
    worth = _CODEC_WORTH.get(track.codec, _OLD_CODEC_WORTH)
    source_bits = picture_bytes * 8 * worth / 1e6 / max(megapixels, 1e-3)
    bits = _BITS * source_bits**_BITS_EXPONENT * 0.5 ** ((plan.crf - 23) / _CRF_FOR_HALF)
    bits = min(bits, plan.max_rate_kbps * duration_s / 1000 / max(megapixels, 1e-3))
    size = bits * megapixels * 1e6 / 8 + sound_bytes
    core_s = megapixels * _ENCODE_S * bits**0.5 * _PRESETS.get(plan.preset, _SLOWEST)
    core_s += source_megapixels * _DECODE_S.get(track.codec, _OTHER_DECODE_S)
    core_s += megapixels * _TONE_MAPPING_S if track.is_hdr else 0.0
    used = min(cores, _MOST_CORES) * _CORES_USED if cores > 1 else 1.0
    return Prediction(max(100, min(int(size), info.size_bytes)), _FIXED_S + core_s / used)
