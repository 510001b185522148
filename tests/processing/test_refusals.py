"""What is hostile, damaged or too much is refused with its code, quickly, touching nothing else."""

import socket
import struct
import threading
import time
import zlib

import pytest
from PIL import Image

from errors import (
    CorruptMediaError,
    EncodingError,
    LimitFramesError,
    LimitPixelsError,
    NoVideoError,
    UnsupportedMediaError,
)
from harness.samples import media
from processing.sandbox import program
from processing.sandbox.limits import Bounds
from processing.video.ffprobe import decoding_failure

TEXTS = {
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    "pdf": b"%PDF-1.7\n1 0 obj\n",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 5004 RTP/AVP 96\n",
    "ffmetadata": b";FFMETADATA1\ntitle=x\n",
    "dash": b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>",
    "mvg": b"push graphic-context\nviewbox 0 0 1 1\nfill 'url(https://127.0.0.1/)'\n",
    "zip": b"PK\x03\x04" + bytes(64),
    "elf": b"\x7fELF" + bytes(64),
    "zeros": bytes(4096),
    "tga": bytes.fromhex("000002000000000000000000080008001800") + bytes(192),
    "short": b"\x89",
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_no_photo_and_no_video_is_unsupported(squeeze, tmp_path, name):
    source = tmp_path / "holiday.mp4"
    source.write_bytes(TEXTS[name])

    with pytest.raises(UnsupportedMediaError):
        squeeze(source)


def test_a_playlist_opens_no_other_file(squeeze, tmp_path):
    secret = media.clip(tmp_path / "secret.mp4")
    playlists = (
        f"ffconcat version 1.0\nfile {secret.name}\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
    )
    for text in playlists:
        source = tmp_path / "in.mp4"
        source.write_text(text)

        with pytest.raises(UnsupportedMediaError):
            squeeze(source)


def test_a_playlist_behind_a_video_signature_connects_to_nobody(squeeze, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        playlist = f"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n"
        source = tmp_path / "in.mp4"
        for signature in (
            b"\x00\x00\x00\x14ftypisom\x00\x00\x02\x00isom",
            b"\x1aE\xdf\xa3",
            b"RIFF\x00\x00\x00\x00AVI ",
            b"FLV\x01\x05\x00\x00\x00\x09",
        ):
            source.write_bytes(signature + playlist.encode())

            with pytest.raises((CorruptMediaError, NoVideoError)):
                squeeze(source)

        with pytest.raises(TimeoutError):
            server.accept()


def png_of_one_bit(side):
    row = zlib.compress(bytes(1 + side // 8) * side, 9)

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", row) + chunk(b"IEND", b"")


def test_an_image_bomb_is_refused_by_its_header(squeeze, tmp_path):
    source = tmp_path / "in"
    source.write_bytes(png_of_one_bit(13_000))
    began = time.monotonic()

    with pytest.raises(LimitPixelsError):
        squeeze(source)

    assert time.monotonic() - began < 5


def test_a_header_that_promises_too_many_pixels_is_refused(squeeze, tmp_path):
    source = tmp_path / "in"
    media.photo((64, 64)).save(source, "JPEG")
    data = bytearray(source.read_bytes())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    source.write_bytes(data)

    with pytest.raises(LimitPixelsError):
        squeeze(source)


def test_a_frame_of_too_many_pixels_is_refused(squeeze, tmp_path):
    source = tmp_path / "in.mp4"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "color=s=8192x8192:r=1", "-frames:v", 1),
        *("-c:v", "libx264", "-preset", "ultrafast", "-threads", 2, source),
    )

    with pytest.raises(LimitPixelsError):
        squeeze(source)


def test_a_million_frames_a_second_are_refused(squeeze, tmp_path):
    source = tmp_path / "in.mp4"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "color=s=16x16:r=1000000", "-frames:v", 12_000),
        *("-c:v", "libx264", "-preset", "ultrafast", "-video_track_timescale", 1_000_000, source),
    )

    with pytest.raises(LimitFramesError):
        squeeze(source)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "HEIF", "AVIF", "BMP"])
