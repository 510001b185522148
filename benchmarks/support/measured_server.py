"""Answers requests about images as the product does; each child writes down its highest memory."""

import resource
from pathlib import Path
from typing import Any, Final

from processing.image.pixels import request as product

PEAK: Final = "peak-bytes"  # the file in the child's folder
preload = product.preload


def answer(request: dict[str, Any]) -> None:
    """Answer, then write the peak down."""
    product.answer(request)
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Path(PEAK).write_text(str(peak_kb * 1024), encoding="ascii")
