"""Every word in the names of the code is plain English, a term of the field, or in the glossary."""

import ast
import re
from itertools import chain
from pathlib import Path

import pytest

from tests.workshop.test_house import PRODUCT, ROOT, name_of

WORDS = Path(__file__).parent / "words"
NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
SHORTEST = 3
ENDINGS = ("", "e", "es", "ed", "er", "ers", "ing", "s", "y", "ies", "ied", "able")


def words_of(name):
    """The words of a snake_case or CamelCase name."""
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return [word.lower() for word in found if len(word) >= SHORTEST]


def names_in(path):
    """The parts of a module's path, and its functions and classes."""
    tree = ast.parse(path.read_text(encoding="utf-8"), name_of(path))
    yield from (part.removesuffix(".py") for part in path.relative_to(ROOT).parts)
    yield from (node.name for node in ast.walk(tree) if isinstance(node, NAMED))


def listed(name):
    return (WORDS / f"{name}.txt").read_text(encoding="utf-8").split()


def glossary():
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = page.partition("| word | means |")[2].partition("\n\n")[0]
    columns = re.findall(r"^\| ([a-z, ]+) \|", table, re.MULTILINE)
    return set(chain.from_iterable(re.findall(r"[a-z]+", column) for column in columns))


OURS = [path for path in PRODUCT if not name_of(path).startswith("devhost/")]
USED = set(chain.from_iterable(words_of(name) for path in OURS for name in names_in(path)))
GLOSSARY = glossary()


def forms(word):
    """Those that are explained with it: claim, claims, claimed; deliver, delivery, deliveries."""
    stem = word.removesuffix("y").removesuffix("e")
    return {f"{stem}{ending}" for ending in ENDINGS}


EXPLAINED = set(chain.from_iterable(map(forms, GLOSSARY)))


def test_a_word_in_a_name_is_plain_a_term_of_the_field_or_explained():
    unknown = USED - EXPLAINED - {*listed("plain"), *listed("field")}

    assert unknown == set(), (
        "choose a plainer word; or add it to tests/workshop/words/plain.txt (or field.txt, if every"
        " engineer of the field knows it), or to the glossary in docs/architecture.md"
    )


@pytest.mark.parametrize("name", ["plain", "field"])
def test_a_list_holds_only_words_that_are_used_and_not_explained_elsewhere(name):
    words = listed(name)

    assert words == sorted(set(words))
    assert [word for word in words if word not in USED or word in EXPLAINED] == []


def test_the_glossary_explains_only_words_that_the_code_uses():
    assert {word for word in GLOSSARY if not forms(word) & USED} == set()
