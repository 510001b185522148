"""docs/reliability.md quotes what was measured, to the letter."""

import json
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
RESULTS = PROJECT / "benchmarks/results"
MEASURED = (PROJECT / "docs/reliability.md").read_text().partition("## Measured")[2]
# | what it is about | the figure's own words | what was measured | the result |
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| `([\w-]+)` \|$", re.MULTILINE)
QUOTED = ROW.findall(MEASURED)


def figures(name):
    document = json.loads((RESULTS / f"{name}.json").read_text())
    return {(figure["what"], figure["measured"]) for figure in document["figures"]}


@pytest.mark.parametrize(("figure", "measured", "name"), [row[1:] for row in QUOTED])
def test_a_quoted_figure_is_the_one_that_was_kept(figure, measured, name):
    assert (figure, measured) in figures(name)


def test_every_campaign_that_was_kept_is_quoted():
    kept = {path.stem for path in RESULTS.glob("chaos-*.json")}

    assert kept - {name for *_, name in QUOTED} == {"chaos-calm"} & kept
    assert kept


@pytest.mark.parametrize("path", sorted(RESULTS.glob("chaos-*.json")), ids=lambda path: path.stem)
def test_no_kept_campaign_broke_a_promise_unsaid(path):
    document = json.loads(path.read_text())

    for violation in document["samples"]["violations"]:
        what = re.split(r": (?=[-+\d{])", violation)[0]
        assert what in " ".join(MEASURED.split()), "say so in docs/reliability.md"
