"""What must hold after every accident, once things have calmed down."""

from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image

from harness.rig.client import FINAL
from harness.rig.service import Service
from harness.samples import accepted, media


def settle(service: Service, names: list[str]) -> dict[str, Any]:
    """Waits for the end of every job and returns their last status, by name."""

    def all_ended() -> bool:
        rows = {row["blob_name"]: row["status"] for row in service.rows()}
        return all(rows.get(name) in FINAL for name in names)

    # Rows, not polls: a poll may wake what the triggers forgot.
    service.wait_for(f"the end of {len(names)} jobs", all_ended)
    return {name: service.settled(name) for name in names}


def assert_all_is_well(service: Service, sources: dict[str, Path], folder: Path) -> None:
    """Every job is completed, with one right result; nothing else is left of any attempt."""
    jobs = settle(service, list(sources))
    assert {n: job["status"] for n, job in jobs.items()} == dict.fromkeys(sources, "completed"), (
        service.host.tail()
    )
    for name, source in sources.items():
        assert_is_right(service.download(jobs[name], folder), source)
    assert_one_result_each(service, sources)
    service.wait_for("the uploads' end", lambda: not sources.keys() & service.uploads())
    service.wait_for("the encoders' end", lambda: not service.encoders())
    assert_no_folder_outlives_a_sweep(service)


def assert_is_right(result: Path, source: Path) -> None:
    """The whole picture or clip, in its own size."""
    assert accepted.width_px(result) == accepted.width_px(source)
    if result.suffix == ".mp4":
        media.ffmpeg("-xerror", "-i", result, "-f", "null", "-")
        lengths = [float(media.ffprobe(each)["format"]["duration"]) for each in (result, source)]
        assert abs(lengths[0] - lengths[1]) < 0.2
    else:
        with Image.open(result) as picture:
            picture.load()


def assert_one_result_each(service: Service, sources: dict[str, Path]) -> None:
    rows = {row["RowKey"]: row for row in service.rows() if row["blob_name"] in sources}
    outputs = [each for each in service.outputs() if each.metadata["job"] in rows]
    assert Counter(each.metadata["job"] for each in outputs) == dict.fromkeys(rows, 1)
    for each in outputs:
        assert rows[each.metadata["job"]]["processed_blob_name"] == each.name


def assert_no_folder_outlives_a_sweep(service: Service) -> None:
    service.sweep()
    assert list(service.host.work_dir.glob("*")) == []
