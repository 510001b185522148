"""What the fuzzer found once: each was a crash, or an answer without a code."""

import struct

import pytest
from PIL import Image

from errors import CorruptMediaError
from harness.hostile.crafting import png_chunk, png_parts
from harness.samples import media


def test_an_image_that_had_to_be_completed_is_not_handed_back(squeeze, tmp_path):
    source = tmp_path / "in.gif"
    media.photo((96, 72)).quantize(64).save(source, "GIF")
    data = source.read_bytes()
    source.write_bytes(data[:-40] + b"\0\x3b")

    rendition = squeeze(source, image_output="keep")

    with Image.open(rendition.path) as image:
        image.load()


def test_a_tiff_that_would_be_mapped_and_painted_on_is_corrupt(squeeze, tmp_path):
    source = tmp_path / "in.tiff"
    media.photo((48, 36)).convert("I;16").save(source, "TIFF")
    data = bytearray(source.read_bytes())
    rows_per_strip = data.index(struct.pack("<H", 278), struct.unpack_from("<I", data, 4)[0])
    struct.pack_into("<HIf", data, rows_per_strip + 2, 11, 1, 0.0625)
    source.write_bytes(data)

    with pytest.raises(CorruptMediaError):
        squeeze(source)


def test_an_animation_whose_frame_says_too_little_is_corrupt(squeeze, tmp_path):
    source = tmp_path / "in.png"
    frames = [media.photo((48, 36), seed) for seed in (1, 2)]
    frames[0].save(source, "PNG", save_all=True, append_images=frames[1:], duration=80)
    parts = png_parts(source.read_bytes())
    last = max(at for at, (kind, _) in enumerate(parts) if kind == b"fcTL")
    parts[last] = (b"fcTL", parts[last][1][:22])
    source.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts))

    with pytest.raises(CorruptMediaError):
        squeeze(source)
