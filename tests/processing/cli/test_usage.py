"""What the command line cannot do is refused before any work, with exit status 2 and a reason."""

import os

import pytest

from compression_config import LIGHTER_STEPS
from harness.samples import media
from option_values import Choice
from order import OPTIONS
from tests.processing.cli.command_line import answers, listing, run


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


def test_force_replaces_no_pipe_and_no_link(photo, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "kept.webp").write_text("precious")
    (tmp_path / "link").symlink_to("kept.webp")
    (tmp_path / "link-to-pipe").symlink_to("pipe")

    for name in ("pipe", "link", "link-to-pipe"):
        done = run(tmp_path, "compress", photo, "-o", name, "--force")

        assert done.returncode == 2
        assert f"{name} is no plain file" in done.stderr
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "kept.webp").read_text() == "precious"


def test_the_source_is_never_the_result(photo, tmp_path):
    link = tmp_path / "link.jpg"
    link.hardlink_to(photo)
    before = photo.read_bytes()

    for result in (photo, link):
        done = run(tmp_path, "compress", photo, "-o", result, "--force")

        assert done.returncode == 2
        assert "the source itself" in done.stderr
    assert photo.read_bytes() == before


def test_two_results_of_one_name_are_refused_before_anything_is_made(photo, tmp_path, out):
    other = tmp_path / "other"
    other.mkdir()
    (other / "photo.jpg").write_bytes(photo.read_bytes())

    done = run(tmp_path, "compress", photo, other / "photo.jpg", "-o", out)

    assert (done.returncode, listing(out)) == (2, [])


@pytest.mark.parametrize("place", ["nowhere/small.webp", "nowhere/", "folder"])
def test_a_place_that_cannot_be_is_refused(photo, tmp_path, place):
    (tmp_path / "folder" / "photo.webp").mkdir(parents=True)

    done = run(tmp_path, "compress", photo, "-o", place, "--force")

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_refused(photo, tmp_path, out):
    out.chmod(0o500)

    done = run(tmp_path, "compress", photo, "-o", out)

    assert done.returncode == 2
    assert "cannot be written to" in done.stderr


def test_a_place_that_is_taken_costs_no_work(tmp_path, out):
    media.clip(tmp_path / "clip.mp4")
    (out / "clip.mp4").touch()

    done = run(tmp_path, "compress", "clip.mp4", "-o", out, "--time-limit", 0.001)

    assert done.returncode == 2
    assert "Trying again" not in done.stderr


def test_a_wrong_place_is_told_of_each_file_by_the_name_it_was_given(photo, tmp_path):
    done = run(tmp_path, "compress", "./photo.jpg", photo, "-o", "nowhere", "--json")

    first, second = answers(done)
    assert (first["file"], second["file"]) == ("./photo.jpg", str(photo))
    assert first["error"]["code"] == second["error"]["code"] == "USAGE"
    assert "nowhere is not a folder" in first["error"]["message"]


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path, out):
    os.mkfifo(tmp_path / "pipe.jpg")

    done = run(tmp_path, "compress", "pipe.jpg", "-o", out)

    assert done.returncode == 2


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("compress",),
        ("compress", "a.jpg"),
        ("plan",),
        ("plan", "a.jpg", "--profile", "tiny"),
        ("plan", "a.jpg", "--time-limit", "-1"),
        ("plan", "a.jpg", "--lighter", "9"),
        ("compress", "a.jpg", "-o", ""),
        ("plan", ""),
    ],
)
def test_words_that_make_no_sense_are_a_usage_error(tmp_path, words):
    done = run(tmp_path, *words)

    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--time-limit", "abc", "give a number of seconds above 0"),
        ("--time-limit", "nan", "give a number of seconds above 0"),
        ("--threads", "99", "give a whole number from 0 to 64"),
        ("--threads", "two", "give a whole number from 0 to 64"),
        ("--lighter", "9", f"give a whole number from 0 to {len(LIGHTER_STEPS)}"),
    ],
)
def test_a_number_out_of_range_is_told_what_would_be_right(tmp_path, option, value, said):
    done = run(tmp_path, "plan", "a.jpg", option, value)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(f"argument {option}: {said}")


@pytest.mark.parametrize("command", ["plan", "compress"])
def test_the_help_has_every_option_of_an_order_that_concerns_a_file(tmp_path, command):
    done = run(tmp_path, command, "--help")

    said = " ".join(done.stdout.split())
    assert done.returncode == 0
    for option in OPTIONS:
        flag = f"--{option.name.replace('_', '-')} "
        assert (flag in said) is (option.concerns == "file")
        assert (option.meaning in said) is (option.concerns == "file")
        if isinstance(option.values, Choice):
            words = f"{{{','.join(option.values.words)}}} {option.meaning}"
            is_there = f"{flag}{words} (default: {option.default})" in said
            assert is_there is (option.concerns == "file")
