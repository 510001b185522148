"""What is compact already is kept as it is, in seconds; all else is encoded."""

import struct

import pytest

from harness.samples import media
from notes import Note, NoteCode

COMPACT = ("-c:v", "libx264", "-crf", 30, "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k")


def packets(path, kind):
    """Times and sizes of a track's packets: equal where nothing was encoded again."""
    words = ("-select_streams", kind, "-show_entries", "packet=pts_time,size")
    found = media.ffprobe(path, *words)["packets"]
    return [(round(float(one["pts_time"]), 2), one["size"]) for one in found]


def kept_sizes(path):
    """Of all frames but the first: the encoder's name goes with it, and is removed from it."""
    return [size for _, size in packets(path, "v")][1:]


@pytest.mark.parametrize("name", ["in.mp4", "in.mov", "in.ts", "in.flv", "in.mkv"])
def test_compact_streams_move_into_an_mp4_untouched(squeeze, tmp_path, name):
    source = media.clip(tmp_path / name, seconds=2, options=(*COMPACT, "-metadata", "title=Secret"))

    rendition = squeeze(source)

    if name == "in.mp4":
        assert rendition.passthrough_reason == "already_compact"
        assert packets(rendition.path, "a") == packets(source, "a")
    assert rendition.extension == "mp4"
    assert rendition.size_bytes <= source.stat().st_size
    assert len(kept_sizes(rendition.path)) == len(kept_sizes(source))
    data = rendition.path.read_bytes()
    assert b"Secret" not in data
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize(
    "options",
    [
        (*COMPACT, "-pix_fmt", "yuv422p"),
        (*COMPACT, "-pix_fmt", "yuv420p10le"),
        (*COMPACT, "-preset", "ultrafast", "-crf", 22, "-aspect", "2:1"),
        ("-c:v", "libx264", "-qp", 3, "-pix_fmt", "yuv420p"),
        (*COMPACT, "-vf", "tinterlace=interleave_top", "-flags", "+ildct+ilme"),
        (*COMPACT, "-vf", "setparams=color_primaries=bt2020:colorspace=bt2020nc"),
    ],
    ids=["4:2:2", "10 bit", "anamorphic", "wasteful", "interlaced", "wide gamut"],
)
def test_what_not_everything_plays_or_wastes_bytes_is_encoded(squeeze, tmp_path, options):
    source = media.clip(tmp_path / "in.mp4", seconds=2, options=options)

    rendition = squeeze(source)

    track = media.video_track(rendition.path)
    assert rendition.passthrough_reason is None
    assert (track["pix_fmt"], track.get("sample_aspect_ratio", "1:1")) == ("yuv420p", "1:1")
    assert track["field_order"] == "progressive"


def test_a_compact_video_stays_while_its_rich_sound_is_encoded(squeeze, tmp_path):
    options = (*COMPACT[:-4], "-c:a", "pcm_s16le")
    source = media.clip(tmp_path / "in.mov", seconds=2, options=options)

    rendition = squeeze(source)

    (audio,) = media.audio_tracks(rendition.path)
    assert rendition.passthrough_reason is None
    assert Note(NoteCode.VIDEO_KEPT) in rendition.notes
    assert kept_sizes(rendition.path) == kept_sizes(source)
    assert (audio["codec_name"], rendition.size_bytes < source.stat().st_size) == ("aac", True)


def test_a_compact_video_stays_though_its_thrifty_sound_grows(squeeze, tmp_path):
    source = tmp_path / "in.mkv"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=4", "-f", "lavfi", "-i"),
        *("anoisesrc=d=4:r=48000:a=0.2,pan=stereo|c0=c0|c1=c0", *COMPACT[:-4]),
        *("-crf", 38, "-c:a", "libopus", "-b:a", "104k", source),
    )

    rendition = squeeze(source)

    assert kept_sizes(rendition.path) == kept_sizes(source)
    assert rendition.size_bytes <= source.stat().st_size


