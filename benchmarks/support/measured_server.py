"""The warm process for pictures, whose children write down the most memory that each had."""

import resource
from pathlib import Path
from typing import Any, Final

from processing.pillow import answering, server

PEAK: Final = "peak-bytes"  # the file in the child's folder
_answer = answering.answer


def answer_and_tell(request: dict[str, Any]) -> None:
    """Answer, then write the peak down."""
    _answer(request)
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Path(PEAK).write_text(str(peak_kb * 1024), encoding="ascii")


if __name__ == "__main__":
    server.answer = answer_and_tell  # type: ignore[attr-defined]
    server.main()
