"""The guide's queries find in a line of the log what the line says."""

import logging
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from errors import TimeLimitError
from jobs.stage import Stage
from jobs.transitions import created
from jobs.upload import Upload
from lifecycle.delivery_log import DeliveryAction
from lifecycle.log_line import Action, Line, log_action
from order import Order

GUIDE = (Path(__file__).parents[2] / "DEPLOYMENT_GUIDE.md").read_text(encoding="utf-8")
EVERY_QUERY = re.findall(r"```kusto\n(.*?)```", GUIDE, re.DOTALL)
QUERIES = [each for each in EVERY_QUERY if "tail" in each]
TAIL = re.compile(r'tail = extract\(@"([^"]*)", 1, message\)')
FIELD = re.compile(r'(\w+) = (?:\w+\()?extract\(@"([^"]*)", 1, tail\)')
SPOKEN = {"ratio": "compression_ratio"}
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def line(name: str, caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    job = created(Upload(name, 5, "etag", NOW), Order(), NOW)
    with caplog.at_level("INFO", logger="mediaprocessor"):
        error = TimeLimitError()
        details = {"file_type": "png", "compression_ratio": 0.25}
        log_action(
            Line(Action.FAILED, job, "encoding", 1.5, error), "failed (%s)", error, **details
        )
    return caplog.records[-1]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize(
    "name",
    [
        "a.png",
        "stage=1 code=2/ code=3.png",
        "[action=completed duration_ms=1 code=]",
        "[action=completed duration_ms=1 code=]\n",
        "x]\n[y",
    ],
)
def test_a_query_reads_the_fields_from_the_text(query: str, name: str, caplog) -> None:
    record = line(name, caplog)

    tail = re.search(TAIL.search(query)[1], record.getMessage())[1]

    fields = FIELD.findall(query)
    assert len(fields) >= 3
    for field, pattern in fields:
        assert re.search(pattern, tail)[1] == str(getattr(record, SPOKEN.get(field, field)))


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_finds_a_line_that_a_traceback_follows(query: str, caplog) -> None:
    shown = f"{line('a.png', caplog).getMessage()}\nTraceback (most recent call last):\n"

    assert re.search(TAIL.search(query)[1], shown)[1].startswith("action=failed ")


def test_what_is_counted_is_counted_with_what_sampling_left_out() -> None:
    counting = [each for each in EVERY_QUERY if "summarize" in each]

    assert len(counting) >= 3
    for query in counting:
        assert 'items = column_ifexists("itemCount", 1)' in query
        assert not re.search(r"\bcount\(\)|\bavg\(|\bpercentiles?\(", query)


def test_the_guide_names_every_action() -> None:
    (row,) = [each for each in GUIDE.splitlines() if each.startswith("| `action` |")]

    assert set(re.findall(r"`(\w+)`", row)) - {"action"} == set(Action)


def test_the_guide_names_every_action_of_deliveries() -> None:
    (row,) = [each for each in GUIDE.splitlines() if each.startswith("| `endpoint`, `delivery` |")]

    assert set(DeliveryAction) <= set(re.findall(r"`(\w+)`", row))


def test_the_guide_names_every_stage() -> None:
    (row,) = [each for each in GUIDE.splitlines() if each.startswith("| `stage` |")]

    assert re.findall(r"`(\w+)`", row)[1:] == [*Stage, "intake", "queue", "sweep"]
