"""SIGTERM on the running app: what a deployment, or scaling in, does to jobs at work."""

import os
import signal

from harness.rig.processes import PATIENCE_S, is_running
from tests.chaos.aftermath import assert_all_is_well, settle


def test_a_worker_that_is_told_to_end_hands_its_job_to_the_next(service, long_clip, tmp_path):
    service.upload("handed-over.mp4", long_clip)
    encoding = service.wait_for("an encoder", service.encoders)
    worker = service.host.worker_pid()

    os.kill(worker, signal.SIGTERM)

    ended = {worker, *encoding}
    service.wait_for("their end", lambda: not any(map(is_running, ended)))
    assert settle(service, ["handed-over.mp4"])["handed-over.mp4"]["attempts"] == 2
    assert service.row("handed-over.mp4")["handed_back"].value == 1
    assert_all_is_well(service, {"handed-over.mp4": long_clip}, tmp_path)


def test_a_host_that_is_told_to_end_leaves_its_job_in_the_queue(service, long_clip, tmp_path):
    service.upload("left.mp4", long_clip)
    service.wait_for("an encoder", service.encoders)

    os.kill(service.host.pid, signal.SIGTERM)

    assert service.host.has_ended(PATIENCE_S)
    row = service.row("left.mp4")
    assert (row["status"], row["error_code"]) == ("queued", "WORKER_STOPPED")
    assert service.encoders() == set()
    service.host.start()
    assert settle(service, ["left.mp4"])["left.mp4"]["attempts"] == 2
    assert_all_is_well(service, {"left.mp4": long_clip}, tmp_path)
