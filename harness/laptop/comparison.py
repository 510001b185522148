"""A page that lays each result over its source, with a slider; it opens without a server."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from harness.laptop.journey import Journey
from harness.laptop.view import UNCHANGED, saved, shown, size, total

PAGE, LISTED = "index.html", "files.txt"
VIDEO_RESULTS = frozenset({".mp4", ".mov", ".webm", ".mkv"})
BUTTON = '<button type="button">Play or stop</button>'
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
figure { margin: 2.5rem 0; }
figcaption { margin-bottom: .5rem; }
.pair { display: grid; position: relative; background: #8884; overflow: hidden; }
.pair > img, .pair > video {
    grid-area: 1 / 1; width: 100%; height: 100%; max-height: 75vh; object-fit: contain;
}
.pair > .after { clip-path: inset(0 0 0 var(--at, 50%)); }
.pair::after {
    content: ""; position: absolute; inset: 0 auto 0 var(--at, 50%); width: 2px; background: #fff;
    mix-blend-mode: difference;
}
input[type=range] { width: 100%; margin: .5rem 0; }
"""
# Both videos of a pair are one: played, stopped and moved together.
SCRIPT = """
for (const figure of document.querySelectorAll("figure")) {
    const pair = figure.querySelector(".pair");
    const slider = figure.querySelector("input");
    slider?.addEventListener("input", () => pair.style.setProperty("--at", `${slider.value}%`));
    for (const part of figure.querySelectorAll(".before")) {
        part.addEventListener("error", () => {
            figure.querySelector(".unseen").hidden = false;
            pair.style.setProperty("--at", "0%");
        });
    }
    const videos = [...figure.querySelectorAll("video")];
    figure.querySelector("button")?.addEventListener("click", () => {
        const isPlaying = videos.some((video) => !video.paused && !video.ended);
        videos[0].currentTime = videos[1].currentTime;
        for (const video of videos) isPlaying ? video.pause() : video.play().catch(() => {});
    });
}
"""


def write(folder: Path, journeys: Sequence[Journey]) -> Path:
    """Writes the page into the folder of sources and results; returns its path."""
    page = folder / PAGE
    figures = "\n".join(_figure(each) for each in journeys)
    page.write_text(
        f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Before and after</title>
<style>{STYLE}</style>
<h1>Before and after</h1>
<p>{escape(total(journeys))}. Left of the line is the source, right of it the result.</p>
{figures}
<script>{SCRIPT}</script>
</html>
""",
        encoding="utf-8",
    )
    files = [file for each in journeys for file in (each.before, each.after) if file]
    names = sorted(file.name for file in files if file.exists())
    (folder / LISTED).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    return page


def delete_last(folder: Path) -> None:
    """Deletes what an earlier run left there, and nothing else."""
    listed = folder / LISTED
    if not listed.exists():
        return
    for name in listed.read_text(encoding="utf-8").splitlines():
        if name == Path(name).name and (".before" in name or ".after" in name):
            (folder / name).unlink(missing_ok=True)
    for name in (PAGE, LISTED):
        (folder / name).unlink(missing_ok=True)


def _figure(journey: Journey) -> str:
    name = escape(shown(journey.blob_name))
    if journey.after is None:
        why = escape(journey.failure or "")
        return f"<figure><figcaption><b>{name}</b>: {why}</figcaption></figure>"
    before, after = journey.before, journey.after
    return f"""<figure>
<figcaption><b>{name}</b>: {escape(_outcome(journey, before, after))}
<span class="unseen" hidden>(this browser cannot show the source)</span></figcaption>
<div class="pair">{_element(before, after, "before")}{_element(after, after, "after")}</div>
<input type="range" min="0" max="100" value="50" aria-label="How much of the source is shown">
{BUTTON if after.suffix in VIDEO_RESULTS else ""}</figure>"""


def _outcome(journey: Journey, before: Path, after: Path) -> str:
    before_bytes, after_bytes = before.stat().st_size, after.stat().st_size
    reason = (journey.status or {}).get("passthrough")
    said = UNCHANGED.get(reason, reason) if reason else None
    outcome = said or f"{saved(before_bytes, after_bytes)} less"
    return f"{size(before_bytes)} to {size(after_bytes)}, {outcome}"


def _element(file: Path, result: Path, side: str) -> str:
    address = escape(quote(file.name))
    if result.suffix not in VIDEO_RESULTS:
        return f'<img class="{side}" src="{address}" alt="{side}">'
    muted = "muted" if side == "before" else ""
    return f'<video class="{side}" src="{address}" {muted} playsinline preload="auto"></video>'
