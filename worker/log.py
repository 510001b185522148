"""The app's one logger, of which no line can be made to look like another."""

import logging
import re
import traceback

from visible_text import visible

log = logging.getLogger("mediaprocessor")
# What proves that one may: in signed links, and in connection strings.
SECRET = re.compile(r"(?i)\b(sig|AccountKey|SharedAccessSignature)=[^&;\s'\"]+")


def without_secrets(text: str) -> str:
    """An error's text may hold the address that was asked."""
    return SECRET.sub(r"\1=...", text)


def on_one_line(record: logging.LogRecord) -> bool:
    """A log filter: what stands in a blob's name must not pass for a line of ours, nor hide one."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            each if isinstance(each, int | float) else visible(without_secrets(str(each)))
            for each in record.args
        )
    if record.exc_info and not record.exc_text:
        # Whoever prints the record takes this text.
        trace = without_secrets("".join(traceback.format_exception(record.exc_info[1])))
        record.exc_text = "\n".join(map(visible, trace.rstrip("\n").split("\n")))
    return True


log.addFilter(on_one_line)


def quiet_libraries() -> None:
    """Leaves out what they tell of each request: the host tells it already, and each line costs."""
    logging.getLogger("azure").setLevel(logging.WARNING)
    # Not by its level, which the server of the worker sets when it starts, after us.
    logging.getLogger("uvicorn.access").addFilter(lambda _record: False)
