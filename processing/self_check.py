"""Whether this machine can decode at all: the smallest picture, in the way of every other one."""

import base64
import time
from pathlib import Path
from typing import Final

from errors import MediaProcessorError
from processing.formats import identify
from processing.image.transcode import probe_image

_LIMIT_S: Final = 10.0
# A PNG of one grey pixel.
_PICTURE: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)


def can_decode(folder: Path) -> bool:
    """Whether a child can be started that reads a picture in `folder`, which is private to this.

    Takes milliseconds where it can, some seconds at most where it cannot.
    """
    source = folder / "picture"
    source.write_bytes(_PICTURE)
    try:
        probe_image(source, identify(source), folder, time.monotonic() + _LIMIT_S)
    except MediaProcessorError:
        return False
    return True