def test_a_compact_clip_larger_than_its_profile_allows_is_scaled_down(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4", size="1600x1200", rate=5, options=COMPACT)

    rendition = squeeze(source, profile="lms720")

    track = media.video_track(rendition.path)
    assert rendition.passthrough_reason is None
    assert (track["width"], track["height"]) == (960, 720)


def damaged(source):
    data = bytearray(source.read_bytes())
    begin = data.index(b"mdat") + 4
    for at in range(begin + 12000, begin + 18000, 90):
        data[at] ^= 0x5A
    source.write_bytes(data)
    return source


def test_a_damaged_compact_clip_is_not_copied(squeeze, tmp_path):
    source = damaged(media.clip(tmp_path / "in.mp4", seconds=6, options=(*COMPACT, "-g", 5)))

    rendition = squeeze(source)

    assert rendition.passthrough_reason != "already_compact"


def test_an_edit_list_that_hides_the_start_is_carried_out(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4", seconds=3, sound=False, options=COMPACT[:-4])
    data = bytearray(source.read_bytes())
    at = data.index(b"elst") + 12
    _, start = struct.unpack_from(">Ii", data, at)
    struct.pack_into(">Ii", data, at, 2000, start + 15360)
    source.write_bytes(data)

    rendition = squeeze(source)

    assert rendition.passthrough_reason != "already_compact"
    assert abs(float(media.ffprobe(rendition.path)["format"]["duration"]) - 2) < 0.2


def test_authors_keep_their_names_where_that_is_wanted(squeeze, tmp_path):
    words = ("-metadata", "artist=A. Painter", "-metadata", "copyright=(c) Painter")
    source = media.clip(tmp_path / "in.mp4", options=(*words, "-metadata", "title=Secret"))

    kept = media.ffprobe(squeeze(source, keep_copyright=True).path)["format"]["tags"]
    dropped = squeeze(source).path.read_bytes()

    assert (kept["artist"], kept["copyright"]) == ("A. Painter", "(c) Painter")
    assert "title" not in kept
    assert b"Painter" not in dropped


def test_av1_comes_out_where_it_is_asked_for(squeeze, tmp_path):
    rendition = squeeze(media.clip(tmp_path / "in.mp4", seconds=2), video_output="av1")

    video, (audio,) = media.video_track(rendition.path), media.audio_tracks(rendition.path)
    assert (rendition.extension, rendition.content_type) == ("mp4", "video/mp4")
    assert (video["codec_name"], video["pix_fmt"]) == ("av1", "yuv420p")
    assert (audio["codec_name"], video["nb_frames"]) == ("aac", "30")


def test_slow_motion_comes_out_as_av1_too(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4", rate=480, sound=False)

    track = media.video_track(squeeze(source, video_output="av1").path)

    assert track["codec_name"] == "av1"
    assert 58 <= int(track["nb_frames"]) <= 61


@pytest.mark.parametrize("name", ["in.webm", "in.mp4"])
def test_so_few_bits_that_encoding_would_add_some_are_copied_at_once(squeeze, tmp_path, name):
    calm = ("-vf", "gblur=12", "-c:v", "libvpx-vp9", "-crf", 60, "-b:v", 0, "-cpu-used", 8)
    sound = ("-c:a", "libopus", "-b:a", "8k") if name == "in.webm" else ("-c:a", "aac")
    source = media.clip(
        tmp_path / name, size="1280x720", seconds=2, rate=30, options=(*calm, *sound)
    )

    rendition = squeeze(source)

    assert rendition.passthrough_reason == "already_compact"
    assert f".{rendition.extension}" == source.suffix
    assert kept_sizes(rendition.path) == kept_sizes(source)


def test_a_copy_says_that_its_sound_could_not_be_read(squeeze, tmp_path):
    options = (*COMPACT[:-4], "-c:a", "pcm_s16le")
    source = media.clip(tmp_path / "in.mov", seconds=2, options=options)
    data = bytearray(source.read_bytes())
    at = data.index(b"sowt", data.index(b"moov"))
    data[at : at + 4] = b"zzz9"
    source.write_bytes(data)

    rendition = squeeze(source)

    assert rendition.passthrough_reason == "already_compact"
    assert rendition.notes == (Note(NoteCode.SOUND_LEFT_OUT),)


def test_a_small_video_loses_sharpness_before_it_loses_half_its_sides(squeeze, tmp_path):
    tight = ("-c:v", "libx264", "-crf", 51, "-pix_fmt", "yuv444p", "-c:a", "aac", "-b:a", "64k")
    source = media.clip(tmp_path / "in.mkv", seconds=4, rate=8, options=tight)

    rendition = squeeze(source)

    track = media.video_track(rendition.path)
    assert (track["width"], track["height"]) == (320, 240)
    assert rendition.size_bytes < source.stat().st_size


def test_a_video_too_small_for_av1_is_h264(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4", size="64x48", seconds=2)

    rendition = squeeze(source, video_output="av1")

    assert media.video_track(rendition.path)["codec_name"] == "h264"


def test_the_attempt_after_one_that_was_too_much_is_lighter_and_says_so(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4", size="1024x600", rate=60)

    rendition = squeeze(source, lighter_steps=2)

    track = media.video_track(rendition.path)
    assert (track["width"], track["height"]) == (820, 480)
    assert 28 <= int(track["nb_frames"]) <= 32
    assert Note(NoteCode.LIGHTER_VERSION) in rendition.notes
