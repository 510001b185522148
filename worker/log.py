"""The app's one logger, of which no line can be made to look like another."""

import logging
import re

log = logging.getLogger("mediaprocessor")
# Control characters, and what else ends a line.
LINE_BREAKERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def on_one_line(record: logging.LogRecord) -> bool:
    """A log filter: what stands in a blob's name must not pass for a line of ours."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            LINE_BREAKERS.sub(lambda found: ascii(found[0])[1:-1], each)
            if isinstance(each, str)
            else each
            for each in record.args
        )
    return True


log.addFilter(on_one_line)


def quiet_libraries() -> None:
    """Leaves out what they tell of each request: the host tells it already, and each line costs."""
    logging.getLogger("azure").setLevel(logging.WARNING)
    # Not by its level, which the server of the worker sets when it starts, after us.
    logging.getLogger("uvicorn.access").addFilter(lambda _record: False)
