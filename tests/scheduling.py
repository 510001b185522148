"""How the tests are dealt out to processes: whole rooms that share an app, long ones first."""

from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

# One app for all their tests; every other process that took a file of them would start another.
SHARING = ("tests/acceptance/", "tests/conformance/", "tests/devhost/")
# Each takes about a minute or more. They come first, so that none is alone at the end.
LONG = (
    *SHARING,
    *(f"tests/chaos/test_{name}.py" for name in ("killed_worker", "simulation", "fences")),
    *(f"tests/chaos/test_{name}.py" for name in ("killed_host", "stopped_worker", "deadly_file")),
    "tests/processing/video/test_in_browser.py",
    "tests/hostile/test_bombs.py",
    "tests/workshop/test_demo.py",
    "tests/deployment/test_azure_scripts.py",
    "tests/workshop/test_start.py",
    "tests/processing/video/",
    "tests/lifecycle/deliveries/",
)


class RoomScheduling(LoadFileScheduling):
    """Files stay whole, as with `--dist loadfile`; so do the rooms that share an app."""

    def _split_scope(self, nodeid: str) -> str:
        return next(
            (room for room in SHARING if nodeid.startswith(room)), nodeid.split("::", maxsplit=1)[0]
        )


def long_ones_first(items: list[pytest.Item], root: Path) -> None:
    """Else in their order, which the scheduler keeps."""

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(root).as_posix()
        return next((at for at, long in enumerate(LONG) if path.startswith(long)), len(LONG))

    items.sort(key=place)
