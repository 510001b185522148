"""A damaged file gets a code that ends all retries, and a fault of ours another one."""

import struct
import time

import pytest

from errors import CorruptMediaError, EncodingError, UnsupportedMediaError
from harness.samples import media
from notes import Note, NoteCode
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
