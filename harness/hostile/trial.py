"""Has one file compressed in a process of its own, and tells what that cost and what was touched.

Run as a program it is that process: a request as JSON in argv, the answer as JSON on stdout. It
adopts the orphans below it, so that nothing a child starts goes unseen.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024
_PR_SET_CHILD_SUBREAPER = 36
_IN_OPEN = 0x20
_SAMPLING_S = 0.01
_IDLE = "processing.sandbox.zygote_main"  # waits for the next image
_PATIENCE_S = 60.0  # over the time limit; then the trial itself is given up


@dataclass(frozen=True, slots=True)
class Trial:
    """What happened to one file."""

    outcome: str  # the error's code, "completed", or the name of an exception that has no code
    wall_s: float
    cpu_s: float  # of all processes below
    child_peak_mib: float  # the most that any process below ever had resident
    parent_grew_mib: float  # of the process that called compress()
    detail: str = ""
    result: str = ""  # its path
    survivors: list[str] = field(default_factory=list)  # processes that outlived the call
    leftovers: list[str] = field(default_factory=list)  # in the work folder, beside the result
    canary_opened: bool = False


def tried(source: Path, canary: Path, prefix: tuple[str, ...] = (), **options: object) -> Trial:
    """Compress `source` in a folder beside it; `prefix` are words before the command."""
    request = {"source": str(source), "canary": str(canary), "options": options}
    limit_s = float(str(options.get("time_limit_s", 300.0))) + _PATIENCE_S
    answer = subprocess.run(
        [*prefix, sys.executable, "-P", "-m", "harness.hostile.trial", json.dumps(request)],
        check=False,
        capture_output=True,
        text=True,
        timeout=limit_s,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )
    try:
        return Trial(**json.loads(answer.stdout.splitlines()[-1]))
    except (IndexError, ValueError) as error:
        raise RuntimeError(f"the parent died: {answer.returncode} {answer.stderr}") from error


def main() -> None:
    request = json.loads(sys.argv[1])
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    from harness.samples.wanted import wanted
    from processing.compress import compress  # before anything is measured

    source, chosen = Path(request["source"]), wanted(**request["options"])
    work_dir = source.parent / "work"
    work_dir.mkdir(exist_ok=True)
    before_mib = _own_peak_mib()
    sampler = _Sampler()
    answer: dict[str, object] = {"outcome": "completed"}
    with _watching(Path(request["canary"])) as was_opened:
        began = time.monotonic()
        try:
            rendition = compress(source, work_dir, *chosen, lambda _: None)
            answer["result"] = str(rendition.path)
        except Exception as error:  # noqa: BLE001 -- whatever comes out is what is to be told
            answer["outcome"] = str(getattr(error, "code", type(error).__name__))
            answer["detail"] = "\n".join([repr(error), *getattr(error, "__notes__", [])])[-2_000:]
        answer["wall_s"] = round(time.monotonic() - began, 3)
        answer["survivors"] = still_running()
        answer["canary_opened"] = was_opened()
    answer |= _costs(sampler, before_mib)
    result = Path(str(answer.get("result", "")))
    answer["leftovers"] = sorted(p.name for p in work_dir.iterdir() if p != result)
    print(json.dumps(answer))


def _costs(sampler: "_Sampler", before_mib: float) -> dict[str, float]:
    """End what stays for the next call, so that the kernel's own figures hold it, too."""
    alive_peak = sampler.end()
    for pid in descendants(os.getpid()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "cpu_s": round(used.ru_utime + used.ru_stime, 3),
        "child_peak_mib": round(max(used.ru_maxrss * 1024, alive_peak) / MIB, 1),
        "parent_grew_mib": round(_own_peak_mib() - before_mib, 1),
    }


class _Sampler:
    """Looks again and again at the high-water marks of all processes below."""

    def __init__(self) -> None:
        self._peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(_SAMPLING_S):
            self._look()

    def _look(self) -> None:
        for pid in descendants(os.getpid()):
            self._peak = max(self._peak, high_water_bytes(pid))

    def end(self) -> int:
        self._stop.set()
        self._thread.join()
        self._look()
        return self._peak


@contextlib.contextmanager
def _watching(path: Path) -> Iterator[Callable[[], bool]]:
    """Gives a function that says whether anybody has opened `path` since."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init()
    if watch < 0 or libc.inotify_add_watch(watch, bytes(path), _IN_OPEN) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    try:
        yield lambda: bool(select.select([watch], [], [], 0)[0])
    finally:
        os.close(watch)


def descendants(pid: int) -> list[int]:
    """All processes below one."""
    found: list[int] = []
    with contextlib.suppress(OSError, ValueError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def high_water_bytes(pid: int) -> int:
    """The most that a process ever had resident; 0 when it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def still_running(besides: Iterable[int] = ()) -> list[str]:
    """The commands of processes below that work on; one that is just ending is waited for."""
    for _ in range(20):
        alive = set(descendants(os.getpid())) - {*besides}
        found = [command for command in map(_command, alive) if command]
        if not found:
            return []
        time.sleep(0.05)
    return found


def _command(pid: int) -> str:
    """Empty for what is gone, and for the idle server, which is ours; its children are not."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return ""
    command = b" ".join(words).decode(errors="replace").strip()
    return "" if _IDLE in command and parent == os.getpid() else command or "zombie"


def _own_peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
