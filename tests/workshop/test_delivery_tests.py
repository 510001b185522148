"""The page that says what shows each promise about deliveries names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/delivery-tests.md").read_text(encoding="utf-8")


def test_every_row_names_a_test_that_exists() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]
    named = re.findall(r"^\| .+ \| \[(\w+)\]\(\.\./(tests/[\w/]+\.py)\) \|$", PAGE, re.MULTILINE)

    missing = [
        name
        for name, path in named
        if f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]

    assert len(rows) == len(named) > 40
    assert missing == []
