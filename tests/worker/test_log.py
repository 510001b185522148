"""Lines of the log that a client's words cannot make, split, hide or turn."""

import io
import logging

import pytest

from worker.log import log, quiet_libraries

NAME = "a\u202eb\u200b\n[action=completed].jpg"
SHOWN = r"a\u202eb\u200b\n[action=completed].jpg"


@pytest.fixture
def printed():
    """What is printed, as any handler prints it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    log.addHandler(handler)
    yield stream
    log.removeHandler(handler)


def test_a_name_is_escaped(printed) -> None:
    log.warning("job of %s: %d bytes", NAME, 5)

    assert printed.getvalue() == f"job of {SHOWN}: 5 bytes\n"


def test_the_text_of_an_error_is_escaped_too(printed) -> None:
    log.warning("failed (%s)", ValueError(NAME))

    assert printed.getvalue() == f"failed ({SHOWN})\n"


def test_a_traceback_keeps_its_lines_and_hides_nothing(printed) -> None:
    def fail() -> None:
        raise ValueError("a\u202eb\u200b")

    try:
        fail()
    except ValueError:
        log.exception("failed")

    text = printed.getvalue()
    assert text.startswith("failed\nTraceback (most recent call last):\n")
    assert text.endswith("ValueError: a\\u202eb\\u200b\n")


def test_the_server_tells_no_request(caplog) -> None:
    access = logging.getLogger("uvicorn.access")
    before = access.filters.copy()
    quiet_libraries()

    access.warning("GET /api/status")

    access.filters[:] = before
    assert caplog.records == []