def test_half_an_image_is_corrupt(squeeze, tmp_path, kind):
    source = tmp_path / "in"
    media.photo((160, 120)).save(source, kind)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])

    with pytest.raises(CorruptMediaError):
        squeeze(source)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("clip.mp4", ()),
        ("clip.mov", ("-movflags", "+faststart")),
        ("clip.mkv", ()),
        ("clip.avi", ()),
        ("clip.flv", ("-ar", 44100)),
        ("clip.wmv", ()),
        ("clip.webm", ("-c:v", "libvpx", "-b:v", "2M", "-c:a", "libopus")),
    ],
)
def test_half_a_video_is_corrupt(squeeze, tmp_path, name, options):
    source = media.clip(tmp_path / name, options=options)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])

    with pytest.raises(CorruptMediaError):
        squeeze(source)


def test_a_video_of_random_bytes_is_corrupt(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4", options=("-movflags", "+faststart"))
    data = bytearray(source.read_bytes())
    at = data.index(b"mdat") + 4
    data[at:] = zlib.compress(bytes(range(256)) * 4, 1).ljust(len(data) - at, b"\xa7")
    source.write_bytes(data)

    with pytest.raises(CorruptMediaError):
        squeeze(source)


@pytest.mark.parametrize(
    "words",
    [
        ("-vf", "scale=w=nonsense"),
        ("-vf", "nonsense=1"),
        ("-vf", "setparams=colorspace=nonsense"),
        ("-vf", "crop=9999:9999"),
        ("-vf", "zscale=pin=unknown:p=bt2020"),
        ("-c:v", "nonsense"),
        ("-c:v", "libx264", "-profile:v", "nonsense"),
        ("-nonsense", "1"),
    ],
)
def test_a_command_that_ffmpeg_refuses_is_not_blamed_on_the_file(tmp_path, words):
    source = media.clip(tmp_path / "in.mp4", size="64x64", sound=False)
    bounds = Bounds(time.monotonic() + 30, memory_bytes=1 << 32, file_bytes=1 << 20)
    argv = ["ffmpeg", "-v", "error", "-i", str(source), *words, str(tmp_path / "out.mp4")]

    failure = decoding_failure(program.run(argv, cwd=tmp_path, bounds=bounds))

    assert isinstance(failure, EncodingError)


def test_signatures_without_a_file_behind_them_are_corrupt(squeeze, tmp_path):
    source = tmp_path / "in"
    for signature in (
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"II*\x00",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif",
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
        b"\x1aE\xdf\xa3\x9f",
        b"0&\xb2u\x8ef\xcf\x11",
    ):
        source.write_bytes(signature)

        with pytest.raises(CorruptMediaError):
            squeeze(source)


def test_a_module_beside_the_source_is_not_imported(squeeze, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    for name in ("json.py", "PIL.py", "errors.py", "sitecustomize.py"):
        (work / name).write_text("raise SystemExit('imported')")
    source = work / "in"
    Image.new("RGB", (64, 64)).save(source, "BMP")

    assert squeeze(source).extension == "webp"


def test_nothing_is_written_outside_the_work_folder(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}

    rendition = squeeze(source)

    assert rendition.path.parent == tmp_path / "work"
    assert [path.name for path in rendition.path.parent.iterdir()] == [rendition.path.name]
    after = {p: p.stat().st_mtime_ns for p in tmp_path.iterdir() if p.name != "work"}
    assert after == before


def test_two_at_once_do_not_disturb_each_other(squeeze, tmp_path):
    from order import Order
    from processing.allowance import Allowance
    from processing.compress import compress

    results = {}

    def work(name):
        folder = tmp_path / name
        folder.mkdir()
        source = media.clip(folder / "in.mp4", size="160x120")
        results[name] = compress(source, folder, Order(), Allowance(threads=1), lambda _: None)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {name: result.path.parent.name for name, result in results.items()} == {
        "one": "one",
        "two": "two",
    }
