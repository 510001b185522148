"""A damaged file gets a code that ends all retries, and a fault of ours another one."""

import random
import struct
import time

import pytest

from errors import CorruptMediaError, EncodingError, UnsupportedMediaError
from harness.samples import media
from notes import Note, NoteCode
from processing.rendition import PassthroughReason
from processing.sandbox.watch import Finished
from processing.video.ffprobe import decoding_failure

SOUND_TAG = 8
KEY_FRAME = b"\x17\x01"  # of H.264


def tags(data):
    """Where the tags of an flv begin, and their kinds."""
    at = 13
    while at + 11 < len(data):
        yield at, data[at]
        at += 11 + int.from_bytes(data[at + 1 : at + 4], "big") + 4


def test_times_that_jump_by_a_day_are_mended_or_the_fault_of_the_file(squeeze, tmp_path):
    options = ("-c:v", "flv", "-q:v", 1, "-c:a", "libmp3lame", "-ar", 22050)
    source = media.clip(tmp_path / "in.flv", size="64x64", options=options)
    data = bytearray(source.read_bytes())
    sounds = [at for at, kind in tags(data) if kind == SOUND_TAG]
    data[sounds[len(sounds) // 3] + 7] = 4  # the highest eight bits of milliseconds
    source.write_bytes(data)

    try:  # by the age of ffmpeg, which learnt to mend them
        rendition = squeeze(source)
    except CorruptMediaError:
        return

    shown = media.ffprobe(rendition.path, "-show_format")["format"]
    assert float(shown["duration"]) < 60


def test_a_file_too_small_for_anything_to_be_smaller_is_refused_for_good(squeeze, tmp_path):
    source = tmp_path / "in.flv"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "color=s=16x16:r=10", "-frames:v", 1, "-c:v", "flv"),
        *("-flvflags", "no_metadata+no_duration_filesize+no_sequence_end", source),
    )

    with pytest.raises(UnsupportedMediaError, match="smaller"):
        squeeze(source)


def test_av1_of_a_file_that_no_frame_comes_out_of_ends_at_once(squeeze, tmp_path):
    options = ("-c:v", "libx264", "-pix_fmt", "yuv420p")
    source = media.clip(tmp_path / "in.flv", size="64x64", sound=False, options=options)
    data = bytearray(source.read_bytes())
    at = next(at for at, _ in tags(data) if data[at + 11 : at + 13] == KEY_FRAME)
    del data[at : at + 11 + int.from_bytes(data[at + 1 : at + 4], "big") + 4]
    source.write_bytes(data)
    began = time.monotonic()

    with pytest.raises(CorruptMediaError):
        squeeze(source, video_output="av1", time_limit_s=20)

    assert time.monotonic() - began < 10


def with_a_hole(path, share):
    """The clip with zeros in the middle of its media."""
    data = bytearray(path.read_bytes())
    at = data.index(b"mdat")
    (length,) = struct.unpack_from(">I", data, at - 4)
    hole, begin = int(length * share), at + length // 2
    data[begin : begin + hole] = bytes(hole)
    path.write_bytes(data)
    return path


def test_a_hole_of_a_quarter_is_not_passed_off_as_the_video(squeeze, tmp_path):
    options = ("-c:v", "libx264", "-crf", 12, "-g", 15, "-pix_fmt", "yuv420p")
    source = with_a_hole(media.clip(tmp_path / "in.mp4", seconds=6, options=options), 0.25)

    with pytest.raises(CorruptMediaError):
        squeeze(source)


def test_a_small_hole_is_told(squeeze, tmp_path):
    options = ("-c:v", "libx264", "-crf", 12, "-g", 15, "-pix_fmt", "yuv420p")
    source = with_a_hole(media.clip(tmp_path / "in.mp4", seconds=6, options=options), 0.02)

    rendition = squeeze(source)

    assert Note(NoteCode.FRAMES_LEFT_OUT) in rendition.notes


def test_a_sound_that_comes_too_late_for_the_muxer_is_no_damage():
    said = "Too many packets buffered for output stream 0:0."

    failure = decoding_failure(Finished(status=1, output="", errors=said))

    assert isinstance(failure, EncodingError)


LEAN = ("-c:v", "libx264", "-crf", 34, "-g", 250, "-pix_fmt", "yuv420p")


