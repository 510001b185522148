"""Tells whether a video is encrypted, which readers overlook: they would show grey rubbish."""

import re
from pathlib import Path
from typing import Final

from processing.isobmff.mp4_index import read_index

_HEAD_BYTES: Final = 256 * 1024
_ENCRYPTED_ENTRIES: Final = frozenset({"encv", "enca", "drmi", "drms"})
# ContentEncodings, ContentEncoding, ContentEncryption: one inside the other, with sizes between.
_MATROSKA_ENCRYPTION: Final = re.compile(
    rb"\x6d\x80.{1,8}\x62\x40.{1,40}?\x50\x35[\x80-\xff\x40-\x7f\x01]", re.DOTALL
)
_SECTOR_BYTES: Final = 2048  # of a DVD: a pack with its header, and a packet in it
_PACK_HEADER_BYTES: Final = 14
_ASF_ENCRYPTION: Final = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
)


def is_encrypted(source: Path, demuxer: str) -> bool:
    """Whether `source` says that its tracks are encrypted."""
    if demuxer == "mov":
        return any(track.codec in _ENCRYPTED_ENTRIES for track in read_index(source))
    with source.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if demuxer == "mpeg":
        return _is_scrambled(head)
    if demuxer == "matroska":
        return _MATROSKA_ENCRYPTION.search(head) is not None
    return demuxer == "asf" and any(mark in head for mark in _ASF_ENCRYPTION)


def _is_scrambled(head: bytes) -> bool:
    """Whether a packet of a DVD says that it is scrambled."""
    for sector in range(_PACK_HEADER_BYTES, len(head) - 8, _SECTOR_BYTES):
        packet = head[sector : sector + 7]
        is_media = packet[:3] == b"\0\0\1" and (packet[3] == 0xBD or 0xC0 <= packet[3] <= 0xEF)
        if is_media and packet[6] & 0xF0 in {0x90, 0xA0, 0xB0}:
            return True
    return False
