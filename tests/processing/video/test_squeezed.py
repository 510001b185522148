"""What little undercuts is squeezed just below its source, never further."""

from harness.samples import media
from notes import Note, NoteCode


def test_a_squeezed_clip_uses_the_bytes_that_it_may(squeeze, tmp_path):
    options = ("-c:v", "mpeg4", "-q:v", 24, "-pix_fmt", "yuv420p")
    noisy = ("-vf", "noise=alls=20:allf=t", *options)
    source = media.clip(tmp_path / "in.avi", size="640x480", seconds=3, sound=False, options=noisy)

    rendition = squeeze(source)

    assert Note(NoteCode.QUALITY_LOWERED) in rendition.notes
    assert 0.85 < rendition.size_bytes / source.stat().st_size <= 1
