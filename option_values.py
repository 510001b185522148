"""Kinds of values that an option may have, each read from text and checked as JSON gives it."""

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit

VISIBLE = re.compile(r"[!-~]+")
NEVER_IN_AN_ADDRESS = frozenset('\\"<>^`{|}')
LABEL = r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?"
HOST_NAME = re.compile(rf"(?=.{{1,253}}$)({LABEL}\.)*{LABEL}")
NETWORK_PLACE = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(:\d{1,5})?")
# Whatever ends so is an IPv4 address to some program.
NUMERIC = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)")
BYTE = r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
IPV4 = re.compile(rf"{BYTE}(\.{BYTE}){{3}}")


class Values(Protocol):
    """Which values an option may have; `str()` of it completes the sentence "it must be ..."."""

    def read(self, text: str) -> Any:
        """The value that the text stands for; raises ValueError when there is none."""

    def checked(self, value: Any) -> Any:
        """The value itself, of the right type; raises ValueError when it is not allowed."""

    def write(self, value: Any) -> str:
        """The text that read() turns into the value."""

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""


@dataclass(frozen=True, init=False)
class Choice:
    """One of some words; their case does not count in text."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        """Allow these words, all in lower case."""
        object.__setattr__(self, "words", words)

    def __str__(self) -> str:
        """All words."""
        return f"one of {', '.join(self.words)}"

    def read(self, text: str) -> str:
        """The word."""
        return self.checked(text.lower())

    def checked(self, value: Any) -> str:
        """The word, to the letter."""
        if not isinstance(value, str) or value not in self.words:
            raise ValueError
        return value

    def write(self, value: str) -> str:
        """The word."""
        return value

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True)
class Flag:
    """Yes or no."""

    def __str__(self) -> str:
        """Both words."""
        return "true or false"

    def read(self, text: str) -> bool:
        """`true` or `false`, in any case."""
        return {"true": True, "false": False}[self._word(text.lower())]

    def checked(self, value: Any) -> bool:
        """A boolean; a number is none."""
        if not isinstance(value, bool):
            raise ValueError  # noqa: TRY004 -- one error for all that is not allowed
        return value

    def write(self, value: bool) -> str:
        """`true` or `false`."""
        return "true" if value else "false"

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}

    def _word(self, text: str) -> str:
        if text not in ("true", "false"):
            raise ValueError
        return text


@dataclass(frozen=True)
class Number:
    """A whole number within bounds."""

    least: int
    most: int

    def __str__(self) -> str:
        """The bounds."""
        return f"a whole number from {self.least} to {self.most}"

    def read(self, text: str) -> int:
        """Decimal digits."""
        if not (text.isascii() and text.isdecimal() and len(text) <= len(str(self.most))):
            raise ValueError
        return self.checked(int(text))

    def checked(self, value: Any) -> int:
        """An integer within the bounds; a boolean is none."""
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number or not self.least <= value <= self.most:
            raise ValueError
        return int(value)

    def write(self, value: int) -> str:
        """Decimal digits."""
        return str(value)

    def schema(self) -> dict[str, Any]:
        """An integer."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Text:
    """Any text without control characters."""

    longest: int  # in characters

    def __str__(self) -> str:
        """The length."""
        return f"a text of 1 to {self.longest} characters without control characters"

    def read(self, text: str) -> str:
        """The text itself."""
        return self.checked(text)

    def checked(self, value: Any) -> str:
        """The text; half a surrogate pair, which no encoding knows, counts as a control."""
        if not isinstance(value, str) or not 0 < len(value) <= self.longest:
            raise ValueError
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
            raise ValueError
        return value

    def write(self, value: str) -> str:
        """The text itself."""
        return value

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


@dataclass(frozen=True)
class Address:
    """An address on the web to which something may be sent.

    What programs read in different ways is not allowed: a host is a name, or an IP address in its
    usual form. Whether it leads to where nobody may send, only the moment of sending can tell.
    """

    longest: int = 2048
    schemes: tuple[str, ...] = ("https",)

    def __str__(self) -> str:
        """What it must look like."""
        return (
            f"an {' or '.join(self.schemes)} address of at most {self.longest} characters,"
            " without user and fragment, on port 443 or one from 1024 on"
        )

    def read(self, text: str) -> str:
        """The address itself."""
        return self.checked(text)

    def checked(self, value: Any) -> str:
        """The address."""
        if not isinstance(value, str) or len(value) > self.longest:
            raise ValueError
        if not VISIBLE.fullmatch(value) or NEVER_IN_AN_ADDRESS & set(value):
            raise ValueError
        parts = urlsplit(value)
        if parts.scheme not in self.schemes or "#" in value:
            raise ValueError
        if not NETWORK_PLACE.fullmatch(parts.netloc):
            raise ValueError
        if not self._is_host(parts) or not (parts.port in (None, 443) or parts.port >= 1024):
            raise ValueError  # asking for the port raises one, too, when it is too large
        return value

    def write(self, value: str) -> str:
        """The address itself."""
        return value

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "format": "uri", "maxLength": self.longest}

    def _is_host(self, parts: SplitResult) -> bool:
        name = parts.hostname or ""
        if parts.netloc.startswith("["):
            return bool(IPv6Address(name))  # raises ValueError
        if NUMERIC.fullmatch(name):
            return IPV4.fullmatch(name) is not None
        return HOST_NAME.fullmatch(name) is not None