def with_scratches(path, count):
    """The clip with noise over a few bytes here and there in its middle."""
    source, data = random.Random(1), bytearray(path.read_bytes())
    for _ in range(count):
        at = int(len(data) * (0.2 + 0.6 * source.random()))
        data[at : at + 24] = source.randbytes(24)
    path.write_bytes(data)
    return path


def is_told(rendition):
    codes = {note.code for note in rendition.notes}
    told = {NoteCode.FRAMES_LEFT_OUT, NoteCode.FRAMES_DAMAGED, NoteCode.SOUND_DAMAGED}
    return not told.isdisjoint(codes)


def test_a_hole_of_a_quarter_is_refused_where_encoding_would_not_pay_either(squeeze, tmp_path):
    options = (*LEAN, "-bf", 0)
    source = media.clip(tmp_path / "in.mp4", seconds=4, sound=False, options=options)
    source = with_a_hole(source, 0.25)

    with pytest.raises(CorruptMediaError):
        squeeze(source)


@pytest.mark.parametrize("name", ["in.mp4", "in.mkv", "in.ts", "in.flv", "in.avi"])
def test_damage_is_told_of_a_copy_as_of_an_encoding(squeeze, tmp_path, name):
    options = ("-c:a", "aac", "-b:a", "64k")
    lean = media.clip(tmp_path / "lean.mp4", seconds=6, rate=30, options=(*LEAN, *options))
    source = tmp_path / name
    if source != lean:
        media.ffmpeg("-i", lean, "-c", "copy", source)

    rendition = squeeze(with_scratches(source, 4))

    assert is_told(rendition)


def test_a_compact_video_with_damage_between_its_key_frames_is_not_kept_in_silence(
    squeeze, tmp_path
):
    source = media.clip(tmp_path / "in.mp4", seconds=6, sound=False, options=LEAN)
    assert squeeze(source).passthrough_reason is PassthroughReason.ALREADY_COMPACT

    rendition = squeeze(with_a_hole(source, 0.02))

    assert rendition.passthrough_reason is not PassthroughReason.ALREADY_COMPACT
    assert is_told(rendition)


def test_frames_that_a_copy_would_leave_out_are_missed(squeeze, tmp_path):
    options = ("-c:v", "libx264", "-crf", 34, "-g", 250, "-bf", 0, "-pix_fmt", "yuv420p")
    source = media.clip(
        tmp_path / "in.mp4", size="160x90", seconds=4, rate=25, sound=False, options=options
    )
    data = bytearray(source.read_bytes())
    begin, length = data.index(b"mdat"), int.from_bytes(data[data.index(b"mdat") - 4 :][:4], "big")
    for at in range(begin + length // 2, begin + length - 8, 16):
        data[at : at + 8] = b"\xff" * 8  # Sizes of units are untrue then, and readers skip them.
    source.write_bytes(data)

    with pytest.raises(CorruptMediaError):
        squeeze(source)


@pytest.mark.parametrize("name", ["in.mkv", "in.webm"])
def test_a_hole_after_which_a_reader_skips_half_of_the_file_is_refused(squeeze, tmp_path, name):
    codec = ("-c:v", "libvpx", "-b:v", "200k") if name == "in.webm" else LEAN
    options = (*codec, "-cluster_time_limit", 4000)
    source = media.clip(tmp_path / name, seconds=6, sound=False, options=options)
    data = bytearray(source.read_bytes())
    data[len(data) // 8 : len(data) // 6] = bytes(len(data) // 6 - len(data) // 8)
    source.write_bytes(data)

    with pytest.raises(CorruptMediaError):
        squeeze(source)


def test_a_missing_end_is_told_of_a_copy_too(squeeze, tmp_path):
    options = (*LEAN, "-movflags", "+faststart", "-bf", 0)
    source = media.clip(tmp_path / "in.mp4", seconds=4, sound=False, options=options)
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 98 // 100])

    rendition = squeeze(source)

    assert rendition.passthrough_reason is PassthroughReason.NOT_SMALLER
    assert Note(NoteCode.END_MISSING) in rendition.notes


def test_a_sound_video_is_copied_without_a_word_of_damage(squeeze, tmp_path):
    lean = media.clip(tmp_path / "in.mkv", seconds=4, options=(*LEAN, "-c:a", "libopus"))

    assert not is_told(squeeze(lean))
