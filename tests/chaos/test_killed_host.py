"""The whole host is killed with SIGKILL; the next one takes over what it left."""

import pytest

from tests.chaos.aftermath import assert_all_is_well, settle
from tests.chaos.violence import encoders, is_alive

pytestmark = pytest.mark.xdist_group("chaos")


def test_a_killed_host_takes_its_processes_along_and_its_successor_finishes_the_work(
    service, photo, long_clip, tmp_path
):
    sources = {"half-done.mp4": long_clip, "waiting.png": photo}
    for name, source in sources.items():
        service.upload(name, source)
    family = service.wait_for("an encoder", lambda: encoders(service))
    family.add(service.host.worker_pid())

    service.host.kill()

    service.wait_for("the processes' end", lambda: not any(map(is_alive, family)), limit_s=5)
    service.host.start()
    assert settle(service, list(sources))["half-done.mp4"]["attempts"] >= 2
    assert_all_is_well(service, sources, tmp_path)
