"""`python -m processing compress` makes files, loses none, and tells by its exit status."""

import pytest
from PIL import Image

from compression_config import LIGHTER_STEPS
from harness.samples import media
from tests.processing.cli.command_line import answers, listing, run, run_in_shell


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    media.photo((320, 240)).save(path, quality=95)
    return path


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def kind_of(path):
    with Image.open(path) as image:
        return image.format


def test_a_photo_becomes_the_file_that_was_asked_for(photo, tmp_path):
    before = photo.read_bytes()

    done = run(tmp_path, "compress", photo.name, "-o", "small.webp")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("photo.jpg ")
    assert "-> small.webp " in done.stdout
    with Image.open(tmp_path / "small.webp") as image:
        assert (image.format, image.size) == ("WEBP", (320, 240))
    assert photo.read_bytes() == before


def test_a_clip_in_a_folder_is_named_after_its_source(tmp_path, out):
    media.clip(tmp_path / "holiday.mov")

    done = run(tmp_path, "compress", "holiday.mov", "-o", "out", "--threads", 2)

    assert done.returncode == 0
    assert media.video_track(out / "holiday.mp4")["codec_name"] == "h264"
    assert listing(out) == ["holiday.mp4"]


def test_the_result_can_be_read_by_whom_the_user_lets_read(photo, tmp_path, out):
    plain = tmp_path / "plain"
    plain.touch()

    run(tmp_path, "compress", photo, "-o", out)

    assert (out / "photo.webp").stat().st_mode == plain.stat().st_mode


def test_json_has_the_documented_fields_and_nothing_beside_them(photo, tmp_path, out):
    done = run(tmp_path, "compress", photo.name, "-o", out, "--json")

    (answer,) = answers(done)
    assert answer.keys() == {
        *("file", "output", "extension", "content_type", "original_size_bytes", "size_bytes"),
        *("ratio", "time_s", "profile", "lighter", "passthrough_reason", "notes"),
    }
    assert answer["original_size_bytes"] == photo.stat().st_size
    assert answer["size_bytes"] == (out / "photo.webp").stat().st_size
    assert answer["output"] == str(out / "photo.webp")
    assert answer["time_s"] > 0


def test_quiet_says_nothing_and_works(photo, tmp_path, out):
    done = run(tmp_path, "compress", photo, "-o", out / "photo.png", "--quiet")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert kind_of(out / "photo.png") == "WEBP"


def test_what_exists_is_overwritten_only_by_force(photo, tmp_path, out):
    (out / "photo.webp").write_text("precious")

    refused = run(tmp_path, "compress", photo, "-o", out)
    kept = (out / "photo.webp").read_text()
    forced = run(tmp_path, "compress", photo, "-o", out, "--force")

    assert (refused.returncode, kept, forced.returncode) == (2, "precious", 0)
    assert "--force" in refused.stderr
    assert kind_of(out / "photo.webp") == "WEBP"


def test_a_name_of_another_format_is_kept_and_said(photo, tmp_path):
    done = run(tmp_path, "compress", photo, "-o", "small.png")

    assert done.returncode == 0
    assert "holds WEBP" in done.stderr
    assert kind_of(tmp_path / "small.png") == "WEBP"


def test_options_reach_the_encoder(photo, tmp_path, out):
    avif = run(tmp_path, "compress", photo, "-o", out, "--image-output", "avif")
    kept = run(tmp_path, "compress", photo, "-o", out, "--image-output", "keep")

    assert (avif.returncode, kept.returncode) == (0, 0)
    assert listing(out) == ["photo.avif", "photo.jpg"]


def test_notices_of_rights_survive_where_that_is_asked_for(tmp_path):
    exif = Image.Exif()
    exif[0x8298] = "(c) Ada"
    media.photo((320, 240)).save(tmp_path / "photo.jpg", quality=95, exif=exif)

    run(tmp_path, "compress", "photo.jpg", "-o", "plain.webp")
    run(tmp_path, "compress", "photo.jpg", "-o", "kept.webp", "--keep-copyright")

    assert b"(c) Ada" not in (tmp_path / "plain.webp").read_bytes()
    assert b"(c) Ada" in (tmp_path / "kept.webp").read_bytes()


