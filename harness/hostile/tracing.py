"""Watches by strace what a compression opens, whom it calls, and what it runs."""

import re
import sys
import sysconfig
from pathlib import Path

from harness.hostile import judging
from harness.hostile.catalogue import Bomb

STRACE = ("strace", "-f", "-qq", "-s", "4096", "-e", "trace=connect,openat,open,execve", "-o")
_CALL = re.compile(r"^(?:\d+ +)?(connect|openat|open|execve)\((.*)\) = (-?\d+)")
_PATH = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PROJECT = Path(__file__).parents[2]
_RUN = frozenset({"prlimit", "setpriv", "ffmpeg", "ffprobe"})
# Where programs and their libraries live; nothing of a job is there.
_OURS = tuple(
    f"{place}/"
    for place in {
        str(_PROJECT),
        sys.prefix,
        sys.base_prefix,
        sysconfig.get_path("stdlib"),
        *("/usr", "/lib", "/lib64", "/sys/devices/system", "/dev", "/proc/self", "/proc/sys"),
    }
)
_SYSTEM_FILES = re.compile(
    r"/etc/(ld\.so\.\w+|localtime|nsswitch\.conf|passwd|ssl/\S+|fonts/\S+|gcrypt/\S+|locale\.\w+|OpenCL\S*)"
    r"|/proc/(\d+|cpuinfo|meminfo|filesystems|stat|mounts)\S*|/sys/\S+|/dev|/tmp|/"
)


def traced(bomb: Bomb, source: Path, on: judging.Stage, log: Path) -> Path:
    """The log of one compression of `source`."""
    judging.answered(bomb, source, on, prefix=(*STRACE, str(log)))
    return log


def trace_faults(log: Path, source: Path) -> list[str]:
    """Each call in the log that reached for a host, another job's file, or a strange program."""
    found = []
    for line in log.read_text(errors="replace").splitlines():
        match = _CALL.match(line)
        if match is None:
            continue
        call, words, status = match.groups()
        if call == "connect":
            if "AF_INET" in words:
                found.append(line)
            continue
        path = _PATH.search(words)
        if path is None:
            continue
        if call == "execve":
            if status == "0" and not _is_known_program(path.group(1)):
                found.append(line)
        elif not _is_allowed(path.group(1), source):
            found.append(line)
    return found


def _is_known_program(path: str) -> bool:
    return Path(path).name in _RUN or Path(path).name.startswith("python")


def _is_allowed(path: str, source: Path) -> bool:
    own = str(source.parent)
    if not path.startswith("/"):  # below the work folder or the project, unless it climbs
        return ".." not in path.split("/")
    if path == own or path.startswith(f"{own}/"):
        return True
    return f"{path}/".startswith(_OURS) or bool(_SYSTEM_FILES.fullmatch(path))
