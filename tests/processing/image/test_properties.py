"""Whatever an image's format, size, turn, depth and transparency, the same things hold for it."""

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from harness.samples import media
from harness.samples.wanted import wanted
from notes import NoteCode
from processing.compress import compress
from tests.processing.image.test_orientation import TO_STORED

SAVES_SPACE = {
    NoteCode.QUALITY_LOWERED,
    NoteCode.COLORS_REDUCED,
    NoteCode.IMAGE_SHRUNK,
    NoteCode.SIZE_KEPT,
}

MODES = {
    "JPEG": ("RGB", "L", "CMYK"),
    "PNG": ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"),
    "GIF": ("P", "L"),
    "WEBP": ("RGB", "RGBA"),
    "TIFF": ("RGB", "RGBA", "L", "CMYK", "1"),
    "BMP": ("RGB", "L", "P"),
    "AVIF": ("RGB", "RGBA", "L"),
    "HEIF": ("RGB", "RGBA", "L"),
}
TURNED_BY_EXIF = {"JPEG", "PNG", "WEBP", "TIFF", "AVIF"}
COLORED = {"RGB", "RGBA", "P", "CMYK"}
SECRET = b"SecretPlace"
SCENE = [media.RED, media.GREEN, media.BLUE, media.YELLOW]
BOUNDED = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True)
class Upload:
    kind: str
    mode: str
    size: tuple[int, int]  # as shown
    orientation: int
    quality: int
    output: str


@st.composite
def uploads(draw):
    kind = draw(st.sampled_from(sorted(MODES)))
    side = st.integers(1, 140)
    return Upload(
        kind=kind,
        mode=draw(st.sampled_from(MODES[kind])),
        size=(draw(side), draw(side)),
        orientation=draw(st.integers(1, 8)) if kind in TURNED_BY_EXIF else 1,
        quality=draw(st.integers(40, 100)),
        output=draw(st.sampled_from(("webp", "avif", "keep"))),
    )


def scene(upload):
    """Four colours, with a hole in the middle where the mode has room for one."""
    image = media.quarters(upload.size)
    if upload.mode in {"RGBA", "LA"}:
        image.putalpha(255)
        width, height = upload.size
        image.paste((0, 0, 0, 0), (width * 3 // 8, height * 3 // 8, width // 2, height // 2))
    if upload.mode == "P":
        return image.quantize(8)
    if upload.mode == "I;16":
        return image.convert("I").point(lambda value: value * 257).convert("I;16")
    return image.convert(upload.mode)


def written(upload):
    turn = TO_STORED[upload.orientation]
    stored = scene(upload)
    stored = stored if turn is None else stored.transpose(turn)
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = upload.orientation
    words = {} if upload.kind in {"GIF", "BMP"} else {"exif": exif}
    if upload.kind in {"JPEG", "WEBP", "AVIF", "HEIF"}:
        words["quality"] = upload.quality
    buffer = io.BytesIO()
    stored.save(buffer, upload.kind, **words)
    return buffer.getvalue()


def compressed(data, **options):
    with tempfile.TemporaryDirectory() as folder:
        source, work_dir = Path(folder, "in"), Path(folder, "work")
        source.write_bytes(data)
        work_dir.mkdir()
        rendition = compress(source, work_dir, *wanted(**options), lambda _: None)
        return rendition, rendition.path.read_bytes()


@settings(BOUNDED, max_examples=120)
@given(uploads())
@example(Upload("JPEG", "RGB", (1, 1), 6, 90, "webp"))
@example(Upload("PNG", "1", (1, 140), 5, 90, "avif"))
@example(Upload("TIFF", "CMYK", (140, 1), 7, 90, "keep"))
def test_it_is_no_larger_upright_silent_and_of_the_right_colours(upload):
    data = written(upload)

    rendition, result = compressed(data, image_output=upload.output)

    assert len(result) <= len(data)
    assert SECRET not in result
    with Image.open(io.BytesIO(result)) as image:
        assert rendition.content_type == image.get_format_mimetype()
        shown = ImageOps.exif_transpose(image).convert("RGBA")
    # Of a few pixels no format makes fewer bytes without giving something up, which is said.
    if not {note.code for note in rendition.notes} & SAVES_SPACE:
        assert shown.size == upload.size
        if upload.mode in COLORED and min(upload.size) >= 32 and upload.quality >= 80:
            for pixel, color in zip(media.corners(shown), SCENE, strict=True):
                assert media.is_near(pixel, color, by=60)


@st.composite
def animations(draw):
    count = draw(st.integers(2, 6))
    return {
        "kind": draw(st.sampled_from(("GIF", "PNG", "WEBP"))),
        "size": (draw(st.integers(8, 60)), draw(st.integers(8, 60))),
        "durations": draw(st.lists(st.integers(2, 50), min_size=count, max_size=count)),
        "loop": draw(st.integers(0, 5)),
    }


@settings(BOUNDED, max_examples=30)
@given(animations())
def test_an_animation_keeps_its_frames_and_its_clock(animation):
    durations = [10 * hundredths for hundredths in animation["durations"]]
    frames = [media.photo(animation["size"], seed=number) for number, _ in enumerate(durations)]
    buffer = io.BytesIO()
    words = {"lossless": True} if animation["kind"] == "WEBP" else {}
    frames[0].save(
        buffer,
        animation["kind"],
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=animation["loop"],
        **words,
    )

    _, result = compressed(buffer.getvalue())

    assert len(result) <= len(buffer.getvalue())
    with Image.open(io.BytesIO(result)) as image:
        kept = []
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
            kept.append(round(image.info["duration"]))
    assert kept == durations
