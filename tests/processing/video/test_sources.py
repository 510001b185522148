"""Whatever cameras, editors and old programs write comes out as the same video in H.264."""

import pytest

from errors import UnsupportedMediaError
from harness.samples import media
from notes import Note, NoteCode

VIDEO_STREAM = 0xE0  # of a program stream, the first
SOURCES = {
    "ProRes": ("in.mov", ("-c:v", "prores_ks", "-profile:v", 2)),
    "ProRes 4444": ("in.mov", ("-c:v", "prores_ks", "-profile:v", 4, "-pix_fmt", "yuva444p10le")),
    "DNxHR": (
        "in.mov",
        ("-s", "256x128", "-c:v", "dnxhd", "-profile:v", "dnxhr_sq", "-pix_fmt", "yuv422p"),
    ),
    "Motion JPEG": ("in.avi", ("-c:v", "mjpeg", "-q:v", 2, "-pix_fmt", "yuvj422p")),
    "MPEG-1": ("in.ts", ("-r", 25, "-c:v", "mpeg1video", "-q:v", 2)),
    "MPEG-2": ("in.ts", ("-r", 25, "-c:v", "mpeg2video", "-q:v", 2)),
    "MPEG-4 part 2": ("in.avi", ("-c:v", "mpeg4", "-q:v", 2)),
    "Microsoft's MPEG-4": ("in.avi", ("-c:v", "msmpeg4v2", "-q:v", 2)),
    "Windows Media": ("in.wmv", ("-c:v", "wmv1", "-q:v", 2)),
    "Flash": ("in.flv", ("-c:v", "flv", "-q:v", 2)),
    "H.265": ("in.mp4", ("-c:v", "libx265", "-qp", 8, "-x265-params", "log-level=0")),
    "H.265 in 4:2:2 and 10 bits": (
        "in.mkv",
        ("-c:v", "libx265", "-qp", 8, "-pix_fmt", "yuv422p10le", "-x265-params", "log-level=0"),
    ),
    "VP8": ("in.webm", ("-c:v", "libvpx", "-b:v", "4M", "-crf", 4)),
    "VP9": ("in.webm", ("-c:v", "libvpx-vp9", "-b:v", "4M", "-crf", 10, "-cpu-used", 8)),
    "AV1": ("in.mkv", ("-c:v", "libsvtav1", "-preset", 12, "-crf", 10)),
    "Theora": ("in.mkv", ("-c:v", "libtheora", "-q:v", 10)),
    "FFV1 in RGB": ("in.mkv", ("-c:v", "ffv1", "-pix_fmt", "bgr0")),
    "QuickTime Animation": ("in.mov", ("-c:v", "qtrle")),
    "PNG in QuickTime": ("in.mov", ("-c:v", "png")),
    "raw": ("in.avi", ("-c:v", "rawvideo", "-pix_fmt", "yuyv422")),
    "MPEG-2 of a DVD": ("in.vob", ("-r", 25, "-c:v", "mpeg2video", "-q:v", 2)),
    "MPEG-1 in a stream of its time": (
        "in.mpg",
        ("-r", 25, "-c:v", "mpeg1video", "-q:v", 2),
    ),
    "Theora in Ogg": ("in.ogv", ("-c:v", "libtheora", "-q:v", 10)),
    "MPEG-2 of a studio": (
        "in.mxf",
        ("-r", 25, "-c:v", "mpeg2video", "-q:v", 2, "-pix_fmt", "yuv420p"),
    ),
    "a tape": (
        "in.dv",
        ("-s", "720x576", "-r", 25, "-pix_fmt", "yuv420p", "-c:v", "dvvideo"),
    ),
    "H.264 of a camcorder": ("in.m2ts", ("-c:v", "libx264", "-qp", 4, "-pix_fmt", "yuv420p")),
    "DV": ("in.avi", ("-s", "720x576", "-r", 25, "-pix_fmt", "yuv420p", "-c:v", "dvvideo")),
    "H.263": ("in.avi", ("-s", "352x288", "-r", "30000/1001", "-c:v", "h263", "-q:v", 2)),
    "Huffyuv": ("in.avi", ("-c:v", "huffyuv", "-pix_fmt", "yuv422p")),
    "Cinepak": ("in.avi", ("-c:v", "cinepak", "-q:v", 10)),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_every_codec_comes_out_in_the_same_colours_at_the_same_length(squeeze, tmp_path, kind):
    name, options = SOURCES[kind]
    source = media.painted(tmp_path, (192, 128), options=options, name=name)
    before = media.corners(media.frame_of(source, tmp_path))
    length_s = float(media.ffprobe(source)["format"]["duration"])

    rendition = squeeze(source)

    track = media.video_track(rendition.path)
    assert (track["codec_name"], track["pix_fmt"]) == ("h264", "yuv420p")
    assert abs(float(track["duration"]) - length_s) < 0.15
    assert rendition.size_bytes <= source.stat().st_size
    after = media.corners(media.frame_of(rendition.path, tmp_path))
    for one, other in zip(after, before, strict=True):
        assert media.is_near(one, other, by=16)


@pytest.mark.parametrize(
    "codec", [("prores_ks", "yuva444p10le"), ("qtrle", "argb"), ("png", "rgba")]
)
def test_what_editors_leave_transparent_is_laid_over_white(squeeze, tmp_path, codec):
    scene, source = tmp_path / "scene.png", tmp_path / "clear.mov"
    image = media.photo((160, 120)).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 80, 120))
    image.save(scene)
    encoder, pixels = codec
    options = ["-profile:v", 4] if encoder == "prores_ks" else []
    media.ffmpeg(
        *("-loop", 1, "-framerate", 10, "-t", 0.5, "-i", scene),
        *("-c:v", encoder, *options, "-pix_fmt", pixels, source),
    )

    rendition = squeeze(source)

    frame, before = media.frame_of(rendition.path, tmp_path), image.getpixel((120, 60))
    assert media.is_near(frame.getpixel((120, 60)), before, by=24)
    assert media.is_near(frame.getpixel((30, 60)), (255, 255, 255), by=12)
    assert Note(NoteCode.TRANSPARENCY_OVER_WHITE) in rendition.notes


def test_a_video_that_changes_its_size_on_the_way_comes_out_in_one(squeeze, tmp_path):
    parts = []
    for number, size in enumerate(("160x120", "320x240")):
        part = media.clip(tmp_path / f"{number}.ts", size=size, sound=False)
        parts.append(part.read_bytes())
    source = tmp_path / "in.ts"
    source.write_bytes(b"".join(parts))

    rendition = squeeze(source)

    words = ("-show_entries", "frame=width,height", "-select_streams", "v")
    frames = media.ffprobe(rendition.path, *words)["frames"]
    assert len({(one["width"], one["height"]) for one in frames}) == 1
    assert len(frames) >= 25


def test_a_transport_stream_that_begins_amid_a_packet_is_one(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.ts", options=("-c:v", "mpeg2video", "-q:v", 2, "-r", 25))
    source.write_bytes(source.read_bytes()[100:])

    assert squeeze(source).extension == "mp4"


def test_a_scrambled_dvd_is_not_taken_for_a_damaged_one(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.vob", options=("-c:v", "mpeg2video", "-q:v", 2, "-r", 25))
    data = bytearray(source.read_bytes())
    for sector in range(0, len(data) - 2048, 2048):
        if data[sector + 17] == VIDEO_STREAM:
            data[sector + 20] |= 0x10
    source.write_bytes(data)

    with pytest.raises(UnsupportedMediaError, match="encrypted"):
        squeeze(source)
