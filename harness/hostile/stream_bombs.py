"""Videos whose pictures are too large, too many, or too far apart."""

import re
import struct

from PIL import Image

from harness.hostile import crafting
from harness.hostile.catalogue import OK, Scene, bomb
from harness.samples.media import photo

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", 2)
ONE_FRAME = ("-f", "lavfi", "-i", "color=s=64x64:r=5:d=0.2")


def _moving(scene: Scene, name: str, *words: object, seconds: float = 0.4) -> bytes:
    source = f"testsrc2=s=64x64:r=10:d={seconds}"
    return crafting.made(scene.folder, name, "-f", "lavfi", "-i", source, *words)


class _Bits:
    """The bits of a parameter set, to be read and written anew."""

    def __init__(self, data: bytes) -> None:
        plain = data.replace(b"\0\0\x03", b"\0\0")
        self._bits = "".join(f"{byte:08b}" for byte in plain)
        self._at = 0
        self._written = ""

    def keep(self, count: int) -> str:
        taken = self._bits[self._at : self._at + count]
        self._at += count
        self._written += taken
        return taken

    def keep_number(self) -> int:
        zeros = self._bits.index("1", self._at) - self._at
        return int(self.keep(2 * zeros + 1), 2) - 1

    def replace_number(self, value: int) -> None:
        self._at += 2 * (self._bits.index("1", self._at) - self._at) + 1
        length = (value + 1).bit_length()
        self._written += f"{value + 1:0{2 * length - 1}b}"

    def finished(self) -> bytes:
        """The rest unchanged; its last one marks the end, so zeros may follow."""
        bits = self._written + self._bits[self._at :]
        bits = bits.ljust(-(-len(bits) // 8) * 8, "0")
        raw = int(bits, 2).to_bytes(len(bits) // 8, "big")
        return re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\0\0\x03", raw)


def _units(stream: bytes) -> list[bytes]:
    return re.split(rb"\x00\x00\x00?\x01", stream)


def _h265_of(side_px: int, scene: Scene) -> bytes:
    """A small stream whose parameter set says that its frames are as large as that."""
    words = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")
    stream = crafting.made(scene.folder, "small.hevc", *ONE_FRAME, *words)
    units = _units(stream)
    place = next(n for n, unit in enumerate(units) if unit and unit[0] >> 1 == 33)
    bits = _Bits(units[place])
    bits.keep(16 + 8 + 96)  # header, identity and layers, profile and level
    bits.keep_number()
    bits.keep_number()
    bits.replace_number(side_px)
    bits.replace_number(side_px)
    units[place] = bits.finished()
    return b"\0\0\0\x01".join(units)


def _h264_of(side_px: int, scene: Scene) -> bytes:
    stream = crafting.made(
        scene.folder, "small.h264", *ONE_FRAME, *H264, "-profile:v", "baseline", "-bsf:v", "null"
    )
    units = _units(stream)
    place = next(n for n, unit in enumerate(units) if unit and unit[0] & 31 == 7)
    bits = _Bits(units[place])
    bits.keep(32)  # header, profile, constraints, level
    for _ in range(2):  # identity, frame number's length
        bits.keep_number()
    if bits.keep_number() == 0:  # order of pictures
        bits.keep_number()
    bits.keep_number()  # reference frames
    bits.keep(1)
    bits.replace_number(side_px // 16 - 1)
    bits.replace_number(side_px // 16 - 1)
    units[place] = bits.finished()
    return b"\0\0\0\x01".join(units)


def _muxed(stream: bytes, kind: str, name: str, scene: Scene) -> bytes:
    source = scene.folder / f"patched.{kind}"
    source.write_bytes(stream)
    clock = ("-bsf:v", "setts=ts=N*240000")  # a raw stream has none; this is 5 frames a second
    return crafting.made(scene.folder, name, "-f", kind, "-i", source, "-c", "copy", *clock)


@bomb("LIMIT_PIXELS")
def h265_of_8192_square(scene: Scene) -> bytes:
    return _muxed(_h265_of(8_192, scene), "hevc", "in.mp4", scene)


@bomb("LIMIT_PIXELS")
def h265_of_12288_square(scene: Scene) -> bytes:
    return _muxed(_h265_of(12_288, scene), "hevc", "in.mkv", scene)


@bomb("LIMIT_PIXELS")
def h264_of_16000_square(scene: Scene) -> bytes:
    return _muxed(_h264_of(16_000, scene), "h264", "in.mp4", scene)


@bomb("LIMIT_PIXELS")
def h264_of_16000_square_in_ts(scene: Scene) -> bytes:
    return _muxed(_h264_of(16_000, scene), "h264", "in.ts", scene)


@bomb("LIMIT_PIXELS", "CORRUPT")
def h264_whose_box_says_64_and_stream_16000(scene: Scene) -> bytes:
    data = _muxed(_h264_of(16_000, scene), "h264", "in.mp4", scene)
    at = data.index(b"avc1", data.index(b"stsd")) + 28
    return data[:at] + struct.pack(">HH", 64, 64) + data[at + 4 :]


@bomb("LIMIT_PIXELS")
def h264_of_8192_square_whole(scene: Scene) -> bytes:
    source = "color=s=8192x8192:r=1"
    return crafting.made(scene.folder, "in.mp4", "-f", "lavfi", "-i", source, "-frames:v", 1, *H264)


@bomb(OK, "CORRUPT", "LIMIT_PIXELS")
def h264_that_grows_to_16000_on_its_way(scene: Scene) -> bytes:
    words = (*H264, "-profile:v", "baseline", "-bsf:v", "null")
    small = _moving(scene, "start.h264", *words)
    return _muxed(small + _h264_of(16_000, scene), "h264", "in.ts", scene)


@bomb("LIMIT_PIXELS", "CORRUPT")
def vp8_of_16383_square(scene: Scene) -> bytes:
    data = bytearray(_moving(scene, "in.webm", "-c:v", "libvpx", "-b:v", "200k", seconds=0.2))
    at = data.index(b"\x9d\x01\x2a")
    data[at + 3 : at + 7] = struct.pack("<HH", 16_383, 16_383)
    return bytes(data)


def _avi_of(codec: bytes, picture: bytes, side_px: int) -> bytes:
    form = crafting.avi_picture_format(side_px, side_px, codec)
    streams = [(crafting.avi_stream(b"vids", codec), form)]
    return crafting.avi(streams, [(b"00dc", picture)] * 4)


@bomb("LIMIT_PIXELS")
def motion_png_of_13000_square(scene: Scene) -> bytes:
    return _avi_of(b"MPNG", crafting.png_of_zeros(13_000, 13_000, 1, 0), 13_000)


@bomb("LIMIT_PIXELS", "CORRUPT")
def motion_png_that_says_64(scene: Scene) -> bytes:
    return _avi_of(b"MPNG", crafting.png_of_zeros(13_000, 13_000, 1, 0), 64)


@bomb("LIMIT_PIXELS")
def motion_jpeg_of_65535_square(scene: Scene) -> bytes:
    data = bytearray(crafting.saved(photo((64, 64)), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    return _avi_of(b"MJPG", bytes(data), 64)


@bomb("LIMIT_PIXELS")
def raw_video_of_30000_square(scene: Scene) -> bytes:
    return _avi_of(b"I420", bytes(6_144), 30_000)


@bomb(OK)
def gap_of_ten_hours(scene: Scene) -> bytes:
    gap = ("-vf", "setpts='if(lt(N,2),N,N+360000)/10/TB'", "-fps_mode", "passthrough")
    return _moving(scene, "in.mp4", *gap, *H264)


@bomb("LIMIT_FRAMES")
def million_frames_a_second(scene: Scene) -> bytes:
    words = (*H264, "-tune", "zerolatency", "-video_track_timescale", 1_000_000)
    source = "color=s=16x16:r=1000000"
    return crafting.made(
        scene.folder, "in.mp4", "-f", "lavfi", "-i", source, "-frames:v", 12_000, *words
    )


@bomb(OK, "LIMIT_FRAMES")
def million_frames_a_second_of_few(scene: Scene) -> bytes:
    words = (*H264, "-video_track_timescale", 1_000_000)
    source = "testsrc2=s=64x64:r=1000000"
    return crafting.made(
        scene.folder, "in.mp4", "-f", "lavfi", "-i", source, "-frames:v", 100, *words
    )


@bomb(OK, "CORRUPT")
def ten_hours_of_silence_with_one_frame(scene: Scene) -> bytes:
    silence = scene.folder / "silence.aac"
    words = ("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", 1, "-c:a", "aac")
    second = crafting.made(scene.folder, "second.aac", *words)
    silence.write_bytes(second * 36_000)
    still = scene.folder / "still.mp4"
    still.write_bytes(crafting.made(scene.folder, "one.mp4", *ONE_FRAME, *H264))
    return crafting.made(
        scene.folder, "in.mp4", "-i", still, "-f", "aac", "-i", silence, "-c", "copy"
    )


@bomb(OK)
def duration_of_136_years(scene: Scene) -> bytes:
    data = bytearray(_moving(scene, "in.mp4", *H264))
    for kind, offset in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        at = data.index(kind)
        struct.pack_into(">I", data, at + offset, 2**32 - 2)
    return bytes(data)


@bomb(OK, "CORRUPT")
def pixels_65535_times_as_wide_as_high(scene: Scene) -> bytes:
    return _moving(scene, "in.mp4", "-vf", "setsar=65535/1", *H264)


@bomb("NO_VIDEO", "LIMIT_PIXELS")
def sound_with_a_cover_of_13000_square(scene: Scene) -> bytes:
    cover = scene.folder / "cover.png"
    Image.new("RGB", (64, 64), "red").save(cover)
    sound = ("-f", "lavfi", "-i", "sine=440:d=0.5", "-i", cover, "-map", 0, "-map", 1)
    words = (*sound, "-c:a", "aac", "-c:v", "copy", "-disposition:v:0", "attached_pic")
    data = crafting.made(scene.folder, "in.m4a", *words)
    small = cover.read_bytes()
    return crafting.with_box(
        data,
        b"moov/udta",
        _cover_box(crafting.png_of_zeros(13_000, 13_000, 1, 0) or small),
    )


def _cover_box(png: bytes) -> bytes:
    value = crafting.box(b"data", struct.pack(">II", 14, 0), png)
    items = crafting.box(b"ilst", crafting.box(b"covr", value))
    handler = crafting.full_box(b"hdlr", bytes(4) + b"mdirappl" + bytes(9))
    return crafting.box(b"udta", crafting.full_box(b"meta", handler + items))


@bomb("NO_VIDEO")
def sound_only(scene: Scene) -> bytes:
    words = ("-f", "lavfi", "-i", "sine=440:d=0.5", "-c:a", "aac")
    return crafting.made(scene.folder, "in.m4a", *words)
