"""Says which of the libraries that read strangers' pictures is older than is safe."""

import re
from importlib import metadata
from typing import Final

# The oldest releases without a known hole in what they read: Pillow's wheels bring libwebp,
# libavif, libtiff and libjpeg-turbo along, pillow-heif's bring libheif and libde265.
_OLDEST: Final = {
    "pillow": (12, 3),
    "pillow-heif": (1, 4),
}
_NUMBERS: Final = re.compile(r"\d+")


def outdated_libraries() -> list[str]:
    """The libraries that are missing or too old, each with what it should be; empty: all is well.

    Read from what is installed; nothing of it is imported.
    """
    return [f"{name} >= {_dotted(oldest)}" for name, oldest in _OLDEST.items() if _is_older(name)]


def _is_older(name: str) -> bool:
    try:
        installed = metadata.version(name)
    except metadata.PackageNotFoundError:
        return True
    return tuple(map(int, _NUMBERS.findall(installed)[:2])) < _OLDEST[name]


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
