"""Measures our H.264 against x264's and HandBrake's usual settings, and our pipeline's own cost."""

import argparse
import functools
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.support import bare
from benchmarks.support.clips import Clip, clips
from benchmarks.support.rate_quality import (
    PAIR_COLUMNS,
    Pair,
    Point,
    as_samples,
    at_equal_vmaf,
    judged,
    mean_ratio,
)
from compression_config import SEED, VideoRule
from harness.result import Conditions, Figure, Result, Table, keep
from notes import NoteCode
from order import Order
from processing.allowance import Allowance
from processing.compress import compress
from processing.video.size import fitted

GOAL_BYTES, GOAL_CPU = 1.00, 0.75
GOAL_WALL, GOAL_WALL_S = 1.03, 0.1
WALL_CLIPS = 3
FIRST_CRFS = (0.0, -2.0)  # from the rule's on: the first look at a clip's curve

# The seed's command for uploads below 10 MB, which keep their size.
X264_MEDIUM = ("-c:v", "libx264", "-preset", "medium", "-crf", "23")
# HandBrake's preset "Fast 1080p30": x264 fast at RF 22, profile main, level 4.0, no more options;
# "peak framerate 30" does nothing to clips of 30 frames a second or fewer.
HANDBRAKE_FAST = (
    *("-c:v", "libx264", "-preset", "fast", "-crf", "22"),
    *("-profile:v", "main", "-level:v", "4.0"),
)

X264 = "x264 medium CRF 23"
PEERS = {X264: X264_MEDIUM, "HandBrake Fast 1080p30": HANDBRAKE_FAST}

