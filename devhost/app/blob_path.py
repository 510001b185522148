"""Matches blob names against a binding's path pattern."""

import re
from dataclasses import dataclass

from devhost.failure import StartFailure

TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class BlobPath:
    """A pattern such as uploads/{name}: a container, and a regular expression for blob names."""

    text: str
    container: str
    blob: re.Pattern[str]

    def match(self, container: str, blob: str) -> dict[str, str] | None:
        """The values of the tokens, or None. A token crosses "/" and takes what it can."""
        if container.lower() != self.container:
            return None
        match = self.blob.fullmatch(blob)
        return None if match is None else match.groupdict()


def blob_path(text: str) -> BlobPath:
    """The pattern in `text`; raises StartFailure when the host would refuse it."""
    container, slash, rest = text.partition("/")
    if not container or "{" in container:
        raise StartFailure(f"'{text}' is no valid blob path: its container must be a plain name.")
    pattern, position = "", 0
    for token in TOKEN.finditer(rest):
        pattern += re.escape(rest[position : token.start()]) + _group(token, text)
        position = token.end()
    # A path that is a container alone means every blob in it.
    pattern = pattern + re.escape(rest[position:]) if slash and rest else ".*"
    return BlobPath(text, container.lower(), re.compile(pattern, re.DOTALL))


def _group(token: re.Match[str], text: str) -> str:
    if token[1] is None:
        return re.escape(token[0][0])
    if not token[1].isidentifier():
        raise StartFailure(f"'{text}' is no valid blob path: '{{{token[1]}}}' is no name.")
    return f"(?P<{token[1]}>.*)"
