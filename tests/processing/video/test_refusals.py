"""Videos that cannot or must not be read are refused by their headers, each with its code."""

import contextlib
import struct
import time

import pytest

from errors import CorruptMediaError, LimitPixelsError, NoVideoError, UnsupportedMediaError
from harness.samples import media
from processing.isobmff.mp4_size_claims import refuse_false_claims


def patched(path, old, new):
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    return path


@pytest.mark.parametrize(("entry", "encrypted"), [(b"avc1", b"encv"), (b"mp4a", b"enca")])
def test_an_encrypted_track_is_not_decoded_to_rubbish(squeeze, tmp_path, entry, encrypted):
    source = media.clip(tmp_path / "in.mp4")
    data = bytearray(source.read_bytes())
    at = data.index(entry, data.index(b"stsd", data.index(b"moov")))
    data[at : at + 4] = encrypted
    source.write_bytes(data)

    with pytest.raises(UnsupportedMediaError, match="encrypted"):
        squeeze(source)


def test_an_encrypted_webm_is_refused_too(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.webm", size="64x64", sound=False, options=("-c:v", "libvpx"))
    mark = b"\x6d\x80\x8b\x62\x40\x88\x50\x35\x85\x47\xe1\x82\x00\x05"
    data = source.read_bytes()
    source.write_bytes(data[:200] + mark + data[200:])

    with pytest.raises(UnsupportedMediaError, match="encrypted"):
        squeeze(source)


def test_a_codec_that_nothing_here_decodes_is_unsupported_not_missing(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4")
    data = bytearray(source.read_bytes())
    at = data.index(b"avc1", data.index(b"stsd"))
    data[at : at + 4] = b"zzz9"
    source.write_bytes(data)

    with pytest.raises(UnsupportedMediaError):
        squeeze(source)


TABLES = {
    "times": (b"stts", 4, 2**32 - 1),
    "chunks": (b"stco", 4, 2**32 - 1),
    "sizes": (b"stsz", 8, 50_000_000),
    "key frames": (b"stss", 4, 2**31),
    "edits": (b"elst", 4, 1_000_000),
}


@pytest.mark.parametrize("table", TABLES)
def test_an_index_of_more_lines_than_bytes_is_refused_before_it_is_read(squeeze, tmp_path, table):
    kind, at, claim = TABLES[table]
    source = media.clip(tmp_path / "in.mp4")
    data = bytearray(source.read_bytes())
    struct.pack_into(">I", data, data.index(kind) + 4 + at, claim)
    source.write_bytes(data)
    began = time.monotonic()

    with pytest.raises(CorruptMediaError):
        squeeze(source)

    assert time.monotonic() - began < 1


def boxed(kind, body=b""):
    return struct.pack(">I4s", 8 + len(body), kind) + body


def with_an_odd_box_in_front(source):
    """A child that is longer than its parent: readers end it where the parent ends, and go on."""
    data = source.read_bytes()
    at = data.index(b"moov") - 4
    odd = boxed(b"moof", struct.pack(">I4s", 4000, b"free"))
    source.write_bytes(data[:at] + odd + data[at:])
    return source


def test_an_odd_box_in_front_does_not_hide_an_index_that_lies(tmp_path):
    source = with_an_odd_box_in_front(media.clip(tmp_path / "in.mp4"))
    data = bytearray(source.read_bytes())
    struct.pack_into(">II", data, data.index(b"stsz") + 8, 1, 60_000_000)
    for kind, at in ((b"stts", 12), (b"stsc", 16)):
        struct.pack_into(">I", data, data.index(kind) + at, 60_000_000)
    source.write_bytes(data)

    with pytest.raises(CorruptMediaError):
        refuse_false_claims(source)


def test_an_empty_track_does_not_hide_that_another_is_encrypted(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4", sound=False)
    data = bytearray(source.read_bytes())
    at = data.index(b"avc1", data.index(b"stsd", data.index(b"moov")))
    data[at : at + 4] = b"encv"
    moov = data.index(b"moov") - 4
    struct.pack_into(">I", data, moov, struct.unpack_from(">I", data, moov)[0] + 8)
    source.write_bytes(data + boxed(b"trak"))

    with pytest.raises(UnsupportedMediaError, match="encrypted"):
        squeeze(source)


def test_a_file_of_nothing_but_boxes_does_not_hold_this_process_up(squeeze, tmp_path):
    source = tmp_path / "in.mp4"
    crowd = boxed(b"moov", boxed(b"free") * 900_000)
    source.write_bytes(boxed(b"ftyp", b"isom\0\0\0\0isom") + crowd * 8)
    began = time.process_time()

    with pytest.raises(CorruptMediaError):
        squeeze(source)

    assert time.process_time() - began < 15  # a walk without bounds takes 30 s of our own


def test_a_box_of_eight_exabytes_is_a_damaged_file(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4")
    with source.open("ab") as file:
        file.write(b"\x00\x00\x00\x01mdat" + (2**63 - 1).to_bytes(8, "big"))

    with pytest.raises(CorruptMediaError):
        squeeze(source)


def test_frames_of_too_many_pixels_are_refused_by_the_header(squeeze, tmp_path):
    source = tmp_path / "in.avi"
    media.ffmpeg("-f", "lavfi", "-i", "color=s=9000x4500:r=1:d=1", "-c:v", "png", source)

    with pytest.raises(LimitPixelsError):
        squeeze(source)


def test_a_file_without_a_video_track_is_no_video(squeeze, tmp_path):
    source = tmp_path / "in.mkv"
    media.ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", source)

    with pytest.raises(NoVideoError):
        squeeze(source)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_flipped_bits_in_the_middle_end_in_a_video_or_in_a_code(squeeze, tmp_path, share):
    source = media.clip(tmp_path / "in.mp4", seconds=2)
    data = bytearray(source.read_bytes())
    for at in range(int(len(data) * share), int(len(data) * (share + 0.1)), 61):
        data[at] ^= 0xFF
    source.write_bytes(data)

    with contextlib.suppress(CorruptMediaError):
        rendition = squeeze(source)
        assert abs(float(media.video_track(rendition.path)["duration"]) - 2) < 0.2


def test_dolby_vision_without_a_base_that_others_can_show_is_refused(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4", sound=False)
    profile_5, level_6, parts = 5 << 9, 6 << 3, 0b101
    told = struct.pack(">I4sBBHB19x", 32, b"dvcC", 1, 0, profile_5 | level_6 | parts, 0)
    data = bytearray(source.read_bytes())
    at = data.index(b"avcC") - 4
    end = at + struct.unpack_from(">I", data, at)[0]
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        parent = data.rindex(kind, 0, at) - 4
        struct.pack_into(">I", data, parent, struct.unpack_from(">I", data, parent)[0] + len(told))
    data[end:end] = told
    source.write_bytes(data)

    with pytest.raises(UnsupportedMediaError, match="Dolby Vision"):
        squeeze(source)


def test_a_video_encrypted_for_streaming_is_refused(squeeze, tmp_path):
    plain, source = media.clip(tmp_path / "plain.mp4"), tmp_path / "in.mp4"
    words = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "76" * 16)
    media.ffmpeg("-i", plain, "-c", "copy", *words, "-encryption_kid", "a7" * 16, source)

    with pytest.raises(UnsupportedMediaError, match="encrypted"):
        squeeze(source)


@pytest.mark.parametrize(
    "mark",
    ["fbb3112223bdd211b4b700a0c955fc6e", "14e68a292226174cb935dae07ee9289c"],
    ids=["content encryption", "extended content encryption"],
)
def test_an_encrypted_wmv_is_refused(squeeze, tmp_path, mark):
    source = media.clip(tmp_path / "in.wmv", size="64x64", options=("-c:v", "wmv2"))
    data = source.read_bytes()
    box = bytes.fromhex(mark) + struct.pack("<Q", 24)
    header_bytes, boxes = struct.unpack_from("<QI", data, 16)
    header = data[:16] + struct.pack("<QI", header_bytes + 24, boxes + 1) + data[28:30]
    source.write_bytes(header + box + data[30:])

    with pytest.raises(UnsupportedMediaError, match="encrypted"):
        squeeze(source)


def test_frames_of_more_pixels_than_numbers_hold_are_too_large_not_damaged(squeeze, tmp_path):
    source = tmp_path / "in.avi"
    media.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:r=5:d=1", "-c:v", "mjpeg", source)
    data = source.read_bytes()
    at = data.index(b"\xff\xc0")
    source.write_bytes(data.replace(data[at : at + 9], data[at : at + 5] + b"\xff\xff\xff\xff"))

    with pytest.raises(LimitPixelsError):
        squeeze(source)
