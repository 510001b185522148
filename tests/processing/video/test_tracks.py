"""Of a file's tracks one video and one sound are kept, in time, and nothing that tells tales."""

import array
import itertools

import pytest

from errors import NoVideoError, UnsupportedMediaError
from harness.samples import media
from notes import Note, NoteCode


def test_a_video_without_sound_stays_without(squeeze, tmp_path):
    rendition = squeeze(media.clip(tmp_path / "mute.mp4", sound=False))

    assert [s["codec_type"] for s in media.ffprobe(rendition.path)["streams"]] == ["video"]


@pytest.mark.parametrize("cover", [False, True])
def test_sound_alone_is_refused_with_a_code_even_with_a_cover(squeeze, tmp_path, cover):
    cover, source = tmp_path / "cover.png", tmp_path / "song.m4a"
    media.quarters((64, 64)).save(cover)
    words = ["-f", "lavfi", "-i", "sine=d=1"]
    if cover:
        words += [
            "-i",
            cover,
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
    assert Note(NoteCode.SOUND_MIXED_DOWN) in rendition.notes


def test_odd_sample_rates_become_48_kilohertz(squeeze, tmp_path):
    source = media.clip(tmp_path / "odd.mkv", options=("-c:a", "pcm_s16le", "-ar", 11025))

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert audio["sample_rate"] == "48000"


def test_only_the_main_video_and_the_default_sound_are_kept(squeeze, tmp_path):
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


def test_sound_that_starts_late_stays_in_time(squeeze, tmp_path):
    source = tmp_path / "late.mkv"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=160x120:r=15:d=2", "-itsoffset", 0.7),
        *("-f", "lavfi", "-i", "sine=d=1", "-c:v", "libx264", "-qp", 4, "-c:a", "aac", source),
    )

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert abs(float(audio["start_time"]) - 0.7) < 0.1


def test_sound_that_is_small_enough_is_copied_bit_by_bit(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4", options=("-c:a", "aac", "-b:a", "96k"))

    def sound(path):
        target = tmp_path / "sound.aac"
        media.ffmpeg("-i", path, "-vn", "-c", "copy", "-f", "adts", target)
        return target.read_bytes()

    assert sound(squeeze(source).path) == sound(source)


def test_of_two_video_tracks_the_larger_is_meant(squeeze, tmp_path):
    source = tmp_path / "two.mp4"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=96x64:d=1:r=10", "-f", "lavfi", "-i"),
        *("testsrc2=s=192x128:d=1:r=10", "-map", 0, "-map", 1, "-c:v", "libx264", "-qp", 4),
        *("-disposition:v", "default", source),
    )

    track = media.video_track(squeeze(source).path)

    assert (track["width"], track["height"]) == (192, 128)


def with_sounds(path, *tracks):
    """A clip with a sound for each of `tracks`: 400 hertz, 800 and so on, with ffmpeg's options."""
    sounds, options = [], []
    for number, words in enumerate(tracks, 1):
        sounds += ["-f", "lavfi", "-i", f"sine={400 * number}:d=1"]
        options += [word.replace("N", str(number - 1)) for word in words]
    maps = [word for number in range(len(tracks) + 1) for word in ("-map", number)]
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=160x120:r=15:d=1", *sounds, *maps),
        *("-c:v", "libx264", "-qp", 4, "-c:a", "aac", *options, path),
    )
    return path


def tone(path):
    """The frequency of the sound of a file, to the next hundred."""
    raw = path.with_suffix(".pcm")
    media.ffmpeg("-i", path, "-vn", "-ac", 1, "-ar", 48000, "-f", "s16le", raw)
    samples = array.array("h", raw.read_bytes())
    turns = sum(a < 0 <= b for a, b in itertools.pairwise(samples))
    return round(turns * 480 / len(samples)) * 100


@pytest.mark.parametrize(
    "words",
    [
        ("-disposition:a:N", "default+visual_impaired"),
        ("-disposition:a:N", "default+hearing_impaired"),
        ("-disposition:a:N", "default+comment"),
        ("-disposition:a:N", "default", "-metadata:s:a:N", "title=Director's commentary"),
        ("-disposition:a:N", "default", "-metadata:s:a:N", "title=Audio description"),
        ("-disposition:a:N", "default", "-metadata:s:a:N", "language=zxx"),
    ],
    ids=["for the blind", "for the deaf", "commentary", "by title", "description", "no language"],
)
def test_what_is_made_for_some_listeners_is_not_taken_for_the_sound(squeeze, tmp_path, words):
    plain = ("-disposition:a:N", "0", "-metadata:s:a:N", "language=eng")
    source = with_sounds(tmp_path / "in.mkv", words, plain)

    assert tone(squeeze(source).path) == 800


def test_what_is_made_for_some_listeners_is_taken_where_there_is_nothing_else(squeeze, tmp_path):
    source = with_sounds(tmp_path / "in.mkv", ("-disposition:a:N", "default+visual_impaired"))

    assert tone(squeeze(source).path) == 400


def test_of_several_sounds_the_default_one_is_taken(squeeze, tmp_path):
    source = with_sounds(
        tmp_path / "in.mkv", ("-disposition:a:N", "0"), ("-disposition:a:N", "default")
    )

    assert tone(squeeze(source).path) == 800


@pytest.mark.parametrize("larger", [0, 1])
def test_the_sound_is_of_the_same_programme_as_the_picture(squeeze, tmp_path, larger):
    sizes = ["160x120", "160x120"]
    sizes[larger] = "320x240"
    source = tmp_path / "in.ts"
    media.ffmpeg(
        *("-f", "lavfi", "-i", f"testsrc2=s={sizes[0]}:r=25:d=2"),
        *("-f", "lavfi", "-i", f"testsrc2=s={sizes[1]}:r=25:d=2"),
        *("-f", "lavfi", "-i", "sine=400:d=2", "-f", "lavfi", "-i", "sine=2000:d=2"),
        *("-map", 0, "-map", 2, "-map", 1, "-map", 3, "-c:v", "mpeg2video", "-q:v", 2),
        *("-program", "st=0:st=1", "-program", "st=2:st=3", "-c:a", "mp2", source),
    )

    rendition = squeeze(source)

    assert media.video_track(rendition.path)["width"] == 320
    assert tone(rendition.path) == [400, 2000][larger]


def test_a_second_sound_that_cannot_be_opened_hurts_no_other(squeeze, tmp_path):
    source = with_sounds(tmp_path / "in.mp4", (), ())
    data = source.read_bytes()
    at = data.rindex(b"\x05\x80\x80\x80") + 5  # how a decoder is told of the kind of AAC
    source.write_bytes(data[:at] + bytes.fromhex("f948") + data[at + 2 :])

    rendition = squeeze(source)

    assert tone(rendition.path) == 400
    assert Note(NoteCode.SOUND_LEFT_OUT) not in rendition.notes


def test_a_video_of_a_known_codec_without_a_decoder_is_not_called_damaged(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4", sound=False)
    source.write_bytes(
        source.read_bytes().replace(b"avc1mp41", b"isomisom").replace(b"avc1", b"vvc1")
    )

    with pytest.raises(UnsupportedMediaError):
        squeeze(source)
