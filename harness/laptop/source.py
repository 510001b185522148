"""Files that the user names on a command line."""

import os
from pathlib import Path


def what_is_wrong_with(file: Path) -> str | None:
    """Why it cannot be read, to be said after its name; None when it can."""
    if file.is_dir():
        return "is a folder; give files"
    return None if file.is_file() and os.access(file, os.R_OK) else "is not a readable file"
