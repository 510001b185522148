"""Names: the row key of a blob name, the name of its result, and the file type it claims."""

import hashlib
import re
from urllib.parse import quote, unquote

# A row key may hold 512 UTF-16 units; escapes are ASCII, so this leaves room.
LONGEST_ROW_KEY = 400
# Cannot begin an escaped name: there, '=' is always followed by two hexadecimal digits.
HASH_MARK = "=="
LONGEST_BLOB_NAME = 1024
EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,5})$")


def can_be_stored(blob_name: str) -> bool:
    """Whether a blob of this very name can exist.

    The address of any other name leads elsewhere, even into another container: HTTP clients resolve
    '..' before they send it, and only a signature by the account key would notice.
    """
    return (
        0 < len(blob_name) <= LONGEST_BLOB_NAME
        and "\0" not in blob_name
        and not {".", ".."} & set(as_stored(blob_name).split("/"))
    )


def as_stored(given: str) -> str:
    r"""The name under which storage keeps a blob of that name: it reads `\` as a slash."""
    return given.replace("\\", "/")


def row_key(blob_name: str) -> str:
    r"""The table key of a blob name: escaped, or hashed when the escaped name is too long.

    Two names never share a key. Table keys forbid `/ \ # ?` and control characters, and '%' is
    awkward in addresses, so UTF-8 bytes are escaped as '=2F'.
    """
    escaped = quote(blob_name, safe="").replace("%", "=")
    if len(escaped) <= LONGEST_ROW_KEY:
        return escaped
    return HASH_MARK + hashlib.sha256(blob_name.encode()).hexdigest()


def blob_name_of(key: str) -> str | None:
    """The blob name that a row key escapes, or None when it holds only a hash."""
    if key.startswith(HASH_MARK):
        return None
    return unquote(key.replace("=", "%"))


def file_type(blob_name: str) -> str:
    """The extension in lower case without its dot, or '' when the name has none."""
    match = EXTENSION.search(blob_name.rpartition("/")[2])
    return match.group(1).lower() if match else ""


def processed_name(blob_name: str, extension: str, *, tell_apart: bool = False) -> str:
    """The name of the result: folders kept, a leading 'upload-' turned into 'processed-'.

    `tell_apart` adds six digits of the upload name's hash, for when another job's result has the
    plain name already (a.png and a.jpg both become a.webp).
    """
    folders, slash, file_name = blob_name.rpartition("/")
    stem = EXTENSION.sub("", file_name) or file_name
    if stem.startswith("upload-"):
        stem = "processed-" + stem.removeprefix("upload-")
    mark = f"-{hashlib.sha256(blob_name.encode()).hexdigest()[:6]}" if tell_apart else ""
    name = f"{folders}{slash}{stem}{mark}.{extension}"
    excess = len(name) - LONGEST_BLOB_NAME
    if excess <= 0:
        return name
    if not tell_apart:
        return processed_name(blob_name, extension, tell_apart=True)
    return f"{(folders + slash + stem)[:-excess]}{mark}.{extension}"
