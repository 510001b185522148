"""The table at the end of scripts/demo, on a terminal and elsewhere."""

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from harness.laptop import view
from harness.laptop.journey import Journey
from processing.rendition import PassthroughReason

LINK = re.compile(r"\x1b]8;;([^\x1b]*)\x1b\\([^\x1b]*)\x1b]8;;\x1b\\")
ADDRESS = "http://127.0.0.1:1/processed/a.webp?sig=" + "x" * 200
LONG = "an old friend's photo of the harbour on a Sunday in spring, 写真 0001.jpg"


@pytest.fixture
def journeys(tmp_path):
    """One with a short name, one with a long name, both completed."""
    found = [Journey(tmp_path / name, name, tmp_path, name[:-4]) for name in ("a.jpg", LONG)]
    for each in found:
        each.before.write_bytes(b"x" * 1_234_567)
        each.after = tmp_path / f"{each.stem}.after.webp"
        each.after.write_bytes(b"x" * 123_456)
        each.phase, each.status, each.ended_at = "completed", {"output_url": ADDRESS}, 20.0
        each.began_at = 7.4
    return found


def printed(capsys, journeys, *, links_live_on=False, **options):
    console = Console(file=io.StringIO(), **options)
    view.table(console, journeys, links_live_on=links_live_on)
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_row_is_longer_than_the_terminals_line(capsys, journeys, width):
    said = printed(capsys, journeys, force_terminal=True, width=width)

    lines = LINK.sub(r"\2", said).splitlines()
    assert len(lines) == 3
    assert max(map(cell_len, lines)) <= width
    shown = " ".join(lines[1].split())
    assert shown == "a.jpg completed 1.2 MB 123.5 kB 90% 12.6 s"


def test_a_name_leads_to_the_file_when_the_app_is_about_to_end(capsys, journeys):
    said = printed(capsys, journeys, force_terminal=True, width=80)

    assert LINK.search(said).groups() == (journeys[0].after.as_uri(), "a.jpg")


def test_a_name_leads_to_the_apps_link_while_the_app_stays(capsys, journeys):
    said = printed(capsys, journeys, links_live_on=True, force_terminal=True, width=80)

    assert LINK.search(said).groups() == (ADDRESS, "a.jpg")


def test_a_terminal_that_cannot_follow_links_gets_none(capsys, journeys, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")

    said = printed(capsys, journeys, force_terminal=True, width=80)

    assert "\x1b" not in said


def test_a_file_gets_whole_names_and_addresses(capsys, journeys):
    said = printed(capsys, journeys, width=80)

    assert LONG in said
    assert said.count(ADDRESS) == 2


def test_a_file_that_was_not_made_smaller_has_its_reason_below_the_table(capsys, journeys):
    journeys[0].status["passthrough"] = "already_compact"

    said = printed(capsys, journeys, force_terminal=True, width=80)

    assert said.splitlines()[3:] == ["a.jpg is compact already; it was only cleaned."]


def test_every_reason_of_the_app_has_words():
    assert set(view.UNCHANGED) == {each.value for each in PassthroughReason}
