"""Reads local.settings.json, and makes it from the example the first time."""

import json
import os
import secrets
from pathlib import Path

from harness.laptop.refusal import Refusal

NAME = "local.settings.json"


def ensure(root: Path) -> dict[str, str]:
    """The settings in effect; a missing file is made, with an API key of its own.

    A variable of the environment wins over the file, as it does for the app.
    """
    path = root / NAME
    if not path.exists():
        content = json.loads((root / f"{NAME}.example").read_text(encoding="utf-8"))
        content["Values"]["API_KEY"] = secrets.token_hex(32)
        write(path, content)
        print(f"Made {NAME} with a new API key.")
    return {name: os.environ.get(name, value) for name, value in read(path).items()}


def read(path: Path) -> dict[str, str]:
    """The `Values` of a settings file."""
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"))["Values"]
        return {str(name): str(value) for name, value in values.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal(
            f"{path.name} is not a settings file ({error}); remove it and it is made anew."
        ) from error


def write(path: Path, content: dict[str, object]) -> None:
    """Writes a new file, readable by its owner alone: it holds a key."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
