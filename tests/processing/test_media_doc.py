"""docs/media.md says what the code does: its tables are compared with the code's own numbers."""

import ast
import dataclasses
import itertools
from pathlib import Path

import pytest

import errors
from compression_config import LIGHTER_STEPS, LIMITS, PROFILES, Limits, Profile
from errors import MediaProcessorError, PermanentError, TransientError
from notes import NoteCode
from option_values import Choice
from order import OPTIONS
from processing.cli.advice import ADVICE
from processing.formats import FORMATS

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "media.md").read_text(encoding="utf-8")
LINES = DOC.splitlines()

# What each number means to an operator; a new field needs its words.
OF_PROFILES = {
    "webp_method": "WebP effort of a still, 0 fast to 6 small",
    "webp_method_whole": "the same, where the whole image has to be decoded first",
    "webp_animation_method": "the same for each frame of an animation",
    "bicubic_from_scale": "scaling by so much or more is bicubic, else Lanczos; -: always Lanczos",
    "avif_speed": "AVIF speed, 0 small to 10 fast",
    "png_level": "PNG (zlib) level, 0 to 9",
    "audio_kbps": "AAC, stereo; mono takes three quarters",
    "max_frame_rate": "frames a second, at most",
    "largest_box": "largest frame, whatever the class says",
    "max_bits_per_pixel": "ceiling of the bit rate, for each pixel shown",
    "target_vmaf": "what a search for quality aims at (VMAF)",
    "compact_kbps": "H.264 of at most so much is kept: at 1280x720, 25 a second, CRF 23",
    "key_interval_s": "seconds between frames a player can jump to, at most",
}
OF_LIMITS = {
    "max_file_bytes": "bytes of the file",
    "max_image_bytes": "bytes of an image's file, which its reader holds whole",
    "max_image_pixels": "pixels of an image that is decoded whole",
    "max_scaled_jpeg_pixels": "pixels of a baseline JPEG, which is decoded at reduced scale",
    "max_empty_image_bytes": "decoded bytes up to which an image may compress to any size",
    "max_image_unpacking": "decoded bytes for each byte of the file, above that",
    "max_jpeg_passes": "passes of a progressive JPEG",
    "max_animation_frames": "frames of an animation",
    "max_animation_pixels": "pixels of all its frames together",
    "max_video_pixels": "pixels of one frame of a video",
    "max_video_frames": "frames of a video",
    "max_video_duration_s": "seconds of a video, when its bytes can fill them",
    "max_source_frame_rate": "frames a second, in a video of more than ten such seconds",
    "max_streams": "tracks in a file",
    "image_memory_bytes": "address space of the child for an image",
    "video_memory_bytes": "address space of ffmpeg",
}


def box(size):
    return "as it is" if size is None else "{}x{}".format(*size)


def cell(value):
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return box(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}"


def limit(name, value):
    if name.endswith("_bytes"):
        return f"{value / 2**30:g} GiB" if value >= 2**30 else f"{value / 2**20:g} MiB"
    return f"{round(value / 1e6, 1):,g} million" if value >= 1e6 else cell(value)


def files_of(rule):
    of_bytes = f"below {rule.below_bytes // 2**20} MiB" if rule.below_bytes else "any"
    side_px = getattr(rule, "up_to_side_px", None)
    return f"{of_bytes}, shorter side to {side_px}" if side_px else of_bytes


def by_rule(family):
    """Each rule with the names of the profiles that have it."""
    found = {}
    for name, profile in PROFILES.items():
        for rule in getattr(profile, family):
            found.setdefault(rule, []).append(name)
    return [(", ".join(names), rule) for rule, names in found.items()]


def video_rows():
    return [
        f"| {names} | {rule.name} | {files_of(rule)} | {box(rule.box)} "
        f"| {rule.crf:g} {rule.preset} | {rule.av1_crf} preset {rule.av1_preset} "
        f"| {rule.x264_params or '-'} |"
        for names, rule in by_rule("video")
    ]


def image_rows():
    return [
        f"| {names} | {rule.name} | {files_of(rule)} | {rule.max_side_px} "
        f"| {rule.kept_side_px or '-'} | {rule.webp_quality} | {rule.avif_quality} "
        f"| {rule.jpeg_quality} |"
        for names, rule in by_rule("image")
    ]


