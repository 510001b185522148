"""What is handed out plays in every browser, or a note says that it may not."""

import pytest

from harness.samples import media
from notes import Note, NoteCode
from processing.isobmff.boxes import box
from processing.rendition import PassthroughReason

MAY_NOT_PLAY = Note(NoteCode.MAY_NOT_PLAY)


@pytest.mark.parametrize(
    "options",
    [
        ("-c:v", "libx265", "-crf", 34, "-pix_fmt", "yuv420p", "-x265-params", "log-level=none"),
        ("-c:v", "libx264", "-crf", 34, "-pix_fmt", "yuv422p"),
        ("-c:v", "libx264", "-crf", 34, "-pix_fmt", "yuv420p10le"),
    ],
    ids=["hevc", "4:2:2", "10 bit"],
)
def test_what_few_browsers_play_is_made_playable_however_small_it_is(squeeze, tmp_path, options):
    source = media.clip(tmp_path / "in.mp4", seconds=3, sound=False, options=options)

    rendition = squeeze(source)

    track = media.video_track(rendition.path)
    is_plain = (track["codec_name"], track["pix_fmt"]) == ("h264", "yuv420p")
    assert is_plain or MAY_NOT_PLAY in rendition.notes
    assert is_plain


def test_a_lean_av1_that_is_handed_out_says_that_it_may_not_play(squeeze, tmp_path):
    options = ("-c:v", "libsvtav1", "-crf", 60, "-pix_fmt", "yuv420p")
    source = media.clip(
        tmp_path / "in.mp4", size="640x360", seconds=3, sound=False, options=options
    )

    rendition = squeeze(source)

    is_handed_out = rendition.passthrough_reason is not None
    assert is_handed_out is (MAY_NOT_PLAY in rendition.notes)


def test_a_plain_video_that_is_handed_out_says_nothing_of_it(squeeze, tmp_path):
    options = ("-c:v", "libx264", "-crf", 34, "-pix_fmt", "yuv420p")
    source = media.clip(tmp_path / "in.mkv", seconds=3, sound=False, options=options)

    rendition = squeeze(source)

    assert rendition.passthrough_reason is PassthroughReason.ALREADY_COMPACT
    assert rendition.notes == ()


def with_sphere(path):
    """The mp4 itself, with a box after its codec's that says it is a panorama all around."""
    data = path.read_bytes()
    at = data.index(b"avcC", data.index(b"moov")) - 4
    sphere = box(b"svhd", bytes(4) + b"\0"), box(b"prhd", bytes(16)), box(b"equi", bytes(20))
    around = box(b"sv3d", sphere[0] + box(b"proj", sphere[1] + sphere[2]))
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        begin = data.index(name, data.index(b"moov")) - 4
        size = int.from_bytes(data[begin : begin + 4], "big") + len(around)
        data = data[:begin] + size.to_bytes(4, "big") + data[begin + 4 :]
    path.write_bytes(data[:at] + around + data[at:])
    return path


@pytest.mark.parametrize("crf", [4, 34], ids=["encoded", "kept"])
def test_a_panorama_all_around_still_says_so(squeeze, tmp_path, crf):
    options = ("-c:v", "libx264", "-crf", crf, "-pix_fmt", "yuv420p")
    source = with_sphere(media.clip(tmp_path / "in.mp4", seconds=2, sound=False, options=options))
    assert "Spherical Mapping" in str(media.video_track(source))

    rendition = squeeze(source)

    assert "Spherical Mapping" in str(media.video_track(rendition.path))
