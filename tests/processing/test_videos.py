"""Videos of every kind come out upright, in shape, in colour and in time, as H.264 and AAC."""

import pytest
from PIL import Image

from errors import NoVideoError
from tests.processing import media

LOSSLESS = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", 2, "-pix_fmt", "yuv420p")


def painted(tmp_path, size=(320, 240), *, seconds=0.6, options=LOSSLESS, name="painted.mp4"):
    """A still scene of four colours, under grain so that there is something to save."""
    scene, path = tmp_path / "scene.png", tmp_path / name
    media.quarters(size).save(scene)
    media.ffmpeg(
        *("-loop", 1, "-framerate", 15, "-t", seconds, "-i", scene, "-vf", "noise=alls=12:allf=t"),
        *options,
        path,
    )
    return path


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
    flat, source = painted(tmp_path), tmp_path / "turned.mp4"
    media.ffmpeg("-i", flat, "-c", "copy", "-metadata:s:v", f"rotate={rotation}", source)
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
    source = painted(
        tmp_path, (321, 181), options=("-c:v", "libvpx", "-b:v", "4M"), name="odd.webm"
    )

    track = media.video_track(squeeze(source).path)

    assert (track["width"], track["height"]) == (320, 180)


def test_pixels_that_are_not_square_become_square_at_the_shown_size(squeeze, tmp_path):
    source = painted(tmp_path, (360, 288), options=("-aspect", "16:9", *LOSSLESS))

    track = media.video_track(squeeze(source).path)

    assert (track["width"], track["height"]) == (512, 288)
    assert track["sample_aspect_ratio"] == "1:1"


def test_a_video_without_sound_stays_without(squeeze, tmp_path):
    rendition = squeeze(media.clip(tmp_path / "mute.mp4", sound=False))

    assert [s["codec_type"] for s in media.ffprobe(rendition.path)["streams"]] == ["video"]


@pytest.mark.parametrize("cover", [False, True])
def test_sound_alone_is_refused_with_a_code_even_with_a_cover(squeeze, tmp_path, cover):
    picture, source = tmp_path / "cover.png", tmp_path / "song.m4a"
    media.quarters((64, 64)).save(picture)
    words = ["-f", "lavfi", "-i", "sine=d=1"]
    if cover:
        words += [
            "-i",
            picture,
            "-map",
            0,
            "-map",
            1,
            "-c:v",
            "copy",
            "-disposition:v",
            "attached_pic",
        ]
    media.ffmpeg(*words, source)

    with pytest.raises(NoVideoError) as refused:
        squeeze(source)

    assert refused.value.code == "NO_VIDEO"


def test_surround_sound_is_mixed_down_to_stereo(squeeze, tmp_path):
    source = tmp_path / "surround.mkv"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=160x120:d=1", "-f", "lavfi", "-i"),
        "aevalsrc=0.1*sin(440*t)|0|0|0|0|0:c=5.1(side):d=1:s=48000",
        *("-c:v", "libx264", "-qp", 4, "-c:a", "ac3", source),
    )

    rendition = squeeze(source)

    (audio,) = media.audio_tracks(rendition.path)
    assert (audio["codec_name"], audio["channels"]) == ("aac", 2)
    assert any("stereo" in note for note in rendition.notes)


def test_odd_sample_rates_become_48_kilohertz(squeeze, tmp_path):
    source = media.clip(tmp_path / "odd.mkv", options=("-c:a", "pcm_s16le", "-ar", 11025))

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert audio["sample_rate"] == "48000"


def test_only_the_main_picture_and_the_default_sound_are_kept(squeeze, tmp_path):
    cover, words_file, source = tmp_path / "c.png", tmp_path / "s.srt", tmp_path / "many.mkv"
    media.quarters((64, 64)).save(cover)
    words_file.write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
    media.ffmpeg(
        *("-i", cover, "-f", "lavfi", "-i", "testsrc2=s=160x120:d=1:r=15"),
        *("-f", "lavfi", "-i", "sine=d=1", "-f", "lavfi", "-i", "anullsrc=d=1:cl=mono"),
        *("-i", words_file, "-map", 0, "-map", 1, "-map", 2, "-map", 3, "-map", 4, "-t", 1),
        *("-disposition:v:0", "attached_pic", "-c:v:0", "png", "-c:v:1", "libx264", "-qp", 4),
        *("-c:a", "aac", "-disposition:a:0", 0, "-disposition:a:1", "default", source),
    )

    rendition = squeeze(source)

    tracks = media.ffprobe(rendition.path)["streams"]
    assert [track["codec_type"] for track in tracks] == ["video", "audio"]
    assert (tracks[0]["width"], tracks[0]["height"]) == (160, 120)
    assert tracks[1]["channels"] == 1


