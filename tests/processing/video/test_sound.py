"""Whatever sound a video has comes out as stereo or mono AAC of 44.1 or 48 kHz."""

import array
import itertools

import pytest

from harness.samples import media
from notes import Note, NoteCode

LAYOUTS = (
    *("mono", "stereo", "2.1", "3.0", "4.0", "quad", "5.0", "5.1", "5.1(side)", "6.0", "6.1"),
    *("7.1", "7.1(wide)", "octagonal", "downmix"),
)


def clip_with(path, *sound):
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=128x96:r=10:d=1", "-f", "lavfi", "-i"),
        *(*sound, "-c:v", "libx264", "-qp", 4, path),
    )
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_comes_out_in_one_or_two_channels(squeeze, tmp_path, layout):
    sound = (f"aevalsrc=0.2*sin(2000*t):d=1,pan={layout}|c0=c0|c1=c0", "-c:a", "pcm_s16le")
    if layout == "mono":
        sound = ("sine=d=1", "-c:a", "pcm_s16le")
    source = clip_with(tmp_path / "in.mov", *sound)

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert (audio["codec_name"], audio["channels"]) == ("aac", 1 if layout == "mono" else 2)
    assert abs(float(audio["duration"]) - 1) < 0.1


@pytest.mark.parametrize("channels", [9, 10, 12, 16])
def test_more_channels_than_have_names_come_out_as_the_first_two(squeeze, tmp_path, channels):
    parts = "|".join(["0.1*sin(2000*t)"] * channels)
    source = clip_with(tmp_path / "in.mkv", f"aevalsrc={parts}:d=1", "-c:a", "pcm_s16le")

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert audio["channels"] == 2


@pytest.mark.parametrize(
    ("rate", "made"), [(8000, 48000), (22050, 48000), (44100, 44100), (96000, 48000)]
)
def test_every_rate_comes_out_as_one_of_two(squeeze, tmp_path, rate, made):
    source = clip_with(tmp_path / "in.mkv", f"sine=d=1:r={rate}", "-c:a", "flac")

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert audio["sample_rate"] == str(made)
    assert abs(float(audio["duration"]) - 1) < 0.1


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("in.avi", "adpcm_ms"),
        ("in.wmv", "wmav1"),
        ("in.flv", "libmp3lame"),
        ("in.ts", "mp2"),
        ("in.ts", "ac3"),
        ("in.mkv", "libvorbis"),
        ("in.mkv", "eac3"),
        ("in.mkv", "libopus"),
        ("in.mov", "alac"),
        ("in.mov", "pcm_alaw"),
    ],
)
def test_every_old_codec_is_heard(squeeze, tmp_path, name, codec):
    rate = 44100 if name == "in.flv" else 48000
    options = ("-c:v", "flv") if name == "in.flv" else ()
    source = clip_with(tmp_path / name, f"sine=d=1:r={rate}", "-c:a", codec, *options)

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert audio["codec_name"] == "aac"
    assert abs(float(audio["duration"]) - 1) < 0.2


@pytest.mark.parametrize(("kbps", "most"), [(32, 36), (64, 70), (192, 136)])
def test_poor_sound_is_not_blown_up_at_the_cost_of_the_video(squeeze, tmp_path, kbps, most):
    sound = ("anoisesrc=d=3:r=44100:a=0.2,pan=stereo|c0=c0|c1=c0", "-c:a", "libmp3lame")
    source = clip_with(tmp_path / "in.avi", *sound, "-b:a", f"{kbps}k", "-t", 3)

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert 0.5 * most < int(audio["bit_rate"]) / 1000 < most


def test_sound_that_nothing_decodes_is_told(squeeze, tmp_path):
    source = clip_with(tmp_path / "in.mov", "sine=d=1", "-c:a", "pcm_alaw")
    source.write_bytes(source.read_bytes().replace(b"alaw", b"zzzz"))

    rendition = squeeze(source)

    assert media.audio_tracks(rendition.path) == []
    assert Note(NoteCode.SOUND_LEFT_OUT) in rendition.notes


