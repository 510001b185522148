"""Host and worker are killed with SIGKILL; the next host takes over what they left."""

from harness.chaos.violence import crash
from harness.rig.processes import is_running
from tests.chaos.aftermath import assert_all_is_well, settle


def test_after_a_crash_of_everything_the_next_host_finishes_the_work(
    service, photo, long_clip, tmp_path
):
    sources = {"half-done.mp4": long_clip, "waiting.png": photo}
    for name, source in sources.items():
        service.upload(name, source)
    service.wait_for("an encoder", service.encoders)

    family = crash(service)
    service.wait_for("the processes' end", lambda: not any(map(is_running, family)))
    service.host.start()

    assert settle(service, list(sources))["half-done.mp4"]["attempts"] >= 2
    assert_all_is_well(service, sources, tmp_path)


def test_after_the_host_alone_is_killed_its_worker_ends_and_the_work_goes_on(
    service, long_clip, tmp_path
):
    service.upload("half-done.mp4", long_clip)
    service.wait_for("an encoder", service.encoders)

    family = service.encoders() | {service.host.worker_pid()}
    service.host.kill()
    service.wait_for("the processes' end", lambda: not any(map(is_running, family)))
    service.host.start()

    assert settle(service, ["half-done.mp4"])["half-done.mp4"]["attempts"] >= 2
    assert_all_is_well(service, {"half-done.mp4": long_clip}, tmp_path)
