"""Whatever the facts are, a plan can be told in words and predicted."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from order import OPTION, Order
from processing.allowance import Allowance
from processing.formats import FORMATS
from processing.image.explain import explain_image
from processing.image.plan import plan_image
from processing.image.predict import predict_image
from processing.video.explain import explain_video
from processing.video.plan import plan_video
from processing.video.predict import predict_video
from tests.processing.image.test_explain import PHOTO
from tests.processing.video.test_explain import CLIP, SOUND, TRACK

SIDES = st.integers(1, 12_000)
SIZES = st.integers(100, 5 * 2**30)
IMAGES = st.builds(
    lambda **facts: replace(PHOTO, **facts),
    format_name=st.sampled_from([row.name for row in FORMATS.values() if row.kind == "image"]),
    size_bytes=SIZES,
    width=SIDES,
    height=SIDES,
    orientation=st.integers(1, 8),
    frames=st.integers(1, 500),
    pages=st.integers(1, 9),
    loop=st.integers(0, 9),
    has_alpha=st.booleans(),
    is_web_color=st.booleans(),
    is_srgb=st.booleans(),
)
TRACKS = st.builds(
    lambda **facts: replace(TRACK, **facts),
    codec=st.sampled_from(["h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "indeo4", "prores"]),
    level=st.integers(-99, 62),
    width=SIDES,
    height=SIDES,
    pixel_shape=st.sampled_from([Fraction(1), Fraction(16, 15), Fraction(64, 45)]),
    rotation_deg=st.sampled_from([0, 90, 180, 270]),
    is_mirrored=st.booleans(),
    frame_rate=st.none() | st.floats(0.01, 1000),
    bit_rate=st.none() | st.integers(1, 10**9),
    pixel_format=st.sampled_from(
        ["yuv420p", "yuv420p10le", "yuva420p", "pal8", "gbrp12le", "nv12"]
    ),
    is_interlaced=st.booleans(),
    has_alpha=st.booleans(),
    color_primaries=st.sampled_from(["bt709", "bt2020", "unknown"]),
    color_transfer=st.sampled_from(["bt709", "smpte2084", "arib-std-b67", "unknown"]),
)
SOUNDS = st.none() | st.builds(
    lambda **facts: replace(SOUND, **facts),
    codec=st.sampled_from(["aac", "ac3", "pcm_s16le", "opus"]),
    channels=st.integers(1, 64),
    bit_rate=st.none() | st.integers(1, 10**7),
)
CLIPS = st.builds(
    lambda **facts: replace(CLIP, **facts),
    format=st.sampled_from([row for row in FORMATS.values() if row.kind == "video"]),
    size_bytes=SIZES,
    duration_s=st.none() | st.floats(0.001, 10**6),
    video=TRACKS,
    audio=SOUNDS,
    is_cut_short=st.booleans(),
    has_other_streams=st.booleans(),
    has_lost_sound=st.booleans(),
)
CHOICES = ("profile", "image_output", "video_output")
ORDERS = st.builds(
    Order,
    **{name: st.sampled_from(OPTION[name].values.words) for name in CHOICES},
    target_quality=st.booleans(),
    keep_copyright=st.booleans(),
)
ALLOWANCES = st.builds(Allowance, lighter_steps=st.integers(0, 4))


def are_sentences(reasons):
    return all(each.about and each.sentence[-1] == "." for each in reasons) and len(reasons) >= 2


@given(info=IMAGES, order=ORDERS, allowance=ALLOWANCES)
def test_any_image_can_be_explained_and_predicted(info, order, allowance):
    plan = plan_image(info, order, allowance)

    predicted = predict_image(info, plan)

    assert are_sentences(explain_image(info, plan, order, allowance))
    assert 0 < predicted.size_bytes <= info.size_bytes
    assert predicted.time_s > 0


@given(info=CLIPS, order=ORDERS, allowance=ALLOWANCES, cores=st.integers(1, 64))
def test_any_video_can_be_explained_and_predicted(info, order, allowance, cores):
    plan = plan_video(info, order, allowance)

    predicted = predict_video(info, plan, cores)

    assert are_sentences(explain_video(info, plan, order, allowance))
    assert 0 < predicted.size_bytes <= info.size_bytes
    assert predicted.time_s > 0