def test_place_title_and_names_are_removed(squeeze, tmp_path):
    source = media.clip(
        tmp_path / "tagged.mov",
        options=(
            *("-metadata", "location=+52.5042+013.3687/", "-metadata", "title=Secret"),
            *("-metadata:s:v", "handler_name=Secret", "-movflags", "use_metadata_tags"),
        ),
    )
    assert b"+52.5042" in source.read_bytes()

    data = squeeze(source).path.read_bytes()

    assert b"+52.5042" not in data
    assert b"Secret" not in data


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_high_dynamic_range_becomes_plain_bt709(squeeze, tmp_path, transfer):
    source = tmp_path / "hdr.mp4"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=160x120:d=0.5:r=10", "-pix_fmt", "yuv420p10le"),
        *("-c:v", "libx265", "-preset", "ultrafast", "-qp", 4, "-x265-params", "log-level=0"),
        *("-colorspace", "bt2020nc", "-color_primaries", "bt2020", "-color_trc", transfer, source),
    )

    rendition = squeeze(source)

    track = media.video_track(rendition.path)
    assert track["pix_fmt"] == "yuv420p"
    assert track["color_space"] == track["color_primaries"] == track["color_transfer"] == "bt709"
    assert any("dynamic" in note for note in rendition.notes)


@pytest.mark.parametrize("pixels", ["yuv444p", "yuv422p10le", "gbrp", "gray"])
def test_unusual_pixels_become_420_in_the_same_colours(squeeze, tmp_path, pixels):
    codec = ("-c:v", "ffv1") if pixels != "yuv444p" else ("-c:v", "libx264", "-qp", 0)
    source = painted(tmp_path, options=(*codec, "-pix_fmt", pixels), name="odd.mkv")
    before = media.corners(media.frame_of(source, tmp_path))

    rendition = squeeze(source)

    track = media.video_track(rendition.path)
    assert (track["pix_fmt"], track["profile"]) == ("yuv420p", "High")
    for after, color in zip(
        media.corners(media.frame_of(rendition.path, tmp_path)), before, strict=True
    ):
        assert media.is_near(after, color, by=12)


def test_full_range_becomes_limited_without_crushing_blacks(squeeze, tmp_path):
    ramp, source = tmp_path / "ramp.png", tmp_path / "full.mkv"
    Image.linear_gradient("L").resize((256, 128)).convert("RGB").save(ramp)
    media.ffmpeg(
        *("-loop", 1, "-framerate", 10, "-t", 1, "-i", ramp, "-vf", "scale=out_range=pc"),
        *("-color_range", "pc", "-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-q:v", 1, source),
    )
    before = media.frame_of(source, tmp_path)

    rendition = squeeze(source)

    assert media.video_track(rendition.path)["color_range"] == "tv"
    after = media.frame_of(rendition.path, tmp_path)
    for y in (4, 32, 64, 96, 124):
        assert media.is_near(after.getpixel((128, y)), before.getpixel((128, y)), by=8)


def test_a_transparent_video_is_laid_over_white(squeeze, tmp_path):
    scene, source = tmp_path / "scene.png", tmp_path / "clear.webm"
    picture = media.photo((160, 120)).convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 80, 120))
    picture.save(scene)
    media.ffmpeg(
        *("-loop", 1, "-framerate", 10, "-t", 1, "-i", scene, "-c:v", "libvpx", "-crf", 4),
        *(
            "-vf",
            "noise=c0s=24:c0f=t",
            "-b:v",
            "8M",
            "-pix_fmt",
            "yuva420p",
            "-auto-alt-ref",
            0,
            source,
        ),
    )

    rendition = squeeze(source)

    frame = media.frame_of(rendition.path, tmp_path)
    assert media.is_near(frame.getpixel((30, 60)), (255, 255, 255), by=12)
    assert any("white" in note for note in rendition.notes)


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
        *("setpts='if(gt(N,5),PTS+36000/TB,PTS)'", "-c:v", "libx264", "-bf", 0, "-qp", 2, source),
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
    assert any("deinterlaced" in note for note in rendition.notes)


def test_a_single_frame_is_a_video_too(squeeze, tmp_path):
    source = tmp_path / "one.mp4"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=320x240:r=10", "-frames:v", 1),
        *("-c:v", "libx264", "-qp", 1, source),
    )

    assert media.video_track(squeeze(source).path)["nb_frames"] == "1"


def test_sound_that_starts_late_stays_in_time(squeeze, tmp_path):
    source = tmp_path / "late.mkv"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=160x120:r=15:d=2", "-itsoffset", 0.7),
        *("-f", "lavfi", "-i", "sine=d=1", "-c:v", "libx264", "-qp", 4, "-c:a", "aac", source),
    )

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert abs(float(audio["start_time"]) - 0.7) < 0.1


def test_a_fragmented_mp4_is_read_whole(squeeze, tmp_path):
    source = media.clip(
        tmp_path / "live.mp4",
        seconds=2,
        options=("-movflags", "frag_keyframe+empty_moov", "-g", 10),
    )

    rendition = squeeze(source)

    assert abs(float(media.ffprobe(rendition.path)["format"]["duration"]) - 2) < 0.2


def test_sound_that_is_small_enough_is_copied_bit_by_bit(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4", options=("-c:a", "aac", "-b:a", "96k"))

    def sound(path):
        target = tmp_path / "sound.aac"
        media.ffmpeg("-i", path, "-vn", "-c", "copy", "-f", "adts", target)
        return target.read_bytes()

    assert sound(squeeze(source).path) == sound(source)
