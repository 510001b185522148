"""The page that the demo leaves behind, in a real browser and without a server."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from harness.laptop import comparison
from harness.laptop.journey import Journey

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OPENS_WITHIN_S = 120


def journey(folder: Path, name: str, *, is_readable: bool = True) -> Journey:
    made = Journey(Path(name), name, folder, Path(name).stem)
    made.after = folder / f"{Path(name).stem}.after.webp"
    Image.effect_noise((60, 40), 90).save(made.after, "WEBP")
    if is_readable:
        Image.effect_noise((60, 40), 90).save(made.before, "PNG")
    else:
        made.before.write_bytes(b"\0\0\0\x18ftypheic" * 400)
    return made


def as_opened(page: Path, profile: Path) -> str:
    """The document, once the browser has loaded everything in it."""
    assert CHROMIUM, "the tests need Chromium"
    words = [CHROMIUM, "--headless=new", "--no-sandbox", f"--user-data-dir={profile}"]
    words += ["--virtual-time-budget=5000", "--dump-dom", page.as_uri()]
    ended = subprocess.run(words, capture_output=True, timeout=OPENS_WITHIN_S, check=True)
    return ended.stdout.decode()


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_shows_each_pair_and_says_where_it_cannot_show_the_source(tmp_path: Path) -> None:
    folder = tmp_path / "demo output #1"
    folder.mkdir()
    pairs = [
        journey(folder, "50% <b>&.png"),
        journey(folder, "phone.heic", is_readable=False),
    ]

    document = as_opened(comparison.write(folder, pairs), tmp_path / "profile")

    figures = re.findall(r"<figure>.*?</figure>", document, re.DOTALL)
    assert ['class="unseen" hidden' in each for each in figures] == [True, False]
    assert "50% &lt;b&gt;&amp;.png" in figures[0]
    assert "2 of 2 files: " in document


def test_a_failure_is_told_in_its_place(tmp_path: Path) -> None:
    failed = Journey(Path("a.jpg"), "a.jpg", tmp_path, "a", failure="CORRUPT: <damaged>")

    page = comparison.write(tmp_path, [failed]).read_text()

    assert "<b>a.jpg</b>: CORRUPT: &lt;damaged&gt;" in page


def test_the_next_run_deletes_what_the_last_one_left_and_nothing_else(tmp_path: Path) -> None:
    kept = tmp_path / "my.before.jpg"
    kept.write_bytes(b"mine")
    comparison.write(tmp_path, [journey(tmp_path, "photo.png")])

    comparison.delete_last(tmp_path)

    assert list(tmp_path.iterdir()) == [kept]
