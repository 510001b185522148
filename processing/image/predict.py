"""Predicts the size of an image's rendition and the time that it takes, from headers alone.

The constants were measured with Pillow 13.0 on one core of an AMD EPYC over 14 real photos of 1 to
24 megapixels (nine cameras and phones as JPEG, four HEIC, one AVIF), a drawing and two GIFs: sizes
are a least-squares fit in logarithms, times are medians.
"""

import math
from typing import Final

from processing.image.info import ImageInfo
from processing.image.plan import ImagePlan
from processing.outlook import Prediction

_FIXED_S: Final = 0.25  # a child, its imports, and looking at the result again
# Decoding one megapixel of the source, in seconds.
_DECODE_S: Final = {"jpeg": 0.004, "png": 0.012, "heic": 0.028, "avif": 0.040, "jp2": 0.06}
_OTHER_DECODE_S: Final = 0.012
_RESIZE_S: Final = 0.010  # and turning, and colours, for one megapixel of the source
# Encoding one megapixel of the result, in seconds, by effort.
_WEBP_S: Final = (0.022, 0.026, 0.032, 0.065, 0.076, 0.10, 0.16)
_AVIF_S: Final = {6: 0.48, 7: 0.30, 8: 0.16, 9: 0.05, 10: 0.05}
_AVIF_SLOWER_S: Final = 0.9
_OTHER_ENCODE_S: Final = {"jpeg": 0.014, "png": 0.25, "gif": 0.1}
_VERIFY_S: Final = 0.012  # decoding one megapixel of the result

# Bits for one pixel of WebP at quality 82, from the source's bits for each of its pixels, and from
# how much smaller it gets, which leaves more detail in each pixel.
_BITS_EXPONENT: Final = 0.34
_SCALE_EXPONENT: Final = 0.8
# So many times the bits of a JPEG that says the same.
_BITS_OF_SOURCE: Final = {"png": 5.0, "gif": 3.0, "bmp": 10.0, "tiff": 8.0}
_BITS_OF_TARGET: Final = {"webp": 1.0, "avif": 0.72, "jpeg": 1.4}
_MIDDLE_QUALITY: Final = {"webp": 82, "avif": 60, "jpeg": 82}
_QUALITY_EXPONENT: Final = {"webp": 0.05, "avif": 0.03, "jpeg": 0.045}
_ANIMATION_SHARE: Final = 0.28  # of a GIF's bytes, as WebP of the same size


def predict_image(info: ImageInfo, plan: ImagePlan) -> Prediction:
    """The likely bytes of the result (never more than the source's) and seconds of one core."""
    source_megapixels = info.width * info.height * plan.frames / 1e6
    decode_s = source_megapixels * _DECODE_S.get(info.format_name, _OTHER_DECODE_S)
    if plan.is_already_compact:
        return Prediction(info.size_bytes, _FIXED_S + decode_s)
    megapixels = plan.width * plan.height * plan.frames / 1e6
    bits = _bits(info, plan)
    time_s = _FIXED_S + megapixels * (_encode_s(plan) * (0.55 + 0.5 * bits) + _VERIFY_S)
    time_s += decode_s + source_megapixels * _RESIZE_S
    if plan.is_animated:
        size = info.size_bytes * _ANIMATION_SHARE * megapixels / source_megapixels
    else:
        size = bits * megapixels * 1e6 / 8
    return Prediction(max(100, min(int(size), info.size_bytes)), time_s)


def _encode_s(plan: ImagePlan) -> float:
    """Of one megapixel that takes about one bit for each pixel; more detail takes longer."""
    if plan.target == "webp":
        return _WEBP_S[min(plan.effort, len(_WEBP_S) - 1)]
    if plan.target == "avif":
        return _AVIF_S.get(plan.effort, _AVIF_SLOWER_S)
    return _OTHER_ENCODE_S.get(plan.target, 0.05)


def _bits(info: ImageInfo, plan: ImagePlan) -> float:
    """Of one pixel of the result."""
    source_pixels = info.width * info.height
    source_bits = info.size_bytes * 8 / max(1, source_pixels * info.frames)
    if plan.target not in _BITS_OF_TARGET:
        return source_bits  # without loss, as it came
    source_bits /= _BITS_OF_SOURCE.get(info.format_name, 1.0)
    scale = math.sqrt(plan.width * plan.height / source_pixels)
    better = plan.quality - _MIDDLE_QUALITY[plan.target]
    return (
        math.pow(source_bits, _BITS_EXPONENT)
        * math.pow(scale, _SCALE_EXPONENT)
        * _BITS_OF_TARGET[plan.target]
        * math.exp(better * _QUALITY_EXPONENT[plan.target])
    )
