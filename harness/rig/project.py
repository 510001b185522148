"""The project: its folder, its documented settings, and a home in which the app may run."""

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
SETTINGS_FILE = "local.settings.json"
FUNCTION_APP = ROOT / "function_app.py"


def documented_settings() -> dict[str, str]:
    """The settings that the example shows, with their values."""
    example = json.loads((ROOT / f"{SETTINGS_FILE}.example").read_text(encoding="utf-8"))
    return {str(name): str(value) for name, value in example["Values"].items()}


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """These settings over the documented ones; nothing of a developer's own is left."""
    documented = documented_settings()
    outside = {k: v for k, v in os.environ.items() if k.partition("__")[0] not in documented}
    return {**outside, **documented, **settings}


def free_port() -> int:
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def app_home(folder: Path, preface: str = "") -> Path:
    """A folder that is the project, by links, without a developer's own settings.

    `preface` is Python that the worker runs before it loads function_app.py, unchanged.
    """
    home = folder / "app"
    home.mkdir()
    own = {SETTINGS_FILE, FUNCTION_APP.name, "demo-output"}
    for each in ROOT.iterdir():
        if not each.name.startswith(".") and each.name not in own:
            (home / each.name).symlink_to(each)
    if preface:
        load = f"exec(compile(open({str(FUNCTION_APP)!r}).read(), {str(FUNCTION_APP)!r}, 'exec'))"
        (home / FUNCTION_APP.name).write_text(f"{preface}\n{load}\n", encoding="utf-8")
    else:
        (home / FUNCTION_APP.name).symlink_to(FUNCTION_APP)
    return home
