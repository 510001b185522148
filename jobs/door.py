"""How an upload came, which its name tells: the names that are made for files sent to us."""

import re
import unicodedata
from enum import Enum, auto
from uuid import UUID

from errors.requests import InvalidNameError
from jobs.naming import EXTENSION

LONGEST_FILE_NAME = 200
UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
SENT_NAME = re.compile(rf"(?:.+/)?(?:compress|video)/{UUID4}\.[a-z0-9]+", re.DOTALL)
LINKED_NAME = re.compile(rf"(?:.+/)?{UUID4}/[^/]+", re.DOTALL)
# Control characters, format (bidi marks), unassigned, private, surrogates; separators of lines.
INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


class Door(Enum):
    """The ways in."""

    STORAGE = auto()  # a client wrote the blob itself, under a name of its own
    FORM = auto()  # in the form of one of the HTTP contracts
    LINK = auto()  # by a link that was made for it


def door_of(blob_name: str) -> Door:
    """The way in that such names are made for; whoever may write any blob can imitate them."""
    if SENT_NAME.fullmatch(blob_name):
        return Door.FORM
    return Door.LINK if LINKED_NAME.fullmatch(blob_name) else Door.STORAGE


def sent_name(folder: str, unique: UUID, extension: str) -> str:
    """The name of a file that came in a form: nothing of what its sender calls it."""
    return f"{folder}/{unique}.{extension}"


def linked_name(folder: str, unique: UUID, file_name: str) -> str:
    """The name that a link is made for: a folder of its own, so that results keep file names.

    Raises InvalidNameError when storage, a disk or a page would read the folder's name otherwise.
    """
    if folder and any(part != plain_file_name(part) for part in folder.split("/")):
        raise InvalidNameError("A folder has visible letters, and no '..', backslash or blank end.")
    own_folder = f"{folder}/{unique}" if folder else str(unique)
    return f"{own_folder}/{plain_file_name(file_name)}"


def plain_file_name(given: str) -> str:
    """What a client calls its file, as every storage, disk and page can show it.

    The last segment, composed (NFC), without invisible letters, without blanks and dots at its
    ends, cut before its extension. Where nothing is left it becomes `file`.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    visible = "".join(each for each in last if unicodedata.category(each) not in INVISIBLE)
    name = visible.strip().rstrip(". ") or "file"
    found = EXTENSION.search(name)
    extension = found.group() if found else ""
    return name.removesuffix(extension)[: LONGEST_FILE_NAME - len(extension)] + extension