NOTES = [
    "Each clip is a piece from the middle of a real file, cut without encoding it again.",
    (
        "VMAF is the mean over all frames by its default model, from imageio-ffmpeg's ffmpeg, at "
        "the source's size; SSIM is beside it. Our CRF is searched until both encodings are within "
        "0.3 of each other, if x264 has such a CRF."
    ),
    (
        "Processor time is user and system, decoding included, the least of all runs; two threads "
        "for everybody. The peers get our filters, so that all encode the same pictures."
    ),
    "HandBrake's recipe is rendered as `" + " ".join(HANDBRAKE_FAST) + "` at a variable rate.",
    (
        "The seed's classes go by the bytes of an upload: small below 10 MB, medium to 50 MB "
        "(854:480), large above (1280:720). Each is tried on every clip, as if it were that large."
    ),
    (
        "The wall clock compares `compress` with bare ffmpeg given the same arguments, by turns; "
        "only clips that are encoded, not those that are kept because they are compact."
    ),
]


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench clips", description=__doc__)
    parser.add_argument("--clips", type=Path, help="a folder of real videos (some made here)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each, from its middle (3)")
    parser.add_argument("--pairs", type=int, default=5, help="for the wall clock, per clip (5)")
    parser.add_argument("--runs", type=int, default=2, help="of each encoder; the least counts (2)")
    parser.add_argument("--keep", action="store_true", help="write results/clips.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with tempfile.TemporaryDirectory() as folder:
        found = clips(given.clips, Path(folder), given.seconds)
        against: dict[str, list[Pair]] = {name: [] for name in PEERS}
        ladder = {}
        for clip in found:
            ours = encoder(clip, given.runs)
            peers = {
                name: encoded(clip, options, runs=given.runs) for name, options in PEERS.items()
            }
            for name, peer in peers.items():
                against[name].append(compared(clip, peer, ours))
            ladder[clip.kind] = ladder_row(clip, peers[X264], ours, given.runs)
        timed = [clip for clip in found if given.pairs and is_encoded(clip)][:WALL_CLIPS]
        walls = {clip.kind: wall_pairs(clip, given.pairs) for clip in timed}
    where = " --clips DIR" if given.clips else ""
    command = f"./scripts/bench clips{where} --seconds {given.seconds:g} --pairs {given.pairs}"
    command += f" --runs {given.runs}"
    keep(result(against, ladder, walls, command), conditions, to_files=given.keep)


def encoder(clip: Clip, runs: int) -> Callable[[float], Point]:
    """Profile balanced at any CRF; none is tried twice."""
    target = clip.path.with_suffix(".ours.mp4")

    @functools.cache
    def ours(crf: float) -> Point:
        command = clip.command(target, crf=crf)
        return judged(command, target, clip.reference, crf=crf, repeat=runs)

    return ours


def compared(clip: Clip, peer: Point, ours: Callable[[float], Point]) -> Pair:
    """A clip by the peer, and by us at the same VMAF."""
    crfs = [clip.plan.video.crf + step for step in FIRST_CRFS]
    return Pair(clip.kind, peer, at_equal_vmaf(ours, peer.vmaf, crfs))


def encoded(clip: Clip, options: tuple[str, ...], filters: str = "", *, runs: int = 2) -> Point:
    """A clip by bare ffmpeg; the filters are ours, so that both encode the same pictures."""
    target = clip.path.with_suffix(".peer.mp4")
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", str(clip.path)]
    command += ["-vf", f"{clip.filters}{filters}", "-fps_mode", "vfr"]
    command += [*options, "-threads", "2", str(target)]
    crf = float(options[options.index("-crf") + 1])
    return judged(command, target, clip.reference, crf=crf, repeat=runs)


def ladder_row(
    clip: Clip, small: Point, ours: Callable[[float], Point], runs: int
) -> dict[str, Point]:
    """What each of the seed's size classes, and balanced at its own CRF, make of a clip."""
    row = {"seed small": small}  # x264 medium CRF 23, at its own size
    row |= {f"seed {rule.name}": by_seed(clip, rule, runs) for rule in SEED.video[1:]}
    return row | {"balanced": ours(clip.plan.video.crf)}


def by_seed(clip: Clip, rule: VideoRule, runs: int) -> Point:
    """A clip as if its file were of the rule's size class."""
    width, height = fitted(
        (clip.plan.video.width, clip.plan.video.height), rule.box or SEED.largest_box
    )
    options = ("-c:v", "libx264", "-preset", rule.preset, "-crf", f"{rule.crf:g}")
    return encoded(clip, options, f",scale={width}:{height}:flags=bicubic", runs=runs)


def is_encoded(clip: Clip) -> bool:
    """Whether the pipeline encodes the clip once, rather than keeping what is compact already."""
    with tempfile.TemporaryDirectory() as work:
        order = Order(profile="balanced")
        made = compress(clip.path, Path(work), order, Allowance(), lambda _: None)
    was_lowered = any(note.code is NoteCode.QUALITY_LOWERED for note in made.notes)
    return made.passthrough_reason is None and not was_lowered


def wall_pairs(clip: Clip, count: int) -> list[tuple[float, float]]:
    """Seconds of the whole pipeline and of bare ffmpeg with the same arguments, by turns."""
    pairs = []
    for number in range(count):
        one, other = functools.partial(ours_s, clip), functools.partial(bare_s, clip)
        if number % 2:
            theirs, ours = other(), one()
        else:
            ours, theirs = one(), other()
        pairs.append((ours, theirs))
    return pairs


def ours_s(clip: Clip) -> float:
    """The pipeline, from a path to a verified file."""
    with tempfile.TemporaryDirectory() as work:
        began = time.perf_counter()
        order, allowance = Order(profile="balanced"), Allowance(threads=2)
        compress(clip.path, Path(work), order, allowance, lambda _: None)
        return time.perf_counter() - began


def bare_s(clip: Clip) -> float:
    """The very command that the pipeline runs, without its progress output."""
    target = clip.path.with_suffix(".bare.mp4")
    words = clip.command(target)
    first = words.index("-progress")
    del words[first : first + len(bare.NOT_FOR_THE_RESULT)]
    return bare.ffmpeg_s(words)


def result(
    against: dict[str, list[Pair]],
    ladder: dict[str, dict[str, Point]],
    walls: dict[str, list[tuple[float, float]]],
    command: str,
) -> Result:
    """The figures with their details."""
    figures = [figure for name, pairs in against.items() for figure in ratio_figures(name, pairs)]
    return Result(
        name="clips",
        title="H.264 against the usual settings, and what our pipeline adds to ffmpeg",
        command=command,
        figures=[*figures, *(wall_figure(kind, pairs) for kind, pairs in walls.items())],
        tables=[
            *(
                Table(f"Profile balanced against {name}", PAIR_COLUMNS, [p.cells() for p in pairs])
                for name, pairs in against.items()
            ),
            ladder_table(ladder),
        ],
        notes=NOTES,
        samples={
            "against": {name: as_samples(pairs) for name, pairs in against.items()},
            "ladder": {
                kind: {name: asdict(point) for name, point in row.items()}
                for kind, row in ladder.items()
            },
            "wall_s": walls,
        },
    )


def ratio_figures(name: str, pairs: Sequence[Pair]) -> list[Figure]:
    """Bytes and processor time, over the peer's."""
    size = mean_ratio(pair.bytes_ratio for pair in pairs)
    cpu = mean_ratio(pair.cpu_ratio for pair in pairs)
    apart = max(abs(pair.ours.vmaf - pair.peer.vmaf) for pair in pairs)
    both = f"balanced over {name} at equal VMAF (at most {apart:.2f} apart), {len(pairs)} clips"
    return [
        Figure(f"bytes, {both}", f"{size:.2f}", f"<= {GOAL_BYTES:.2f}", size <= GOAL_BYTES),
        Figure(f"processor time, {both}", f"{cpu:.2f}", f"<= {GOAL_CPU:.2f}", cpu <= GOAL_CPU),
    ]


def wall_figure(kind: str, pairs: Sequence[tuple[float, float]]) -> Figure:
    """How much longer the pipeline takes than ffmpeg alone."""
    ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
    over_s = statistics.median(one - GOAL_WALL * other for one, other in pairs)
    return Figure(
        f"wall clock of the whole pipeline, {kind}, {len(pairs)} pairs",
        f"{ours:.2f} s against {theirs:.2f} s: 1.03x {1000 * over_s:+.0f} ms",
        f"<= {GOAL_WALL}x + {1000 * GOAL_WALL_S:.0f} ms",
        over_s <= GOAL_WALL_S,
    )


def ladder_table(ladder: dict[str, dict[str, Point]]) -> Table:
    """Profile seed's three classes beside balanced, on each clip."""
    names = list(next(iter(ladder.values())))
    rows = [
        [kind, *(f"{p.size_bytes / 1000:.0f} / {p.vmaf:.1f} / {p.cpu_s:.1f}" for p in row.values())]
        for kind, row in ladder.items()
    ]
    means = []
    for name in names:
        pairs = [(row[name], row[names[-1]]) for row in ladder.values()]
        size = mean_ratio(one.size_bytes / other.size_bytes for one, other in pairs)
        cpu = mean_ratio(one.cpu_s / other.cpu_s for one, other in pairs)
        vmaf = statistics.mean(one.vmaf for one, _ in pairs)
        means.append(f"{size:.2f} / {vmaf:.1f} / {cpu:.2f}")
    rows.append(["all: bytes over balanced's / mean VMAF / CPU over balanced's", *means])
    return Table("Each profile at its own CRF: kB / VMAF / CPU s", ["clip", *names], rows)


if __name__ == "__main__":
    main()
