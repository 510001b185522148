"""MP4 and MOV files whose index lies: about counts, sizes, places, and other files."""

import struct

from harness.hostile import crafting
from harness.hostile.catalogue import OK, Scene, bomb
from harness.hostile.crafting import box, full_box
from harness.hostile.stream_bombs import H264

TABLE = b"moov/trak/mdia/minf/stbl/"
MANY = 2**32 - 1


def _clip(scene: Scene, *words: object, name: str = "in.mp4") -> bytes:
    source = "testsrc2=s=64x64:r=10:d=0.5"
    return crafting.made(scene.folder, name, "-f", "lavfi", "-i", source, *H264, *words)


def _with_table(scene: Scene, kind: bytes, body: bytes) -> bytes:
    return crafting.with_box(_clip(scene), TABLE + kind, full_box(kind, body))


@bomb("CORRUPT", named="in.mp4")
def mp4_box_of_four_gigabytes(scene: Scene) -> bytes:
    data = _clip(scene)
    at = data.index(b"mdat") - 4
    return data[:at] + b"\xff\xff\xff\xf0" + data[at + 4 :]


@bomb("CORRUPT", "NO_VIDEO")
def mp4_box_of_eight_exabytes(scene: Scene) -> bytes:
    data = _clip(scene)
    at = data.index(b"mdat") - 4
    return data[:at] + struct.pack(">I4sQ", 1, b"mdat", 2**63 - 1) + data[at + 8 :]


@bomb("CORRUPT", OK)
def mp4_index_of_four_gigabytes(scene: Scene) -> bytes:
    data = _clip(scene)
    at = data.index(b"moov") - 4
    return data[:at] + b"\xff\xff\xff\xf0" + data[at + 4 :]


@bomb("CORRUPT", OK)
def mp4_of_four_billion_times(scene: Scene) -> bytes:
    return _with_table(scene, b"stts", struct.pack(">III", MANY, 1, 1))


@bomb("CORRUPT", "LIMIT_FRAMES", OK)
def mp4_of_one_time_for_two_billion_frames(scene: Scene) -> bytes:
    return _with_table(scene, b"stts", struct.pack(">III", 1, 2**31 - 1, 1))


@bomb("CORRUPT", "LIMIT_FRAMES", OK)
def mp4_of_two_billion_shifted_times(scene: Scene) -> bytes:
    return crafting.with_box(
        _clip(scene), TABLE + b"ctts", full_box(b"ctts", struct.pack(">III", 1, 2**31 - 1, 9))
    ) + full_box(b"free", b"")


@bomb("CORRUPT", "LIMIT_FRAMES", OK)
def mp4_of_four_billion_sizes(scene: Scene) -> bytes:
    return _with_table(scene, b"stsz", struct.pack(">II", 0, MANY))


def _of_equal_samples(scene: Scene, count: int) -> bytes:
    """All samples one byte long, in one chunk: an index cheap to write, and dear to read."""
    data = _clip(scene)
    for kind, body in {
        b"stsz": struct.pack(">II", 1, count),
        b"stts": struct.pack(">III", 1, count, 1),
        b"stsc": struct.pack(">IIII", 1, 1, count, 1),
        b"stco": struct.pack(">II", 1, 48),
    }.items():
        data = crafting.with_box(data, TABLE + kind, full_box(kind, body))
    return data


@bomb("CORRUPT", "LIMIT_FRAMES")
def mp4_of_fifty_million_samples_in_3_kilobytes(scene: Scene) -> bytes:
    return _of_equal_samples(scene, 50_000_000)


@bomb("CORRUPT", "LIMIT_FRAMES")
def mp4_of_two_million_samples_in_3_kilobytes(scene: Scene) -> bytes:
    return _of_equal_samples(scene, 2_500_000)


@bomb("CORRUPT", "LIMIT_FRAMES", OK)
def mp4_of_four_billion_chunks(scene: Scene) -> bytes:
    return _with_table(scene, b"stco", struct.pack(">II", MANY, 48))


@bomb("CORRUPT", "LIMIT_FRAMES", OK)
def mp4_of_a_million_edits(scene: Scene) -> bytes:
    edits = struct.pack(">IIiHH", 0, 1, 0, 1, 0)[4:] * 1_000_000
    edited = box(b"edts", full_box(b"elst", struct.pack(">I", 1_000_000) + edits))
    data = _clip(scene)
    return crafting.with_box(data, b"moov/trak/edts", edited)


@bomb("CORRUPT", OK)
def mp4_edited_to_begin_in_a_thousand_years(scene: Scene) -> bytes:
    edit = struct.pack(">IQqHH", 1, 2**62, -1, 1, 0)
    return crafting.with_box(
        _clip(scene), b"moov/trak/edts", box(b"edts", full_box(b"elst", edit, version=1))
    )


@bomb("CORRUPT", "LIMIT_FRAMES", OK)
def fragment_of_ten_million_samples(scene: Scene) -> bytes:
    """A run of samples for which nothing is written at all: size and time are the track's own."""
    data = _clip(scene, "-movflags", "frag_keyframe+empty_moov+default_base_moof")
    track = struct.unpack_from(">I", crafting.nested(data, b"moof/traf/tfhd"), 4)[0]
    head = full_box(b"tfhd", struct.pack(">III", track, 1, 1), flags=0x20018)
    run = full_box(b"trun", struct.pack(">Ii", 10_000_000, 0), flags=1)
    return crafting.with_box(data, b"moof/traf", box(b"traf", head, run * 4))


