"""Blob names that are awkward somewhere: in an address, in XML, in a row key or in a query."""

import hashlib
import json
import random
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

LONGEST = 1024
NAUGHTY = json.loads((Path(__file__).parent / "naughty_names.json").read_text(encoding="utf-8"))
# XML 1.0 has no way to write these, so a listing that holds one is not XML.
NOT_IN_XML = (*map(chr, (*range(1, 9), 11, 12, *range(14, 32))), "\ufffe", "\uffff")
ALPHABETS = (
    "abcXYZ019-_.~ ",
    "!#$%&'()*+,;=:@[]{}^`|\"<>?/",
    "áéíóúçñøåßæœÿžłđħ",
    "αβγδεζηθжзиклмن هابی日月火水木金土한글ไทย",
    "😀🎉👍🏽🌍🚀💾🖼\ufe0f\u200d",
    "a\u0300\u0301\u0308\u030a\u0323\u200b\u202e\u2066\u00ad",
    "\t\n\x7f\x80\x85\x9f\u2028\u2029\u3000\u00a0",
)


def listable_names(count: int, seed: int) -> list[str]:
    """Different names, the same for a seed; twins that one could mistake stand side by side."""
    return _different(_names(random.Random(f"names {seed}")), count)


def unlistable_names(count: int, seed: int) -> list[str]:
    """Names with a character that XML cannot hold."""
    chance = random.Random(f"unlistable {seed}")

    def names() -> Iterator[str]:
        for number, bad in enumerate(NOT_IN_XML * (1 + count // len(NOT_IN_XML))):
            place = chance.choice(("{0}{1}.png", "{1}{0}", "folder/{1}{0}{1}.png"))
            yield place.format(bad, f"bad-{number}")

    return _different(names(), count)


def is_same_to_storage(one: str, other: str) -> bool:
    """Storage reads a backslash in an address as a slash."""
    return one.replace("\\", "/") == other.replace("\\", "/")


def is_addressable(name: str) -> bool:
    """Whether an HTTP client can ask for it at all, and storage promises to keep it.

    Clients resolve segments of dots, and send no lone surrogate; storage promises 1,024 characters.
    """
    is_text = not any("\ud800" <= each <= "\udfff" for each in name)
    segments = name.replace("\\", "/").split("/")
    return is_text and len(name) <= LONGEST and not {".", ".."} & set(segments)


def _different(names: Iterator[str], count: int) -> list[str]:
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.replace("\\", "/"), name)
        if len(found) >= count:
            break
    return list(found.values())


def _names(chance: random.Random) -> Iterator[str]:
    yield from chance.sample(NAUGHTY, len(NAUGHTY))
    makers: tuple[Callable[[random.Random], tuple[str, ...]], ...] = (
        _random,
        _forms,
        _cases,
        _long,
        _keys,
        _embedded,
    )
    while True:
        yield from chance.choice(makers)(chance)


def _random(chance: random.Random) -> tuple[str, ...]:
    letters = "".join(chance.sample(ALPHABETS, 2))
    return ("".join(chance.choices(letters, k=chance.randrange(1, 40))),)


def _forms(chance: random.Random) -> tuple[str, ...]:
    """One text in every form of Unicode."""
    text = "".join(chance.choices(ALPHABETS[2] + "Å ﬁ한", k=chance.randrange(2, 12)))
    return tuple(unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD"))


def _cases(chance: random.Random) -> tuple[str, ...]:
    text = "".join(chance.choices("abcdeéßijk", k=6)) + chance.choice((".png", "", "/x.jpg"))
    return (text, text.upper(), text.title(), f"{text} ", f"{text}.")


def _long(chance: random.Random) -> tuple[str, ...]:
    """As long as may be, one less and one more; which of them end alike."""
    letter = chance.choice(("n", "é", "日", "/a", "a.", "%2F", "🌍"))
    text = f"{chance.randrange(10**6)}-" + letter * LONGEST
    tail = chance.choice((".png", "", "/b.jpg"))
    return tuple(text[: size - len(tail)] + tail for size in (LONGEST, LONGEST - 1, LONGEST + 1))


def _keys(chance: random.Random) -> tuple[str, ...]:
    """A name, and what a table or a cache might call it."""
    name = f"{chance.randrange(10**6)}/ü {chance.choice('#?%')}.png"
    escaped = "".join(c if c.isalnum() else f"={ord(c):02X}" for c in name)
    return (name, escaped, "==" + hashlib.sha256(name.encode()).hexdigest(), f"jobs,{name}")


def _embedded(chance: random.Random) -> tuple[str, ...]:
    """Something naughty in the middle of a path."""
    return (f"{chance.randrange(10**6)}/{chance.choice(NAUGHTY)}/{chance.randrange(10)}.png",)
