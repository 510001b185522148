"""The import table of what stands beside the product: rigs, samples, chaos, benchmarks."""

import graphlib
import re

import pytest

from tests.workshop.test_house import PROGRAMS, ROOT, imported_names, is_within, name_of

# What each room may import of the others. All may import the product and devhost, neither of which
# imports any of them; nor do they import tests.
BESIDE = {
    "harness.result": (),
    "harness.samples": (),
    "harness.proxy": (),
    "harness.storage": (),
    "harness.rig": (),
    "harness.laptop": ("harness.rig", "harness.samples"),
    "harness.hostile": ("harness.result", "harness.samples"),
    "harness.layouts": (),
    "harness.chaos.history": (),
    "harness.chaos.fences": (),
    "harness.chaos.faults": ("harness.proxy",),
    "harness.chaos.quick": (),
    "harness.chaos.violence": ("harness.rig",),
    "harness.chaos.simulation": (
        "harness.chaos.fences",
        "harness.chaos.history",
        "harness.storage",
    ),
    "harness.chaos.campaigns": (
        "harness.chaos.faults",
        "harness.chaos.fences",
        "harness.chaos.history",
        "harness.chaos.quick",
        "harness.chaos.simulation",
        "harness.result",
        "harness.rig",
        "harness.samples",
    ),
    "benchmarks": ("harness.proxy", "harness.result", "harness.rig", "harness.samples"),
}


@pytest.mark.parametrize("path", PROGRAMS, ids=name_of)
def test_a_room_beside_the_product_imports_only_what_its_table_allows(path):
    module = name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    (room,) = [each for each in BESIDE if is_within(module, [each])] or [None]
    if room is None:
        assert path.name == "__init__.py"
        return
    closed = ["harness", "benchmarks", "tests", "scripts"]
    allowed = (room, *BESIDE[room])

    imported = [name for name in imported_names(path) if is_within(name, closed)]

    assert [name for name in imported if not is_within(name, allowed)] == []


def test_the_page_of_those_rooms_shows_the_same_table():
    page = (ROOT / "harness/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.]+)` \| .* \| (.*) \|$", page, re.MULTILINE)

    shown = {room: re.findall(r"[\w.]+", imports) for room, imports in rows}

    assert shown == {room: [*allowed] or ["nothing"] for room, allowed in BESIDE.items()}


def test_no_two_rooms_beside_the_product_import_each_other():
    list(graphlib.TopologicalSorter(BESIDE).static_order())