def test_a_lighter_step_is_smaller_and_says_so(tmp_path, out):
    media.photo((1600, 1200)).save(tmp_path / "photo.jpg", quality=90)

    (answer,) = answers(run(tmp_path, "compress", "photo.jpg", "-o", out, "--lighter", 2, "--json"))

    with Image.open(out / "photo.webp") as image:
        assert max(image.size) == LIGHTER_STEPS[1].max_side_px
    assert answer["lighter"] == 2
    assert any(note["code"] == "LIGHTER_VERSION" for note in answer["notes"])


def test_a_clip_becomes_av1_where_that_is_asked_for(tmp_path, out):
    media.clip(tmp_path / "clip.mp4", seconds=0.6)

    done = run(tmp_path, "compress", "clip.mp4", "-o", out, "--video-output", "av1")

    assert done.returncode == 0
    assert media.video_track(out / "clip.mp4")["codec_name"] == "av1"


def test_one_bad_file_does_not_stop_the_others(photo, tmp_path, out):
    (tmp_path / "bad.png").write_text("no image")

    done = run(tmp_path, "compress", "bad.png", "gone.jpg", photo, "-o", out, "--json")

    bad, gone, good = answers(done)
    assert (bad["error"]["code"], gone["error"]["code"]) == ("UNSUPPORTED", "USAGE")
    assert good["output"] == str(out / "photo.webp")
    assert done.returncode == 65


def test_a_file_is_called_as_it_was_given(photo, tmp_path, out):
    (answer,) = answers(run(tmp_path, "compress", ".//photo.jpg", "-o", out, "--json"))

    assert answer["file"] == ".//photo.jpg"


def test_a_file_may_come_as_standard_input(photo, tmp_path):
    done = run_in_shell(tmp_path, "< photo.jpg", "compress", "/dev/stdin", "-o", "small.webp")

    assert (done.returncode, done.stderr) == (0, "")
    assert kind_of(tmp_path / "small.webp") == "WEBP"


def test_sources_that_differ_in_their_ending_only_keep_it(photo, tmp_path, out):
    media.photo((64, 64)).save(tmp_path / "photo.png")

    done = run(tmp_path, "compress", photo, tmp_path / "photo.png", "-o", out, "--force")

    assert done.returncode == 0
    assert listing(out) == ["photo.jpg.webp", "photo.png.webp"]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 65, "EMPTY_FILE"),
        (b"plain text", 65, "UNSUPPORTED"),
        (b"\xff\xd8\xff\xe0" + bytes(500), 65, "CORRUPT"),
        (None, 2, None),
    ],
)
def test_each_refusal_is_one_line_and_a_status(tmp_path, out, content, status, code):
    if content is not None:
        (tmp_path / "in.jpg").write_bytes(content)

    done = run(tmp_path, "compress", "in.jpg", "-o", out)

    assert done.returncode == status
    assert done.stderr.startswith(f"in.jpg: {code}: " if code else "in.jpg: there is no such file.")
    assert done.stderr.count("\n") == 1
    assert (done.stdout, listing(out)) == ("", [])


def test_a_refusal_in_json_has_code_message_and_advice(tmp_path, out):
    (tmp_path / "in.jpg").touch()

    (answer,) = answers(run(tmp_path, "compress", "in.jpg", "-o", out, "--json"))

    assert answer["file"] == "in.jpg"
    assert answer["error"].keys() == {"code", "message", "advice"}
    assert all(answer["error"].values())


def test_what_is_too_much_is_tried_again_in_lighter_ways(tmp_path, out):
    media.clip(tmp_path / "clip.mp4")

    done = run(tmp_path, "compress", "clip.mp4", "-o", out, "--time-limit", 0.001)

    assert done.returncode == 75
    assert done.stderr.count("Trying again in a lighter way") == 2
    assert "step 2 of 2" in done.stderr
    assert listing(out) == []


def test_a_dash_is_not_taken_for_a_files_name(photo, tmp_path):
    done = run(tmp_path, "compress", photo.name, "-o", "-")

    assert done.returncode == 2
    assert "a result is not written to the standard output" in done.stderr
    assert listing(tmp_path) == ["photo.jpg"]


@pytest.mark.parametrize("command", ["plan", "compress"])
def test_the_usage_names_the_command_that_was_typed(tmp_path, command):
    done = run(tmp_path, command)

    assert done.returncode == 2
    assert done.stderr.startswith(f"usage: {command} [-h]")