def tones(path, seconds=1):
    """What is heard left and right of a file: the frequency of each, 0 where it is silent."""
    rate, found = 48000, []
    for channel in (0, 1):
        words = ("-af", f"pan=mono|c0=c{channel}", "-t", seconds, "-f", "s16le", "-ar", rate)
        raw = path.with_suffix(".pcm")
        media.ffmpeg("-i", path, "-vn", *words, raw)
        samples = array.array("h", raw.read_bytes())
        loud = max(map(abs, samples)) > 300
        turns = sum(a < 0 <= b for a, b in itertools.pairwise(samples))
        found.append(round(turns * rate / len(samples)) if loud else 0)
    return found


@pytest.mark.parametrize(
    "names", ["SL+SR", "TFL+TFR", "WL+WR", "SL+SR+BC", "FL+FR+TC", "BL+BR+LFE", "FC+LFE+SL+SR"]
)
def test_channels_that_have_only_names_come_out_on_their_sides(squeeze, tmp_path, names):
    channels = names.split("+")
    sides = ["0.3*sin(2500*t)" if n.endswith("L") else "0.3*sin(5000*t)" for n in channels]
    parts = "|".join(p if n[-1] in "LR" else "0" for p, n in zip(sides, channels, strict=True))
    sound = (f"aevalsrc={parts}:c={names}:d=1:s=48000", "-c:a", "pcm_s16le")
    source = clip_with(tmp_path / "in.mov", *sound)

    rendition = squeeze(source)

    left, right = tones(rendition.path)
    assert abs(left - 398) < 8
    assert abs(right - 796) < 16


@pytest.mark.parametrize("order", [1, 2])
def test_what_an_ambisonic_microphone_heard_comes_out_in_stereo(squeeze, tmp_path, order):
    wave = "0.2*sin(2500*t)"
    parts = "|".join([wave, wave, *["0"] * ((order + 1) ** 2 - 2)])  # all of it from the left
    sound = (f"aevalsrc={parts}:c=ambisonic {order}:d=1:s=48000",)
    source = clip_with(tmp_path / "in.mkv", *sound, "-c:a", "libopus", "-mapping_family", 2)

    rendition = squeeze(source)

    left, right = tones(rendition.path)
    assert rendition.extension == "mp4"
    assert abs(left - 398) < 8
    assert right == 0


def pair(path, *, each=(), codec="pcm_s16le"):
    """A clip with two tracks of one channel each: 400 hertz, and 800."""
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=128x96:r=10:d=1", "-f", "lavfi", "-i"),
        *("aevalsrc=0.3*sin(2500*t):d=1:s=48000", "-f", "lavfi", "-i"),
        *("aevalsrc=0.3*sin(5000*t):d=1:s=48000", "-map", 0, "-map", 1, "-map", 2),
        *("-c:v", "libx264", "-qp", 4, "-c:a", codec, *each, path),
    )
    return path


@pytest.mark.parametrize(
    ("name", "codec", "each"),
    [
        (
            *("in.mov", "pcm_s16le"),
            (
                *("-filter:a:0", "aformat=channel_layouts=FL"),
                *("-filter:a:1", "aformat=channel_layouts=FR"),
            ),
        ),
        ("in.mov", "pcm_s16le", ()),
        ("in.mkv", "flac", ("-metadata:s:a:0", "title=Left", "-metadata:s:a:1", "title=Right")),
    ],
    ids=["by channel", "of a camera", "by title"],
)
def test_two_tracks_of_one_channel_that_belong_together_become_stereo(
    squeeze, tmp_path, name, codec, each
):
    source = pair(tmp_path / name, each=each, codec=codec)

    left, right = tones(squeeze(source).path)

    assert abs(left - 398) < 8
    assert abs(right - 796) < 16


def test_two_tracks_of_one_channel_in_two_languages_stay_apart(squeeze, tmp_path):
    languages = ("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fra")
    source = pair(tmp_path / "in.mov", each=languages)

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert audio["channels"] == 1


def test_sound_whose_codec_is_known_but_has_no_decoder_is_told(squeeze, tmp_path):
    source = clip_with(tmp_path / "in.mov", "sine=d=1", "-c:a", "pcm_alaw")
    source.write_bytes(source.read_bytes().replace(b"alaw", b"ac-4"))

    rendition = squeeze(source)

    assert media.audio_tracks(rendition.path) == []
    assert Note(NoteCode.SOUND_LEFT_OUT) in rendition.notes


