"""Videos look the same in plain 8-bit colour, whatever light, range or transparency they had."""

import pytest
from PIL import Image

from harness.samples import media
from notes import Note, NoteCode


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_high_dynamic_range_becomes_plain_bt709(squeeze, tmp_path, transfer):
    source = tmp_path / "hdr.mp4"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=160x120:d=0.5:r=10", "-pix_fmt", "yuv420p10le"),
        *("-c:v", "libx265", "-preset", "ultrafast", "-qp", 4, "-x265-params", "log-level=0"),
        "-vf",
        f"setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc={transfer}",
        source,
    )

    rendition = squeeze(source)

    track = media.video_track(rendition.path)
    assert track["pix_fmt"] == "yuv420p"
    assert track["color_space"] == track["color_primaries"] == track["color_transfer"] == "bt709"
    assert Note(NoteCode.HDR_MAPPED) in rendition.notes


# What the bits of H.264 call their colours: matrix, primaries, transfer.
TAGS = {
    "PAL": (5, 5, 6),
    "the American film standard of old": (4, 4, 4),
    "YCgCo, which no filter scales": (8, 1, 1),
    "constant luminance": (10, 9, 14),
    "wide gamut with an old matrix": (7, 12, 1),
    "HDR that does not tell its gamut": (9, 2, 18),
    "HDR that tells nothing but that": (2, 2, 16),
    "numbers that mean nothing": (250, 251, 252),
}


@pytest.mark.parametrize("numbers", TAGS.values(), ids=TAGS.keys())
def test_whatever_colours_a_video_claims_it_is_encoded_and_tagged(squeeze, tmp_path, numbers):
    matrix, primaries, transfer = numbers
    plain, source = media.clip(tmp_path / "plain.mp4", size="64x64"), tmp_path / "tagged.mp4"
    media.ffmpeg(
        *("-i", plain, "-c", "copy", "-bsf:v"),
        f"h264_metadata=matrix_coefficients={matrix}:colour_primaries={primaries}"
        f":transfer_characteristics={transfer}",
        source,
    )

    rendition = squeeze(source)

    track = media.video_track(rendition.path)
    assert rendition.passthrough_reason is None
    assert track["color_space"] in {"bt709", "smpte170m", "bt470bg"}
    assert track["color_transfer"] in {"bt709", "smpte170m"}
    assert track["color_primaries"] in {track["color_space"], "bt709", "bt470m", "bt470bg"}
    assert track["color_range"] == "tv"


@pytest.mark.parametrize("pixels", ["yuv444p", "yuv422p10le", "gbrp", "gray"])
def test_unusual_pixels_become_420_in_the_same_colours(squeeze, tmp_path, pixels):
    codec = ("-c:v", "ffv1") if pixels != "yuv444p" else ("-c:v", "libx264", "-qp", 0)
    source = media.painted(tmp_path, options=(*codec, "-pix_fmt", pixels), name="odd.mkv")
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
    image = media.photo((160, 120)).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 80, 120))
    image.save(scene)
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
    assert Note(NoteCode.TRANSPARENCY_OVER_WHITE) in rendition.notes


def rgba(path, alpha):
    """Four colours with this transparency, as an expression of 0 to 255."""
    scene = path.with_suffix(".png")
    media.quarters((160, 120)).save(scene)
    each = "r='r(X,Y)':g='g(X,Y)':b='b(X,Y)'"
    media.ffmpeg(
        *("-loop", 1, "-framerate", 10, "-t", 1, "-i", scene, "-c:v", "qtrle", "-pix_fmt", "argb"),
        *("-vf", f"format=rgba,geq={each}:a='{alpha}'", path),
    )
    return path


@pytest.mark.parametrize("alpha", ["0", "255"], ids=["written by nobody", "opaque"])
def test_transparency_that_is_none_is_neither_shown_nor_told(squeeze, tmp_path, alpha):
    rendition = squeeze(rgba(tmp_path / "in.mov", alpha))

    shown = media.corners(media.frame_of(rendition.path, tmp_path))
    wanted = media.RED, media.GREEN, media.BLUE, media.YELLOW
    assert all(media.is_near(one, color) for one, color in zip(shown, wanted, strict=True))
    assert Note(NoteCode.TRANSPARENCY_OVER_WHITE) not in rendition.notes


@pytest.mark.parametrize(
    "alpha", ["if(lt(X,80),0,255)", "if(lt(T,0.5),255,0)"], ids=["half of it", "for a while"]
)
def test_transparency_anywhere_is_laid_over_white_and_told(squeeze, tmp_path, alpha):
    rendition = squeeze(rgba(tmp_path / "in.mov", alpha))

    at_end = media.corners(media.frame_of(rendition.path, tmp_path, 0.8))
    assert media.is_near(at_end[0], (255, 255, 255))
    assert Note(NoteCode.TRANSPARENCY_OVER_WHITE) in rendition.notes
