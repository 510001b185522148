"""Texts that name other files and hosts, files under false names, and files that are two things."""

import io
import struct
import zipfile

from PIL import Image

from harness.hostile import crafting
from harness.hostile.catalogue import OK, Scene, bomb
from harness.samples.media import photo

PAYLOAD = b"<?php system($_GET['c']); ?><script>alert(document.domain)</script>"


@bomb("EMPTY_FILE", named="in.mp4")
def file_of_no_byte(scene: Scene) -> bytes:
    return b""


@bomb("UNSUPPORTED", named="in.jpg")
def file_of_one_byte(scene: Scene) -> bytes:
    return b"\xff"


@bomb("UNSUPPORTED", named="in.mp4")
def ffconcat_text(scene: Scene) -> bytes:
    return f"ffconcat version 1.0\nfile '{scene.canary}'\n".encode()


@bomb("UNSUPPORTED", named="in.mp4")
def hls_playlist_to_a_file(scene: Scene) -> bytes:
    head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n"
    return f"{head}file://{scene.canary}\n#EXT-X-ENDLIST\n".encode()


@bomb("UNSUPPORTED", named="in.mp4")
def hls_playlist_to_http(scene: Scene) -> bytes:
    head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n"
    return f"{head}http://127.0.0.1:{scene.port}/a.ts\n#EXT-X-ENDLIST\n".encode()


@bomb("UNSUPPORTED", named="in.mp4")
def dash_manifest(scene: Scene) -> bytes:
    return (
        "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011' type='static'><Period>"
        "<AdaptationSet mimeType='video/mp4'><Representation id='1' bandwidth='1'>"
        f"<BaseURL>http://127.0.0.1:{scene.port}/a.mp4</BaseURL>"
        "</Representation></AdaptationSet></Period></MPD>"
    ).encode()


@bomb("UNSUPPORTED", named="in.mp4")
def session_description(scene: Scene) -> bytes:
    return (
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=video {scene.port} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    ).encode()


@bomb("UNSUPPORTED", named="in.mp4")
def ffmetadata_text(scene: Scene) -> bytes:
    return b";FFMETADATA1\ntitle=x\n"


@bomb("UNSUPPORTED", named="in.jpg")
def svg_text(scene: Scene) -> bytes:
    return (
        "<?xml version='1.0'?><!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><text>&x;</text>"
        f"<image href='http://127.0.0.1:{scene.port}/a.png'/></svg>"
    ).encode()


@bomb("UNSUPPORTED", named="in.jpg")
def html_text(scene: Scene) -> bytes:
    return b"<!doctype html><script>alert(1)</script>"


@bomb("UNSUPPORTED", named="in.jpg")
def pdf_document(scene: Scene) -> bytes:
    return crafting.saved(Image.new("RGB", (64, 64), "red"), "PDF")


@bomb("UNSUPPORTED", named="in.png")
def eps_drawing(scene: Scene) -> bytes:
    return crafting.saved(Image.new("RGB", (64, 64), "red"), "EPS")


@bomb("UNSUPPORTED", named="in.jpg")
def postscript_that_reads_a_file(scene: Scene) -> bytes:
    return f"%!PS\n({scene.canary}) (r) file 100 string readstring pop ==\nshowpage\n".encode()


@bomb("UNSUPPORTED", named="in.jpg")
def imagemagick_drawing(scene: Scene) -> bytes:
    link = f"https://127.0.0.1:{scene.port}/a.jpg"
    return (
        "push graphic-context\nviewbox 0 0 640 480\n"
        f"fill 'url({link}\"|touch \"pwned)'\npop graphic-context\n"
    ).encode()


@bomb("UNSUPPORTED", named="in.jpg")
def xbm_picture(scene: Scene) -> bytes:
    return crafting.saved(Image.new("1", (64, 64)), "XBM")


@bomb("UNSUPPORTED", named="in.jpg")
def icon_of_a_png(scene: Scene) -> bytes:
    return crafting.saved(Image.new("RGB", (64, 64), "red"), "ICO")