def profile_rows():
    return [
        f"| `{name}` | {meaning} | "
        + " | ".join(cell(getattr(profile, name)) for profile in PROFILES.values())
        + " |"
        for name, meaning in OF_PROFILES.items()
    ]


def step_rows():
    return [
        f"| {number} | {step.preset} | {step.av1_preset} | {box(step.box)} | {step.max_frame_rate} "
        f"| {step.max_side_px} | {step.webp_method} |"
        for number, step in enumerate(LIGHTER_STEPS, 1)
    ]


def limit_rows():
    return [
        f"| `{name}` | {meaning} | {limit(name, getattr(LIMITS, name))} |"
        for name, meaning in OF_LIMITS.items()
    ]


def named_errors():
    """Every error with a code, by its class's name."""
    found = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    return {
        name: kind
        for name, kind in found.items()
        if issubclass(kind, MediaProcessorError)
        and kind not in {MediaProcessorError, PermanentError, TransientError}
    }


def code_rows():
    by_code = {kind.code: kind for kind in named_errors().values()}
    return [
        f"| `{code}` | {by_code[code].default_message()} | {advice} "
        f"| {'yes' if issubclass(by_code[code], TransientError) else 'no'} |"
        for code, advice in ADVICE.items()
        if code in by_code
    ]


def test_the_readme_names_every_format_that_is_accepted():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    for kind in ("image", "video"):
        names = ", ".join(row.name for row in FORMATS.values() if row.kind == kind)
        assert f"{kind}s ({names})" in readme


def format_rows():
    return [
        f"| {kind} | {', '.join(row.name for row in FORMATS.values() if row.kind == kind)} |"
        for kind in ("image", "video")
    ]


def note_rows():
    return [f"| `{code.name}` | {code.value.replace('{}', '…')} |" for code in NoteCode]


def names_in(folder):
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Attribute):
                yield node.attr


def rows_under(header):
    """The rows of the document's table whose header begins so."""
    at = next(number for number, line in enumerate(LINES) if line.startswith(header))
    return list(itertools.takewhile(lambda line: line.startswith("|"), LINES[at + 2 :]))


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("| profile | class | files | fits in |", video_rows),
        ("| profile | class | files | longest side |", image_rows),
        ("| setting | means |", profile_rows),
        ("| step | x264 preset |", step_rows),
        ("| limit | of |", limit_rows),
        ("| code | says |", code_rows),
        ("| kind | formats |", format_rows),
        ("| note | sentence |", note_rows),
    ],
)
def test_a_table_says_what_the_code_says(header, rows):
    expected = rows()

    assert rows_under(header) == expected, "\n".join(["docs/media.md should have:", *expected])


def test_every_option_that_concerns_a_file_has_its_row_with_its_words():
    rows = {line.split("|")[2].strip(): line for line in rows_under("| setting | `compress` |")}

    for option in [each for each in OPTIONS if each.concerns == "file" and each.name != "profile"]:
        row = rows[f"`--{option.name.replace('_', '-')}`"]
        words = option.values.words if isinstance(option.values, Choice) else ()
        assert all(f"`{word}`" in row for word in words)


def test_every_number_of_a_profile_has_its_row():
    assert {"video", "image", *OF_PROFILES} == {field.name for field in dataclasses.fields(Profile)}


def test_every_limit_has_its_row():
    assert OF_LIMITS.keys() == {field.name for field in dataclasses.fields(Limits)}


def test_every_code_that_processing_may_answer_has_its_advice():
    raised = named_errors().keys() & set(names_in(ROOT / "processing"))

    codes = {named_errors()[name].code for name in raised}

    assert codes == ADVICE.keys() - {"UNEXPECTED"}


def test_every_field_of_the_json_is_explained():
    from processing.cli import compress, facts, plan

    said = set()
    for module in (compress, facts, plan):
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                said |= {key.value for key in node.keys if isinstance(key, ast.Constant)}

    fields = {name for name in said if isinstance(name, str)}

    assert [name for name in sorted(fields) if f"`{name}`" not in DOC] == []


def test_the_document_is_short_enough_to_be_read():
    assert len(LINES) <= 300
