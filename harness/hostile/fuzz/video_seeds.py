"""Small, honest videos of every accepted container, with the codecs that come in them."""

from pathlib import Path

from harness.hostile import crafting

_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", 12, "-pix_fmt", "yuv420p")
_H265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:qp=12")
_AAC = ("-c:a", "aac", "-b:a", "64k")
_EXACT = ("-threads", 1, "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")
_FRAGMENTS = ("-movflags", "frag_keyframe+empty_moov+default_base_moof")

_CLIPS: dict[str, tuple[tuple[object, ...], ...]] = {
    "mp4": (
        (*_H264, *_AAC),
        (*_H264, *_AAC, "-movflags", "+faststart"),
        (*_H264, *_AAC, *_FRAGMENTS),
        (*_H265, "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1", *_AAC),
        ("-c:v", "mpeg4", "-q:v", 2, "-bf", 2, "-an"),
    ),
    "mov": (
        (*_H264, "-c:a", "pcm_s16le", "-ar", 8000),
        ("-c:v", "prores_ks", "-profile:v", 0, "-an"),
        ("-c:v", "qtrle", "-pix_fmt", "argb", *_AAC),
        ("-c:v", "mjpeg", "-q:v", 3, *_AAC, "-movflags", "+faststart"),
    ),
    "webm": (
        ("-c:v", "libvpx", "-b:v", "600k", "-deadline", "realtime", "-c:a", "libvorbis"),
        ("-c:v", "libvpx-vp9", "-b:v", "600k", "-deadline", "realtime", "-c:a", "libopus"),
    ),
    "mkv": (
        (*_H264, "-c:a", "flac"),
        (*_H265, "-pix_fmt", "yuv420p", "-c:a", "ac3"),
        ("-c:v", "ffv1", "-an"),
        ("-c:v", "mpeg2video", "-q:v", 2, "-flags", "+ildct+ilme", "-c:a", "mp2"),
    ),
    "avi": (
        ("-c:v", "mjpeg", "-q:v", 3, "-c:a", "pcm_s16le", "-ar", 8000),
        ("-c:v", "mpeg4", "-q:v", 2, "-c:a", "libmp3lame"),
        ("-c:v", "rawvideo", "-pix_fmt", "yuv420p", "-an"),
    ),
    "wmv": (
        ("-c:v", "wmv2", "-q:v", 2, "-c:a", "wmav2"),
        ("-c:v", "msmpeg4", "-q:v", 2, "-an"),
    ),
    "flv": (
        ("-c:v", "flv1", "-q:v", 2, "-c:a", "libmp3lame", "-ar", 22050),
        (*_H264, *_AAC),
    ),
    "ts": (
        ("-c:v", "mpeg2video", "-q:v", 2, "-c:a", "mp2"),
        (*_H264, *_AAC),
    ),
}


def video_seeds(folder: Path) -> dict[str, list[bytes]]:
    """By the name of the format; the same bytes each time on one ffmpeg."""
    return {
        name: [_made(folder, name, number, words) for number, words in enumerate(ways)]
        for name, ways in _CLIPS.items()
    }


def _made(folder: Path, name: str, number: int, words: tuple[object, ...]) -> bytes:
    picture = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=0.4")
    sound = ("-f", "lavfi", "-i", "sine=440:d=0.4:r=44100")
    return crafting.made(folder, f"{number}.{name}", *picture, *sound, *words, *_EXACT)
