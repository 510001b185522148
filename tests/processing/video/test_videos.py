"""Videos of every kind come out upright, in shape and in time, as H.264."""

import pytest

from harness.samples import media
from notes import Note, NoteCode


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("clip.mp4", ()),
        ("clip.mov", ()),
        ("clip.m4v", ("-f", "mp4")),
        ("clip.3gp", ("-c:a", "aac", "-ar", 44100)),
        ("clip.mkv", ()),
        ("clip.webm", ("-c:v", "libvpx", "-b:v", "3M", "-c:a", "libopus")),
        ("clip.avi", ("-c:v", "mpeg4", "-q:v", 1, "-c:a", "libmp3lame")),
        ("clip.wmv", ("-c:v", "wmv2", "-q:v", 1, "-c:a", "wmav2")),
        ("clip.flv", ("-c:v", "flv", "-q:v", 1, "-c:a", "libmp3lame")),
        ("clip.ts", ()),
    ],
)
def test_every_container_becomes_mp4_whatever_its_name(squeeze, tmp_path, name, options):
    source = media.clip(tmp_path / name, options=options).rename(tmp_path / "lying.jpg")

    rendition = squeeze(source)

    tracks = media.ffprobe(rendition.path)["streams"]
    assert (rendition.extension, rendition.content_type) == ("mp4", "video/mp4")
    assert [track["codec_name"] for track in tracks] == ["h264", "aac"]
    assert abs(float(tracks[0]["duration"]) - 1) < 0.15
    assert rendition.size_bytes < source.stat().st_size


@pytest.mark.parametrize(("rotation", "clockwise"), [(90, "RGBY"), (180, "BYRG"), (270, "GBYR")])
def test_a_turned_phone_video_stands_upright_without_a_rotation_tag(
    squeeze, tmp_path, rotation, clockwise
):
    source = media.turned(media.painted(tmp_path), rotation)
    shown_before = media.corners(media.frame_of(source, tmp_path))

    rendition = squeeze(source)

    track = media.video_track(rendition.path)
    upright = (320, 240) if rotation == 180 else (240, 320)
    assert (track["width"], track["height"]) == upright
    assert "side_data_list" not in track
    shown_after = media.corners(media.frame_of(rendition.path, tmp_path))
    for after, before in zip(shown_after, shown_before, strict=True):
        assert media.is_near(after, before)


def test_odd_sides_become_even_and_are_not_enlarged(squeeze, tmp_path):
    source = media.painted(
        tmp_path, (321, 181), options=("-c:v", "libvpx", "-b:v", "4M"), name="odd.webm"
    )

    track = media.video_track(squeeze(source).path)

    assert (track["width"], track["height"]) == (320, 180)


def test_pixels_that_are_not_square_become_square_at_the_shown_size(squeeze, tmp_path):
    source = media.painted(tmp_path, (360, 288), options=("-aspect", "16:9", *media.LOSSLESS))

    track = media.video_track(squeeze(source).path)

    assert (track["width"], track["height"]) == (512, 288)
    assert track["sample_aspect_ratio"] == "1:1"


def test_variable_frame_times_are_kept(squeeze, tmp_path):
    source = media.clip(
        tmp_path / "vfr.mp4",
        seconds=2,
        rate=20,
        options=("-vf", "select='lt(mod(n,10),4)'", "-fps_mode", "vfr"),
    )
    times = ("-select_streams", "v", "-show_entries", "packet=pts_time")
    before = {p["pts_time"][:5] for p in media.ffprobe(source, *times)["packets"]}

    after = {p["pts_time"][:5] for p in media.ffprobe(squeeze(source).path, *times)["packets"]}

    assert after == before


def test_120_frames_a_second_become_60(squeeze, tmp_path):
    source = media.clip(tmp_path / "fast.mp4", size="160x120", rate=120)

    track = media.video_track(squeeze(source).path)

    assert 58 <= int(track["nb_frames"]) <= 61


def test_a_gap_of_ten_hours_is_not_filled_with_frames(squeeze, tmp_path):
    source = tmp_path / "gap.mp4"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=1", "-fps_mode", "vfr", "-vf"),
        *("setpts='if(gt(N,5),PTS+36000/TB,PTS)'", "-c:v", "libx264", "-bf", 0, "-qp", 2),
        # From 7.1 on setpts forgets how long frames last, and an edit list would end at the last.
        *("-use_editlist", 0, source),
    )

    rendition = squeeze(source, time_limit_s=20)

    assert int(media.video_track(rendition.path)["nb_frames"]) == 10
    assert rendition.size_bytes <= source.stat().st_size


def test_an_interlaced_video_is_deinterlaced_once(squeeze, tmp_path):
    source = tmp_path / "tv.ts"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=320x240:r=50:d=1", "-vf", "tinterlace=interleave_top"),
        *("-c:v", "mpeg2video", "-q:v", 1, "-flags", "+ildct+ilme", source),
    )

    rendition = squeeze(source)

    track = media.video_track(rendition.path)
    assert track["field_order"] == "progressive"
    assert Note(NoteCode.DEINTERLACED) in rendition.notes


def test_a_single_frame_is_a_video_too(squeeze, tmp_path):
    source = tmp_path / "one.mp4"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=320x240:r=10", "-frames:v", 1),
        *("-c:v", "libx264", "-qp", 1, source),
    )

    assert media.video_track(squeeze(source).path)["nb_frames"] == "1"


def test_a_fragmented_mp4_is_read_whole(squeeze, tmp_path):
    source = media.clip(
        tmp_path / "live.mp4",
        seconds=2,
        options=("-movflags", "frag_keyframe+empty_moov", "-g", 10),
    )

    rendition = squeeze(source)

    assert abs(float(media.ffprobe(rendition.path)["format"]["duration"]) - 2) < 0.2
