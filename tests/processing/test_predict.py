"""Predictions follow the plan; how near they come was measured on real media."""

from dataclasses import replace

import pytest

from harness.samples import media
from harness.samples.wanted import wanted
from processing.image.info import ImageInfo
from processing.image.plan import plan_image
from processing.image.predict import predict_image
from processing.video.plan import plan_video
from processing.video.predict import predict_video
from tests.processing.cli.command_line import answers, run
from tests.processing.image.test_explain import PHOTO
from tests.processing.video.test_explain import CLIP, with_track


def of_image(info: ImageInfo, output="webp", **changes):
    plan = plan_image(info, *wanted(profile="balanced", image_output=output))
    return predict_image(info, replace(plan, **changes))


def of_video(info, cores=2, changes=None, **chosen):
    plan = plan_video(info, *wanted(**{"profile": "balanced", **chosen}))
    video = replace(plan.video, **(changes or {}))
    return predict_video(info, replace(plan, video=video), cores)


def test_no_result_is_predicted_to_be_larger_than_its_source():
    tiny = replace(PHOTO, size_bytes=900)

    assert of_image(tiny).size_bytes <= 900
    assert of_video(replace(CLIP, size_bytes=20_000)).size_bytes <= 20_000


def test_more_quality_takes_more_bytes():
    low, high = (of_image(PHOTO, quality=quality).size_bytes for quality in (60, 90))
    coarse, fine = (of_video(CLIP, changes={"crf": crf}).size_bytes for crf in (31.0, 19.0))

    assert low < high
    assert coarse < fine


def test_avif_and_av1_are_predicted_to_be_smaller():
    assert of_image(PHOTO, "avif").size_bytes < of_image(PHOTO, "keep").size_bytes
    assert of_video(CLIP, video_output="av1").size_bytes < of_video(CLIP).size_bytes


def test_more_effort_takes_more_time():
    slow, fast = (of_image(PHOTO, effort=effort).time_s for effort in (6, 0))
    medium, ultrafast = (
        of_video(CLIP, changes={"preset": preset}).time_s for preset in ("medium", "ultrafast")
    )

    assert slow > fast
    assert medium > ultrafast


def test_a_search_for_quality_takes_time():
    plan = plan_video(CLIP, *wanted(profile="balanced"))

    plain, searched = (predict_video(CLIP, plan, 2, is_searched=each) for each in (False, True))

    assert plain.time_s < searched.time_s < 1.5 * plain.time_s


def test_more_cores_take_less_time():
    assert of_video(CLIP, cores=4).time_s < of_video(CLIP, cores=1).time_s


def test_what_is_copied_keeps_its_bytes_and_takes_no_time():
    compact = replace(
        with_track(width=1280, height=720, level=31, bit_rate=400_000), size_bytes=900_000
    )
    compact = replace(compact, audio=replace(compact.audio, bit_rate=128_000))

    predicted = of_video(compact)

    assert predicted.size_bytes == pytest.approx(900_000, rel=0.35)
    assert predicted.time_s < 1


@pytest.mark.parametrize("changes", [{"duration_s": None}, {"video": "unknown rate"}])
def test_a_file_that_does_not_tell_its_length_has_a_prediction(changes):
    info = with_track(frame_rate=None) if "video" in changes else replace(CLIP, **changes)

    predicted = of_video(info)

    assert 0 < predicted.size_bytes <= info.size_bytes
    assert predicted.time_s > 0


def test_a_claim_to_play_for_a_century_is_not_believed():
    assert of_video(replace(CLIP, size_bytes=100_000, duration_s=4.3e9)).time_s < 3600


def test_the_prediction_for_a_made_photo_is_of_the_right_order(tmp_path):
    media.photo((1200, 900)).save(tmp_path / "photo.jpg", quality=80)

    (planned,) = answers(run(tmp_path, "plan", "photo.jpg", "--json"))
    (made,) = answers(run(tmp_path, "compress", "photo.jpg", "-o", "small.webp", "--json"))

    assert 1 / 4 < planned["predicted"]["size_bytes"] / made["size_bytes"] < 4
