"""Kills the processes of a running service."""

import os
import signal

from harness.rig.service import Service


def kill_worker(service: Service) -> int:
    """SIGKILL to the process that runs the functions, as soon as there is one."""
    pid = service.wait_for("a worker", service.host.worker_pid) or 0
    os.kill(pid, signal.SIGKILL)
    return pid


def crash(service: Service) -> set[int]:
    """SIGKILL to everything but storage, as when the machine fails; returns who had to die.

    Worker first, in the same breath: an encoder that dies before its worker would be reported as a
    failure of the encoder, and be tried again only minutes later.
    """
    family = service.encoders()
    family.add(kill_worker(service))
    service.host.kill()
    return family


def wait_for_another_worker(service: Service, killed: int) -> None:
    """Returns when a new worker runs functions."""

    def answers() -> bool:
        return service.host.worker_pid() not in (None, killed) and service.is_healthy()

    service.wait_for("another worker", answers)