@bomb("UNSUPPORTED", named="in.jpg")
def archive_of_ten_megabytes(scene: Scene) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("picture.jpg", bytes(10 << 20))
    return buffer.getvalue()


@bomb(OK, named="in.mp4")
def png_named_mp4(scene: Scene) -> bytes:
    return crafting.saved(photo((320, 240)), "PNG")


@bomb(OK, named="in.jpg")
def mp4_named_jpg(scene: Scene) -> bytes:
    return scene.canary.read_bytes()


@bomb(OK, named="-i concat:in.jpg")
def name_that_looks_like_an_option(scene: Scene) -> bytes:
    return scene.canary.read_bytes()


@bomb(OK, named="%03d$(touch pwned);`touch pwned`|in.mp4")
def name_that_looks_like_a_command(scene: Scene) -> bytes:
    return scene.canary.read_bytes()


def _small_jpeg() -> bytes:
    """So small at so low a quality that it is handed back instead of encoded again."""
    return crafting.saved(photo((48, 32)), "JPEG", quality=5)


@bomb(OK, banned=PAYLOAD)
def jpeg_with_an_archive_behind_it(scene: Scene) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("shell.php", PAYLOAD)
    return crafting.saved(photo((200, 150)), "JPEG", quality=95) + buffer.getvalue()


@bomb(OK, banned=PAYLOAD, image_output="keep")
def jpeg_with_a_comment_that_is_a_program(scene: Scene) -> bytes:
    comment = b"\xff\xfe" + struct.pack(">H", len(PAYLOAD) + 2) + PAYLOAD
    data = _small_jpeg()
    return data[:2] + comment + data[2:]


@bomb(OK, banned=PAYLOAD, image_output="keep")
def small_jpeg_with_a_program_behind_it(scene: Scene) -> bytes:
    return _small_jpeg() + PAYLOAD


@bomb(OK, banned=PAYLOAD, image_output="keep")
def gif_that_is_also_a_script(scene: Scene) -> bytes:
    data = crafting.saved(photo((24, 24)).quantize(8), "GIF")
    at = 13 + 3 * (2 << (data[10] & 7))
    return data[:at] + b"\x21\xfe" + bytes([len(PAYLOAD)]) + PAYLOAD + b"\0" + data[at:] + PAYLOAD


@bomb(OK, banned=PAYLOAD, image_output="keep")
def png_with_a_program_behind_and_within(scene: Scene) -> bytes:
    text = crafting.png_chunk(b"tEXt", b"Comment\0" + PAYLOAD)
    return crafting.png_of_zeros(40, 30, 8, 0, extra=text) + PAYLOAD


@bomb(OK, banned=PAYLOAD, image_output="keep")
def webp_with_a_program_behind_it(scene: Scene) -> bytes:
    extra = crafting.chunk(b"XMP ", PAYLOAD) + crafting.chunk(b"EVIL", PAYLOAD)
    return crafting.webp(crafting.webp_of_one_color(40, 30), extra) + PAYLOAD


@bomb(OK, banned=PAYLOAD, image_output="keep")
def avif_with_a_program_behind_it(scene: Scene) -> bytes:
    data = crafting.saved(photo((64, 48)), "AVIF", quality=20)
    return data + crafting.box(b"free", PAYLOAD) + PAYLOAD


@bomb(OK, banned=PAYLOAD)
def mp4_with_a_program_in_each_corner(scene: Scene) -> bytes:
    """In a box of its own, in the title, between the packets, and behind the last box."""
    data = scene.canary.read_bytes()
    title = crafting.box(b"udta", crafting.full_box(b"titl", PAYLOAD))
    moov = crafting.box(b"moov", crafting.nested(data, b"moov"), title)
    return crafting.with_box(data, b"moov", moov) + crafting.box(b"uuid", PAYLOAD) + PAYLOAD
