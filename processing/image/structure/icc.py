"""Takes out of an ICC profile what its colours do not need: names, serial numbers, dates."""

from typing import Final

_HEADER_BYTES: Final = 128
_COLORS: Final = frozenset(
    (
        *(b"rXYZ", b"gXYZ", b"bXYZ", b"kXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"cicp"),
        *(b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2", b"wtpt", b"bkpt", b"chad"),
    )
)
# Places in the header that name its maker, its date, its device, and a checksum of it all.
_SPEAKING: Final = ((4, 8), (24, 36), (40, 44), (48, 64), (80, 128))
_OLD_NAME: Final = b"desc" + bytes(4) + b"\0\0\0\x02-\0" + bytes(78)
_OLD_RIGHTS: Final = b"text" + bytes(4) + b"-\0"
_TEXT: Final = b"mluc" + bytes(4) + b"\0\0\0\1\0\0\0\x0cenUS" + b"\0\0\0\2" + b"\0\0\0\x1c" + b"\0-"


def silent(profile: bytes) -> bytes:
    """The same colours in a profile that says nothing else; empty when it is none."""
    if profile[36:40] != b"acsp" or len(profile) < _HEADER_BYTES + 4:
        return b""
    is_old = profile[8] < 4  # its major version
    tags = {b"desc": _OLD_NAME if is_old else _TEXT, b"cprt": _OLD_RIGHTS if is_old else _TEXT}
    count = int.from_bytes(profile[_HEADER_BYTES : _HEADER_BYTES + 4], "big")
    last = min(_HEADER_BYTES + 4 + 12 * count, len(profile) - 11)
    for at in range(_HEADER_BYTES + 4, last, 12):
        start, size = (int.from_bytes(profile[at + by : at + by + 4], "big") for by in (4, 8))
        if profile[at : at + 4] in _COLORS:
            tags[profile[at : at + 4]] = profile[start : start + size]
    header = bytearray(profile[:_HEADER_BYTES])
    for start, end in _SPEAKING:
        header[start:end] = bytes(end - start)
    return assembled(bytes(header), tags)


def assembled(header: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A profile of these tags; equal ones are stored once. `header`'s size is put right."""
    table, content, places = len(tags).to_bytes(4, "big"), b"", dict[bytes, int]()
    first = _HEADER_BYTES + 4 + 12 * len(tags)
    for name, value in tags.items():
        if value not in places:
            places[value] = first + len(content)
            content += value + bytes(-len(value) % 4)
        table += name + places[value].to_bytes(4, "big") + len(value).to_bytes(4, "big")
    whole = header + table + content
    return len(whole).to_bytes(4, "big") + whole[4:]
