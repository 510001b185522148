"""An index that comes last moves to the front: same size, same images, same sound."""

import struct
import subprocess

import pytest

from harness.samples import media
from processing.isobmff.mp4_scrub import scrub


def decoded(path):
    """A fingerprint of each image and each piece of sound, with its time."""
    words = ("ffmpeg", "-v", "error", "-i", path, "-map", "0", "-f", "framemd5", "-")
    return subprocess.run(words, check=True, capture_output=True).stdout


def order(path):
    data, at, kinds = path.read_bytes(), 0, []
    while at < len(data):
        kinds.append(data[at + 4 : at + 8])
        at += struct.unpack_from(">I", data, at)[0]
    return kinds


def with_long_offsets(path):
    """The file with the first table of places in 64 bits, of the kind that large files have."""
    data = bytearray(path.read_bytes())
    at = data.index(b"stco") - 4
    (size,) = struct.unpack_from(">I", data, at)
    count = struct.unpack_from(">I", data, at + 12)[0]
    places = struct.unpack_from(f">{count}I", data, at + 16)
    table = struct.pack(f">I4s4xI{count}Q", 16 + 8 * count, b"co64", count, *places)
    grown = len(table) - size
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        parent = data.rindex(kind, 0, at) - 4
        struct.pack_into(">I", data, parent, struct.unpack_from(">I", data, parent)[0] + grown)
    data[at : at + size] = table
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["in.mp4", "in.mov"])
def test_the_index_comes_first_and_all_else_stays_the_same(tmp_path, name):
    source, target = media.clip(tmp_path / name, seconds=2), tmp_path / "out"

    scrub(source, target)

    kinds = order(target)
    assert order(source).index(b"moov") > order(source).index(b"mdat")
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    assert target.stat().st_size == source.stat().st_size
    assert decoded(target) == decoded(source)


def test_places_of_64_bits_move_along(tmp_path):
    source, target = with_long_offsets(media.clip(tmp_path / "in.mp4")), tmp_path / "out"

    scrub(source, target)

    assert order(target).index(b"moov") < order(target).index(b"mdat")
    assert decoded(target) == decoded(source)


def test_blanking_dates_never_reaches_into_the_next_box(tmp_path):
    source, target = media.clip(tmp_path / "in.mp4"), tmp_path / "out"
    data = bytearray(source.read_bytes())
    at = data.index(b"mdhd") - 4
    struct.pack_into(">I4sII4s", data, at, 12, b"mdhd", 0, 20, b"oddx")
    source.write_bytes(data)

    scrub(source, target)

    after = target.read_bytes()
    assert after[after.index(b"mdhd") + 8 :][:8] == struct.pack(">I4s", 20, b"oddx")


def test_media_after_the_index_stays_where_it_is(tmp_path):
    source, target = media.clip(tmp_path / "in.mp4"), tmp_path / "out"
    with source.open("ab") as file:
        file.write(struct.pack(">I4s", 4008, b"mdat") + bytes(4000))

    scrub(source, target)

    assert order(target)[-1] == b"mdat"
    assert decoded(target) == decoded(source)


def beyond_the_file(data):
    struct.pack_into(">I", data, data.index(b"stco") + 12, len(data) + 5)


def inside_the_index(data):
    struct.pack_into(">I", data, data.index(b"stco") + 12, data.index(b"moov") + 50)


def more_places_than_room(data):
    struct.pack_into(">I", data, data.index(b"stco") + 8, 2**31)


def open_ended(data):
    struct.pack_into(">I", data, data.index(b"moov") - 4, 0)


@pytest.mark.parametrize(
    "strange", [beyond_the_file, inside_the_index, more_places_than_room, open_ended]
)
def test_what_is_strange_keeps_its_order(tmp_path, strange):
    source, target = media.clip(tmp_path / "in.mp4"), tmp_path / "out"
    data = bytearray(source.read_bytes())
    strange(data)
    source.write_bytes(data)

    scrub(source, target)

    after = target.read_bytes()
    assert len(after) == len(data)
    assert after.index(b"moov") > after.index(b"mdat")


@pytest.mark.parametrize("flags", ["frag_keyframe+empty_moov", "frag_keyframe"])
def test_fragments_keep_their_order(tmp_path, flags):
    source, target = media.clip(tmp_path / "in.mp4", options=("-movflags", flags)), tmp_path / "out"

    scrub(source, target)

    assert order(target) == order(source)
    assert decoded(target) == decoded(source)


def without_free_space(path):
    """The file less the eight idle bytes that ffmpeg puts before the media, and puts again."""
    data = bytearray(path.read_bytes())
    at = data.index(b"free") - 4
    del data[at : at + 8]
    (place,) = struct.unpack_from(">I", data, data.index(b"stco") + 12)
    struct.pack_into(">I", data, data.index(b"stco") + 12, place - 8)
    path.write_bytes(data)
    return path


def test_a_clip_that_nothing_makes_smaller_comes_back_with_its_index_first(squeeze, tmp_path):
    # Without the encoder's own notice, which a copy would leave out.
    silent = ("-bsf:v", "filter_units=remove_types=6", "-fflags", "+bitexact")
    tight = ("-c:v", "libx264", "-crf", 40, "-pix_fmt", "yuv420p", *silent)
    source = media.clip(tmp_path / "in.mp4", sound=False, options=tight)
    source = without_free_space(source)

    rendition = squeeze(source)

    assert rendition.size_bytes == source.stat().st_size
    assert order(rendition.path).index(b"moov") < order(rendition.path).index(b"mdat")
    assert decoded(rendition.path) == decoded(source)
