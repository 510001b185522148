"""Sound stays with its picture to the end, as a real Chromium plays the result."""

import http.server
import json
import os
import re
import shutil
import statistics
import subprocess
import threading
from contextlib import contextmanager

import pytest

from harness.samples import media

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PLAYS_FOR_S = 60  # at most; the clips take eight
MOST_DRIFT_MS = 40  # between the first flash with its beep and the last
PAGE = """<!doctype html><video id="video"></video><script>
const heard = [], seen = [], shown = [], video = document.getElementById("video");
const worklet = `registerProcessor("beeps", class extends AudioWorkletProcessor {
  quiet = 0;
  process(inputs) {
    const samples = inputs[0][0] || new Float32Array(128);
    samples.forEach((sample, at) => {
      if (Math.abs(sample) < 0.1) { this.quiet += 1; return; }
      if (this.quiet > 0.3 * sampleRate) this.port.postMessage(currentTime + at / sampleRate);
      this.quiet = 0;
    });
    return true;
  }
});`;
const end = error =>
  fetch("/end", {method: "POST", body: JSON.stringify({error, heard, seen, shown})});
async function play() {
  const context = new AudioContext();
  const code = new Blob([worklet], {type: "text/javascript"});
  await context.audioWorklet.addModule(URL.createObjectURL(code));
  const beeps = new AudioWorkletNode(context, "beeps");
  beeps.port.onmessage = beep => {
    const now = context.getOutputTimestamp();
    heard.push(now.performanceTime + (beep.data - now.contextTime) * 1000);
  };
  context.createMediaElementSource(video).connect(beeps).connect(context.destination);
  const pixels = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  let wasWhite = false;
  const look = (_, frame) => {
    pixels.drawImage(video, 0, 0, 1, 1);
    const isWhite = pixels.getImageData(0, 0, 1, 1).data[0] > 128;
    shown.push([frame.mediaTime * 1000, frame.expectedDisplayTime]);
    if (isWhite && !wasWhite) seen.push(frame.mediaTime * 1000);
    wasWhite = isWhite;
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  video.onended = () => end(null);
  video.onerror = () => end(video.error.message);
  video.src = "/video";
  await context.resume();
  await video.play();
}
play().catch(error => end(String(error)));
</script>"""

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="needs Chromium"
)


@contextmanager
def served(path):
    """The page's address, and what it says at the end, with the event of that."""
    data, said, has_ended = path.read_bytes(), {}, threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *words):
            pass

        def do_GET(self):
            is_video = self.path == "/video"
            body, kind = (data, "video/mp4") if is_video else (PAGE.encode(), "text/html")
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            begin = int(asked[1]) if asked else 0
            self.send_response(206 if asked else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body) - begin))
            if asked:
                self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
            self.end_headers()
            self.wfile.write(body[begin:])

        def do_POST(self):
            said.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            has_ended.set()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # A browser hangs up when it has read enough.
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", said, has_ended
    server.shutdown()
    server.server_close()


def offsets(path, folder):
    """How many milliseconds each beep is heard after the flash that it belongs to."""
    with served(path) as (address, said, has_ended):
        browser = subprocess.Popen(
            [
                *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu"),
                *("--autoplay-policy=no-user-gesture-required", f"--user-data-dir={folder}"),
                address,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert has_ended.wait(PLAYS_FOR_S)
        finally:
            browser.terminate()
            browser.wait()
    assert said["error"] is None
    flashes = [displayed(flash, said["shown"]) for flash in said["seen"]]
    nearest = [min(flashes, key=lambda flash: abs(beep - flash)) for beep in said["heard"]]
    return [beep - flash for beep, flash in zip(said["heard"], nearest, strict=True)]


def displayed(flash_ms, shown):
    """When a frame of this time was due on screen, by those around it: single ones come late."""
    around = [display - at for at, display in shown if abs(at - flash_ms) < 1000]
    return flash_ms + statistics.median(around)


def drift_ms(path, folder, least_beeps):
    """How much later the last beep comes than the first, each after its flash.

    The least of a few times: a busy machine may fail to play in time.
    """
    found = []
    for time in range(3):
        times = offsets(path, folder / str(time))
        assert len(times) >= least_beeps
        found.append(abs(times[-1] - times[0]))
        if found[-1] <= MOST_DRIFT_MS:
            break
    return min(found)


def flashes(path, *, sound="anull", options=("-c:v", "libvpx", "-b:v", "300k")):
    """Eight seconds that flash and beep at each full one; `sound` is a filter of it."""
    video = "color=black:s=160x120:r=25:d=8,drawbox=color=white:t=fill:enable='lt(mod(t,1),0.08)'"
    beeps = "aevalsrc='0.6*sin(6283*t)*lt(mod(t,1),0.08)':s=48000:d=8"
    media.ffmpeg(
        *("-f", "lavfi", "-i", video, "-f", "lavfi", "-i", beeps, "-af", sound),
        *(*options, "-c:a", "libopus", path),
    )
    return path


@pytest.mark.parametrize(
    ("sound", "least_beeps"),
    [
        ("anull", 6),
        ("aselect='gt(t,2.5)'", 4),
        ("aselect='lt(t,1.5)+between(t,2.5,3.5)+gt(t,5.5)'", 4),
    ],
    ids=["whole", "late start", "two holes"],
)
def test_beeps_stay_with_their_flashes(squeeze, tmp_path, sound, least_beeps):
    rendition = squeeze(flashes(tmp_path / "in.webm", sound=sound))

    assert drift_ms(rendition.path, tmp_path, least_beeps) <= MOST_DRIFT_MS


def test_a_clock_that_jumps_takes_sound_and_picture_along(squeeze, tmp_path):
    options = ("-c:v", "mpeg2video", "-q:v", 2)
    whole = flashes(tmp_path / "whole.mkv", options=options)
    parts = []
    for number, (begin, offset) in enumerate(((0, 0), (4, 30))):
        part = tmp_path / f"{number}.ts"
        media.ffmpeg(
            *("-ss", begin, "-t", 4, "-i", whole, "-c:v", "mpeg2video", "-q:v", 2, "-c:a", "mp2"),
            *("-output_ts_offset", offset, part),
        )
        parts.append(part.read_bytes())
    source = tmp_path / "in.ts"
    source.write_bytes(b"".join(parts))

    rendition = squeeze(source)

    assert drift_ms(rendition.path, tmp_path, 6) <= MOST_DRIFT_MS
