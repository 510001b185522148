"""What is wrong with the text of one setting, whatever setting it is; and with a schedule."""

import re
from typing import Any

# What a platform or a template puts in the place of a value, and leaves there when it finds none.
REFERENCES = re.compile(r"^\s*@Microsoft\.(KeyVault|AppConfiguration)\(", re.IGNORECASE)
PLACEHOLDERS = re.compile(
    r"^(\$[A-Z][A-Z0-9_]*|\$env:\w+|%[^%\s]+%|\{[A-Za-z_]+\}|\$\[.*\]|\(\(.*\)\)|\[\[.*\]\]|<.*>|__\w+__)$",
    re.IGNORECASE,
)
# Those that no secret has by chance, wherever they stand in a text: each names something.
IN_A_TEXT = re.compile(
    r"\$\{[\w.:-]+\}|\$\([\w.:-]+\)|\$\[\[?\s*[\w.:-]+\s*\]?\]|\{\{\s*[\w.:-]+\s*\}\}|#\{[\w.:-]+\}#?"
    r"|\(\(\s*[\w.:-]+\s*\)\)|\[\[\s*[\w.:-]+\s*\]\]|\$env:\w+"
)
QUOTES = frozenset("\"'`\u2018\u2019\u201c\u201d")
# A key in PEM has lines.
OF_SEVERAL_LINES = frozenset({"SFTP_PRIVATE_KEY", "SFTP_HOST_KEY"})
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# NCRONTAB: the name of each field, its lowest and highest number, and the words for numbers.
FIELDS = (
    ("second", 0, 59, ()),
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day of the week", 0, 6, DAYS),
)
PART = re.compile(r"^(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?$")


def text_faults(values: dict[str, Any]) -> dict[str, str]:
    """By the names of settings: what makes their text no value at all. No text is repeated."""
    faults = {name: _text_fault(name, text) for name, text in values.items()}
    return {name: fault for name, fault in faults.items() if fault}


def _text_fault(name: str, text: Any) -> str | None:
    if not isinstance(text, str) or not text:
        return None
    bare = text.strip().strip("".join(QUOTES))
    if found := next(filter(None, map(REFERENCES.match, _parts(bare))), None):
        place = "key vault" if found[1].lower() == "keyvault" else "App Configuration store"
        return f"was not resolved: may the app's identity read the {place} that it refers to?"
    if IN_A_TEXT.search(text) or any(PLACEHOLDERS.match(part.strip()) for part in _parts(bare)):
        return "was not resolved: it still holds a placeholder"
    if len(text) > 1 and text[0] in QUOTES and text[-1] in QUOTES:
        return "has quotes around it, which are taken for a part of it; leave them out"
    if name not in OF_SEVERAL_LINES and ("\n" in text or "\r" in text):
        return "has a line end in it; a secret that was read from a file often ends in one"
    return None


def _parts(text: str) -> list[str]:
    """The whole, and the values of what may be a connection string."""
    return [text, *(part.partition("=")[2] for part in text.split(";") if "=" in part)]


def schedule_fault(text: str) -> str | None:
    """What is wrong with an NCRONTAB expression of five or six fields, if anything is."""
    fields = text.split()
    if len(fields) not in (5, 6):
        return f"has {len(fields)} fields"
    for (name, lowest, highest, words), field in zip(FIELDS[-len(fields) :], fields, strict=True):
        parts = field.lower().split(",")
        if not all(_is_part(part, lowest, highest, words) for part in parts):
            return f"cannot have {field!r} as the {name}"
    return None


def _is_part(part: str, lowest: int, highest: int, words: tuple[str, ...]) -> bool:
    found = PART.match(part)
    if found is None or (found["step"] and int(found["step"]) not in range(1, highest + 1)):
        return False
    ends = [_number(end, lowest, words) for end in (found["first"], found["last"]) if end]
    are_known = all(number is not None and lowest <= number <= highest for number in ends)
    return are_known and ends == sorted(ends, key=lambda number: number or 0)


def _number(text: str, lowest: int, words: tuple[str, ...]) -> int | None:
    if text.isdecimal():
        return int(text)
    return lowest + words.index(text) if text in words else None
