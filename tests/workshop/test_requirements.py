"""The pinned requirements follow pyproject.toml and name no registry."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
WANTED = {
    "requirements.txt": PROJECT["project"]["dependencies"],
    "requirements-dev.txt": PROJECT["project"]["dependencies"]
    + PROJECT["dependency-groups"]["dev"],
    "requirements-node.txt": PROJECT["dependency-groups"]["node"],
    "requirements-peers.txt": PROJECT["dependency-groups"]["peers"],
}


def pins(file):
    """name -> the versions it is pinned to; one per Python where they differ."""
    found = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", (ROOT / file).read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("file", WANTED)
def test_each_dependency_is_pinned(file):
    names = {re.match(r"[\w.-]+", each)[0] for each in WANTED[file]}

    assert names - pins(file).keys() == set()


@pytest.mark.parametrize("file", WANTED)
def test_each_pin_has_hashes_and_no_line_names_a_place(file):
    text = (ROOT / file).read_text()

    unhashed = re.findall(r"^[\w.-]+==.*[^\\]$", text, re.MULTILINE)

    assert unhashed == []
    assert "://" not in text
    assert not re.search(
        r"^\s*-(-index-url|-extra-index-url|-find-links|i |f )", text, re.MULTILINE
    )


def test_the_tests_run_with_the_versions_that_are_shipped():
    shipped, tested = pins("requirements.txt"), pins("requirements-dev.txt")

    assert {name: tested.get(name) for name in shipped} == shipped


@pytest.mark.parametrize("folder", ["devhost/npm", "tests/conformance/npm", "benchmarks/peers"])
def test_no_npm_lock_names_a_registry(folder):
    assert '"resolved"' not in (ROOT / folder / "package-lock.json").read_text()
