"""Kills the processes of a running service, and tells what is left of them."""

import contextlib
import os
import signal
from pathlib import Path

from tests.acceptance.service import Service


def kill_worker(service: Service) -> int:
    """SIGKILL to the process that runs the functions, as soon as there is one."""
    pid = service.wait_for("a worker", service.host.worker_pid)
    os.kill(pid, signal.SIGKILL)
    return pid


def crash(service: Service) -> set[int]:
    """SIGKILL to everything but storage, as when the machine fails; returns who had to die.

    Worker first, in the same breath: an encoder that dies before its worker would be reported as a
    failure of the encoder, and be tried again only minutes later.
    """
    family = encoders(service)
    family.add(kill_worker(service))
    service.host.kill()
    return family


def wait_for_another_worker(service: Service, killed: int) -> None:
    """Returns when a new worker runs functions."""

    def answers() -> bool:
        return service.host.worker_pid() not in (None, killed) and is_healthy(service)

    service.wait_for("another worker", answers)


def is_healthy(service: Service) -> bool:
    return service.ask("/api/health").status == 200


def encoders(service: Service) -> set[int]:
    """The processes that work inside the folders of attempts."""
    return {pid for pid in processes() if works_in(pid, service.host.work_dir)}


def processes() -> set[int]:
    return {int(each.name) for each in Path("/proc").glob("[0-9]*")}


def works_in(pid: int, folder: Path) -> bool:
    # Of a folder that is gone the link says "... (deleted)"; a zombie has no link.
    with contextlib.suppress(OSError):
        return str(Path(f"/proc/{pid}/cwd").readlink()).startswith(str(folder))
    return False


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be buried does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
