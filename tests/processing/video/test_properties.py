"""Whatever shape, rate, codec and sound a video has, its rendition keeps what makes it itself."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.samples import media
from order import Order
from processing.allowance import Allowance
from processing.compress import compress

CODECS = {
    "in.mp4": ["libx264", "mpeg4"],
    "in.mov": ["libx264", "mjpeg", "prores_ks"],
    "in.mkv": ["libx264", "ffv1", "mpeg2video", "libvpx"],
    "in.avi": ["mpeg4", "mjpeg", "ffv1"],
    "in.ts": ["libx264", "mpeg2video"],
}
LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 6: "5.1"}


@st.composite
def clips(draw):
    name = draw(st.sampled_from(sorted(CODECS)))
    seconds = draw(st.sampled_from([0.2, 0.7, 1.5]))
    return {
        "name": name,
        "codec": draw(st.sampled_from(CODECS[name])),
        "width": draw(st.integers(33, 200)) // 2 * 2,
        "height": draw(st.integers(33, 200)) // 2 * 2,
        "shape": draw(st.sampled_from(["1", "4/3", "16/15", "1/2"])),
        "rate": draw(st.sampled_from([10, 25, 30])),
        "seconds": seconds,
        "turn": draw(st.sampled_from([0, 90, 180, 270])),
        "channels": draw(st.sampled_from([0, 1, 2, 6])),
        "sound_rate": draw(st.sampled_from([32000, 44100, 48000])),
        # Of a file whose sound begins after its last frame, ffmpeg shows no frame itself.
        "sound_late_s": draw(st.sampled_from([0, 0.4])) if seconds > 0.4 else 0,
    }


def made(folder, facts):
    source = folder / facts["name"]
    words = ["-f", "lavfi", "-i"]
    words.append(
        f"testsrc2=s={facts['width']}x{facts['height']}:r={facts['rate']}:d={facts['seconds']}"
    )
    if facts["channels"]:
        layout = LAYOUTS[facts["channels"]]
        words += ["-itsoffset", facts["sound_late_s"], "-f", "lavfi", "-i"]
        words.append(f"anoisesrc=d={facts['seconds']}:a=0.1:r={facts['sound_rate']}")
        words += ["-filter:a", f"pan={layout}|c0=c0", "-c:a", "ac3" if layout == "5.1" else "mp2"]
        if layout != "5.1":
            words[-1] = "aac" if facts["name"] in {"in.mp4", "in.mov"} else "mp2"
    media.ffmpeg(
        *words,
        *("-vf", f"setsar={facts['shape']}", "-c:v", facts["codec"], "-q:v", 2, "-b:v", "3M"),
        *("-threads", 1, source),
    )
    if facts["turn"] and facts["name"] in {"in.mp4", "in.mov"}:
        media.turned(source, facts["turn"])
    return source


def ends(path):
    found = {}
    for track in media.ffprobe(path)["streams"]:
        found[track["codec_type"]] = float(track.get("start_time", 0))
    return found


@settings(max_examples=14, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(clips())
def test_every_clip_keeps_its_shape_its_length_and_its_sound(facts):
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = made(folder, facts)
        before, shown = media.ffprobe(source), media.frame_of(source, folder)
        (folder / "work").mkdir()

        chosen = Order(profile="balanced"), Allowance(threads=2)
        rendition = compress(source, folder / "work", *chosen, lambda _: None)

        track = media.video_track(rendition.path)
        assert rendition.size_bytes <= source.stat().st_size
        if rendition.passthrough_reason == "not_smaller":
            return
        assert (track["codec_name"], track["pix_fmt"]) == ("h264", "yuv420p")
        width, height = shown_size(media.video_track(source), shown.size)
        halves = 2 if track["width"] < width * 0.75 else 1
        assert abs(track["width"] * halves - width) <= 4
        assert abs(track["height"] * halves - height) <= 4
        assert len(media.audio_tracks(rendition.path)) == (facts["channels"] > 0)
        length_s = max(facts["seconds"], 1 / facts["rate"])
        assert abs(float(track["duration"]) - length_s) < 0.25
        if facts["channels"]:
            old, new = ends(source), ends(rendition.path)
            drift_s = (new["audio"] - new["video"]) - (old["audio"] - old["video"])
            assert abs(drift_s) < 0.1, before


def shown_size(track, frame):
    """As a player shows it: square pixels, turned; `frame` is turned already, but not squared."""
    across, down = map(int, track.get("sample_aspect_ratio", "1:1").split(":"))
    shape = across / down if across and down else 1
    is_turned = frame != (track["width"], track["height"])
    return (frame[0], frame[1] * shape) if is_turned else (frame[0] * shape, frame[1])