def test_sound_that_cannot_be_opened_is_one_track_and_not_the_file(squeeze, tmp_path):
    source = clip_with(tmp_path / "in.mp4", "sine=d=1:r=48000", "-c:a", "aac")
    lc, usac = bytes.fromhex("1188"), bytes.fromhex("f948")  # how decoders are told of the kind
    data = source.read_bytes()
    at = data.index(b"esds")
    at = data.index(lc, at)
    source.write_bytes(data[:at] + usac + data[at + 2 :])

    rendition = squeeze(source)

    assert media.audio_tracks(rendition.path) == []
    assert Note(NoteCode.SOUND_LEFT_OUT) in rendition.notes
    assert rendition.passthrough_reason is None


def test_a_hole_in_the_sound_becomes_silence(squeeze, tmp_path):
    sound = ("sine=d=6:r=48000,aselect='lt(t,2)+gt(t,4)'", "-c:a", "libopus")
    source = tmp_path / "in.mkv"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=128x96:r=10:d=6", "-f", "lavfi", "-i", *sound),
        *("-c:v", "libx264", "-qp", 4, source),
    )

    answer = media.ffprobe(squeeze(source).path, "-show_packets", "-select_streams", "a")

    assert max(float(one["duration_time"]) for one in answer["packets"]) < 0.03
    assert abs(float(answer["packets"][-1]["pts_time"]) - 6) < 0.1


def test_a_hole_in_sound_that_would_be_copied_becomes_silence(squeeze, tmp_path):
    sound = ("sine=d=6:r=48000,aselect='lt(t,2)+gt(t,4)'", "-c:a", "aac", "-b:a", "64k")
    source = tmp_path / "in.mp4"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=128x96:r=10:d=6", "-f", "lavfi", "-i", *sound),
        *("-c:v", "libx264", "-qp", 4, source),
    )

    answer = media.ffprobe(squeeze(source).path, "-show_packets", "-select_streams", "a")

    assert max(float(one["duration_time"]) for one in answer["packets"]) < 0.03


def test_a_hole_of_hours_is_not_filled(squeeze, tmp_path):
    sound = ("sine=d=4:r=48000,asetpts='PTS+gt(T,2)*7200/TB'", "-c:a", "libopus")
    source = tmp_path / "in.mkv"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=128x96:r=10:d=4", "-f", "lavfi", "-i", *sound),
        *("-c:v", "libx264", "-qp", 4, source),
    )

    rendition = squeeze(source)

    (audio,) = media.audio_tracks(rendition.path)
    assert rendition.passthrough_reason is None
    assert int(audio["nb_frames"]) < 300


def test_sound_that_changes_its_channels_and_rate_is_heard_to_its_end(squeeze, tmp_path):
    parts = []
    for number, (layout, rate) in enumerate((("5.1(side)", 48000), ("mono", 44100))):
        part = tmp_path / f"{number}.ts"
        media.ffmpeg(
            *("-f", "lavfi", "-i", "testsrc2=s=128x96:r=25:d=2", "-f", "lavfi", "-i"),
            *(f"sine=d=2:r={rate},aformat=channel_layouts={layout}", "-c:a", "ac3"),
            *("-c:v", "mpeg2video", "-q:v", 2, "-output_ts_offset", 2 * number, part),
        )
        parts.append(part.read_bytes())
    source = tmp_path / "in.ts"
    source.write_bytes(b"".join(parts))

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert audio["channels"] == 2
    assert abs(float(audio["duration"]) - 4) < 0.15


def test_nothing_but_the_result_is_left_of_a_file_whose_sound_has_a_broken_header(
    squeeze, tmp_path
):
    source = clip_with(tmp_path / "in.mkv", "sine=d=1:r=48000", "-c:a", "libvorbis")
    data = bytearray(source.read_bytes())
    at = data.index(b"\x05vorbis") + 10
    data[at : at + 40] = b"\xff" * 40
    source.write_bytes(data)

    rendition = squeeze(source)

    assert Note(NoteCode.SOUND_LEFT_OUT) in rendition.notes
    assert [*rendition.path.parent.iterdir()] == [rendition.path]