@bomb("CORRUPT", OK, "NO_VIDEO")
def mp4_of_ten_thousand_nested_boxes(scene: Scene) -> bytes:
    data, deep = _clip(scene), b""
    for _ in range(10_000):
        deep = box(b"trak", deep)
    moov = crafting.nested(data, b"moov")
    return crafting.with_box(data, b"moov", box(b"moov", moov, deep))


@bomb("CORRUPT", OK, "NO_VIDEO")
def mp4_of_a_million_empty_boxes(scene: Scene) -> bytes:
    return _clip(scene) + box(b"free") * 1_000_000


@bomb("CORRUPT", "UNSUPPORTED", "LIMIT_FRAMES", OK)
def mp4_of_a_thousand_tracks(scene: Scene) -> bytes:
    data = _clip(scene)
    moov = crafting.nested(data, b"moov")
    track = box(b"trak", crafting.nested(moov, b"trak"))
    return crafting.with_box(data, b"moov", box(b"moov", moov, track * 999))


@bomb("CORRUPT", OK)
def mp4_of_a_description_for_each_sample(scene: Scene) -> bytes:
    data = _clip(scene)
    entry = crafting.nested(data, TABLE + b"stsd")[8:]
    many = full_box(b"stsd", struct.pack(">I", 5_000) + entry * 5_000)
    return crafting.with_box(data, TABLE + b"stsd", many)


def _with_reference(scene: Scene, kind: bytes, body: bytes, flags: int = 0) -> bytes:
    """The samples of the track are to be read from elsewhere; what is here has been zeroed."""
    data = _clip(scene, name="in.mov")
    reference = full_box(b"dref", struct.pack(">I", 1) + full_box(kind, body, flags=flags))
    placed = box(b"dinf", reference)
    data = crafting.with_box(data, b"moov/trak/mdia/minf/dinf", placed)
    at = data.index(b"mdat") + 4
    (size,) = struct.unpack_from(">I", data, at - 8)
    return data[:at] + bytes(size - 8) + data[at + size - 8 :]


@bomb("CORRUPT", named="in.mov")
def mov_whose_samples_are_in_another_file(scene: Scene) -> bytes:
    return _with_reference(scene, b"url ", f"file://{scene.canary}".encode() + b"\0")


@bomb("CORRUPT", named="in.mov")
def mov_whose_samples_are_on_the_web(scene: Scene) -> bytes:
    return _with_reference(scene, b"url ", f"http://127.0.0.1:{scene.port}/a.mp4".encode() + b"\0")


@bomb("CORRUPT", named="in.mov")
def mov_with_an_alias_of_another_file(scene: Scene) -> bytes:
    """The record of a Macintosh alias: names, then typed fields, of which 2 and 18 are the path."""
    path = str(scene.canary).encode()
    name = scene.canary.name.encode()
    fields = b""
    for kind, text in ((2, path), (18, path), (0, scene.canary.parent.name.encode())):
        fields += struct.pack(">HH", kind, len(text)) + text + bytes(len(text) % 2)
    fields += struct.pack(">Hh", 0xFFFF, 0)
    body = struct.pack(">IHHH", 0, 150 + len(fields), 2, 0)
    body += bytes([1]) + b"/".ljust(27, b"\0") + bytes(4) + b"H+" + bytes(2 + 4)
    body += bytes([len(name)]) + name.ljust(63, b"\0") + bytes(16) + struct.pack(">HH", 1, 1)
    return _with_reference(scene, b"alis", (body + bytes(16)).ljust(146, b"\0") + fields)


@bomb("CORRUPT", "NO_VIDEO", OK, named="in.mov")
def mov_reference_movie(scene: Scene) -> bytes:
    """An index that is nothing but the address of another movie."""
    address = f"http://127.0.0.1:{scene.port}/a.mov".encode() + b"\0"
    link = full_box(b"rdrf", b"url " + struct.pack(">I", len(address)) + address)
    head = box(b"ftyp", b"qt  " + bytes(4) + b"qt  ")
    return head + box(b"moov", box(b"rmra", box(b"rmda", link)))


@bomb("CORRUPT", "UNSUPPORTED", "NO_VIDEO", OK)
def mp4_index_that_unpacks_to_a_gigabyte(scene: Scene) -> bytes:
    size = 1 << 30
    packed = box(b"cmvd", struct.pack(">I", size), crafting.deflated_zeros(size))
    method = box(b"dcom", b"zlib")
    return box(b"ftyp", b"qt  " + bytes(4)) + box(b"moov", box(b"cmov", method, packed))


@bomb("CORRUPT", "UNSUPPORTED", "NO_VIDEO")
def mp4_that_is_encrypted(scene: Scene) -> bytes:
    key = "00112233445566778899aabbccddeeff"
    words = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", key, "-encryption_kid", key)
    return _clip(scene, *words)


@bomb("CORRUPT", "NO_VIDEO")
def mp4_of_only_a_signature(scene: Scene) -> bytes:
    return box(b"ftyp", b"isom" + bytes(4) + b"isommp42")


@bomb("CORRUPT")
def mp4_without_its_second_half(scene: Scene) -> bytes:
    data = _clip(scene)
    return data[: len(data) // 2]
