"""Video and sound start and end where they did, however their container says so."""

import pytest

from errors import CorruptMediaError
from harness.samples import media
from notes import Note, NoteCode

ENCODED = ("-c:v", "libx264", "-qp", 4, "-pix_fmt", "yuv420p")
COMPACT = ("-c:v", "libx264", "-crf", 32, "-pix_fmt", "yuv420p")


def two(path, *, video_late_s=0, sound_late_s=0, lengths=(2, 2), options=ENCODED):
    """A clip whose video or sound starts late."""
    video_s, sound_s = lengths
    media.ffmpeg(
        *(
            "-itsoffset",
            video_late_s,
            "-f",
            "lavfi",
            "-i",
            f"testsrc2=s=160x120:r=15:d={video_s}",
        ),
        *("-itsoffset", sound_late_s, "-f", "lavfi", "-i", f"sine=d={sound_s}:r=48000"),
        *("-map", 0, "-map", 1, "-fps_mode", "vfr", *options, "-c:a", "aac", "-b:a", "64k", path),
    )
    return path


def starts(path):
    return [float(track["start_time"]) for track in media.ffprobe(path)["streams"]]


@pytest.mark.parametrize("options", [ENCODED, COMPACT], ids=["encoded", "kept"])
@pytest.mark.parametrize("name", ["in.mp4", "in.mkv", "in.ts"])
@pytest.mark.parametrize("late", [(0, 1), (1, 0), (0.3, 0)])
def test_what_starts_late_stays_as_late(squeeze, tmp_path, options, name, late):
    video, sound = late
    source = two(
        tmp_path / name, video_late_s=video, sound_late_s=sound, options=(*options, "-bf", 0)
    )
    first, second = starts(source)

    found = starts(squeeze(source).path)

    assert abs((found[1] - found[0]) - (second - first)) < 0.1
    assert abs((found[1] - found[0]) - (sound - video)) < 0.1


@pytest.mark.parametrize("lengths", [(1, 3), (3, 1)], ids=["longer sound", "longer video"])
def test_neither_video_nor_sound_is_cut_to_the_other(squeeze, tmp_path, lengths):
    source = two(tmp_path / "in.mp4", lengths=lengths)

    tracks = media.ffprobe(squeeze(source).path)["streams"]

    assert abs(float(tracks[0]["duration"]) - lengths[0]) < 0.15
    assert abs(float(tracks[1]["duration"]) - lengths[1]) < 0.15


@pytest.mark.parametrize("rate", ["1/2", "1", "7"])
def test_a_slow_slide_show_with_sound_keeps_its_frames(squeeze, tmp_path, rate):
    source = tmp_path / "in.mp4"
    media.ffmpeg(
        *("-f", "lavfi", "-i", f"testsrc2=s=160x120:r={rate}:d=4", "-f", "lavfi", "-i", "sine=d=4"),
        *(*ENCODED, "-c:a", "aac", source),
    )

    track = media.video_track(squeeze(source).path)

    assert track["nb_frames"] == media.video_track(source)["nb_frames"]
    assert abs(float(track["duration"]) - float(media.video_track(source)["duration"])) < 0.2


def test_a_million_frames_a_second_are_thinned_out(squeeze, tmp_path):
    source = tmp_path / "in.mkv"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=1", "-vf", "settb=1/1000000,setpts=N*200"),
        *("-fps_mode", "passthrough", "-enc_time_base", "1:1000000", *ENCODED, "-bf", 0, source),
    )

    rendition = squeeze(source)

    assert int(media.video_track(rendition.path)["nb_frames"]) <= 10
    assert rendition.size_bytes <= source.stat().st_size


def test_a_lying_length_is_not_believed(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4", seconds=2)
    data = bytearray(source.read_bytes())
    for kind, at in ((b"mvhd", 20), (b"tkhd", 24)):
        place = data.index(kind) + at
        data[place : place + 4] = (143_165_000).to_bytes(4, "big")
    source.write_bytes(data)

    rendition = squeeze(source)

    assert abs(float(media.video_track(rendition.path)["duration"]) - 2) < 0.15


def test_a_live_recording_without_a_length_is_read_to_its_end(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mkv", seconds=2, options=("-live", 1))

    rendition = squeeze(source)

    assert abs(float(media.video_track(rendition.path)["duration"]) - 2) < 0.15


@pytest.mark.parametrize("name", ["in.mp4", "in.mkv", "in.avi", "in.mov"])
def test_half_a_file_is_refused(squeeze, tmp_path, name):
    options = ("-c:v", "mpeg4", "-q:v", 1, "-c:a", "libmp3lame") if name == "in.avi" else ()
    source = media.clip(tmp_path / name, seconds=2, options=options)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])

    with pytest.raises(CorruptMediaError):
        squeeze(source)


def test_a_missing_crumb_at_the_end_is_told_and_the_rest_is_used(squeeze, tmp_path):
    source = media.clip(
        tmp_path / "in.mp4", seconds=2, options=("-movflags", "+faststart", "-g", 5)
    )
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 97 // 100])

    rendition = squeeze(source)

    assert Note(NoteCode.END_MISSING) in rendition.notes
    assert float(media.video_track(rendition.path)["duration"]) > 1.8


@pytest.mark.parametrize("video_output", ["h264", "av1"])
@pytest.mark.parametrize("name", ["in.mp4", "in.mkv", "in.mov"])
def test_a_last_frame_that_is_held_stays_as_long(squeeze, tmp_path, name, video_output):
    held = "setts=duration='if(eq(NEXT_PTS,NOPTS),128000,DURATION)'"
    source = tmp_path / name
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2", *ENCODED, "-bf", 0),
        *(
            "-fps_mode",
            "passthrough",
            "-enc_time_base",
            "1:12800",
            "-bsf:v",
            held,
            tmp_path / "held.mp4",
        ),
    )
    media.ffmpeg("-i", tmp_path / "held.mp4", "-c", "copy", source)
    length_s = float(media.ffprobe(source)["format"]["duration"])

    track = media.video_track(squeeze(source, video_output=video_output).path)

    assert length_s > 11
    assert track["nb_frames"] == "50"
    assert abs(float(track["duration"]) - length_s) < 0.1


def test_slides_that_last_for_seconds_each_do_so_to_the_last(squeeze, tmp_path):
    slides, source = tmp_path / "slides.txt", tmp_path / "in.mkv"
    names = []
    for number in range(3):
        media.photo((160, 120), seed=number).save(tmp_path / f"{number}.png")
        names.append(f"file {number}.png\nduration 3\n")
    slides.write_text("".join(names))
    media.ffmpeg("-f", "concat", "-i", slides, "-fps_mode", "vfr", *ENCODED, "-bf", 0, source)
    length_s = float(media.ffprobe(source)["format"]["duration"])

    track = media.video_track(squeeze(source).path)

    assert abs(float(track["duration"]) - length_s) < 0.1
