"""`python -m processing plan` says what would be made, why, and what it takes; it makes nothing."""

import pytest
from PIL import Image

from harness.samples import media
from processing.image.structure.code_points import profile_of
from tests.processing.cli.command_line import answers, listing, run, run_in_shell


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    media.photo((640, 480)).save(path, quality=95)
    return path


def test_the_plan_of_a_photo_is_told_in_words(photo, tmp_path):
    done = run(tmp_path, "plan", "photo.jpg")

    assert (done.returncode, done.stderr) == (0, "")
    assert "JPEG picture, 640 x 480 pixels" in done.stdout
    assert "becomes  WEBP, 640 x 480 pixels" in done.stdout
    assert "nothing is enlarged" in done.stdout
    assert listing(tmp_path) == ["photo.jpg"]


def test_the_plan_of_a_clip_is_told_in_words(tmp_path):
    media.clip(tmp_path / "clip.mp4", size="2560x1440", seconds=0.4)

    done = run(tmp_path, "plan", "clip.mp4", "--profile", "lms720")

    assert done.returncode == 0
    assert "MP4 video, 2560 x 1440 pixels" in done.stdout
    assert "scaled down to 1280 x 720" in done.stdout
    assert "profile lms720" in done.stdout


def test_the_plan_of_a_photo_as_json_has_the_documented_fields(photo, tmp_path):
    (answer,) = answers(run(tmp_path, "plan", "photo.jpg", "--json"))

    assert answer.keys() == {
        *("file", "profile", "lighter", "source", "plan", "reasons", "predicted"),
    }
    assert answer["source"]["kind"] == "image"
    assert answer["source"]["size_bytes"] == photo.stat().st_size
    assert (answer["source"]["width_px"], answer["source"]["height_px"]) == (640, 480)
    assert (answer["plan"]["format"], answer["plan"]["width_px"]) == ("webp", 640)
    assert all(reason.keys() == {"about", "sentence"} for reason in answer["reasons"])
    assert answer["predicted"].keys() == {"size_bytes", "time_s", "within_factor"}


def test_the_plan_of_a_clip_as_json_has_the_documented_fields(tmp_path):
    media.clip(tmp_path / "clip.mp4")

    (answer,) = answers(run(tmp_path, "plan", "clip.mp4", "--json"))

    assert answer["source"]["kind"] == "video"
    assert answer["source"]["duration_s"] == pytest.approx(1.0, abs=0.1)
    assert (answer["plan"]["format"], answer["plan"]["width_px"]) == ("mp4", 320)
    assert 0 < answer["predicted"]["size_bytes"] <= answer["source"]["size_bytes"]
    assert answer["predicted"]["time_s"] > 0


def test_several_files_are_one_object_on_a_line_each(photo, tmp_path):
    (tmp_path / "text.mp4").write_text("no video")

    done = run(tmp_path, "plan", photo, "text.mp4", "gone.mp4", "--json")

    good, bad, gone = answers(done)
    assert good["source"]["format"] == "jpeg"
    assert (bad["error"]["code"], gone["error"]["code"]) == ("UNSUPPORTED", "USAGE")
    assert done.returncode == 65


def test_a_name_cannot_move_the_cursor(tmp_path):
    name = "a\x1b[2Jb.jpg"
    (tmp_path / name).touch()

    done = run(tmp_path, "plan", name)

    assert done.returncode == 65
    assert done.stderr.startswith(r"a\x1b[2Jb.jpg: EMPTY_FILE")


def test_what_is_handed_out_as_it_is_is_planned_so(tmp_path):
    frames = [media.photo((64, 64)).rotate(90 * turn) for turn in range(3)]
    frames[0].save(tmp_path / "moving.avif", save_all=True, append_images=frames[1:])

    (planned,) = answers(run(tmp_path, "plan", "moving.avif", "--json"))
    told = run(tmp_path, "plan", "moving.avif").stdout
    (made,) = answers(run(tmp_path, "compress", "moving.avif", "-o", "made.avif", "--json"))

    assert (planned["plan"]["format"], planned["plan"]["is_already_compact"]) == ("avif", True)
    assert "stays    AVIF, 64 x 64 pixels" in told
    assert (made["extension"], made["passthrough_reason"]) == ("avif", "already_compact")


def test_a_phones_wide_colours_are_said_to_be_converted(photo, tmp_path):
    with Image.open(photo) as image:
        image.save(tmp_path / "wide.jpg", quality=95, icc_profile=profile_of(12, 13))

    plain, wide = answers(run(tmp_path, "plan", "photo.jpg", "wide.jpg", "--json"))

    assert "colour" not in {reason["about"] for reason in plain["reasons"]}
    assert "converted to sRGB" in next(
        reason["sentence"] for reason in wide["reasons"] if reason["about"] == "colour"
    )


def test_what_is_encoded_is_not_planned_as_compact(photo, tmp_path):
    (answer,) = answers(run(tmp_path, "plan", "photo.jpg", "--json"))

    assert answer["plan"]["is_already_compact"] is False


@pytest.mark.parametrize(
    ("redirection", "status", "said"),
    [
        ("> /dev/full", 75, "the output cannot be written: No space left on device\n"),
        ("> /dev/full 2> /dev/full", 75, ""),
        (">&-", 0, ""),
        (">&- 2>&- <&-", 0, ""),
    ],
)
def test_a_stream_that_takes_nothing_is_no_crash(photo, tmp_path, redirection, status, said):
    done = run_in_shell(tmp_path, redirection, "plan", "photo.jpg")

    assert (done.returncode, done.stdout, done.stderr) == (status, "", said)


def test_a_name_that_the_terminal_cannot_write_is_spelled_by_codes(photo, tmp_path):
    name = "\u4f11\u65e5.jpg"
    photo.rename(tmp_path / name)

    done = run_in_shell(tmp_path, "", "plan", name, "gone-" + name, PYTHONIOENCODING="latin-1")

    assert done.stdout.startswith("\\u4f11\\u65e5.jpg\n")
    assert done.stderr.startswith("gone-\\u4f11\\u65e5.jpg: there is no such file.")


def test_a_file_may_come_as_standard_input(photo, tmp_path):
    done = run_in_shell(tmp_path, "< photo.jpg", "plan", "/dev/stdin")

    assert done.returncode == 0
    assert "JPEG picture, 640 x 480 pixels" in done.stdout
