"""The worker is killed with SIGKILL, at one bad moment after the other; no job minds."""

import random
import time

from harness.chaos.violence import kill_worker, wait_for_another_worker
from harness.rig.processes import PATIENCE_S, is_running
from tests.chaos.aftermath import assert_all_is_well, settle

SEED = 20261121


def test_a_worker_killed_right_after_an_upload_loses_nothing(service, photo, tmp_path):
    pauses_s = {"early.png": 0.0, "less-early.png": 0.8}

    for name, pause_s in pauses_s.items():
        service.upload(name, photo)
        time.sleep(pause_s)
        wait_for_another_worker(service, kill_worker(service))

    assert_all_is_well(service, dict.fromkeys(pauses_s, photo), tmp_path)


def test_a_worker_killed_while_a_clip_encodes_is_followed_by_a_new_attempt(
    service, long_clip, tmp_path
):
    service.upload("encoding.mp4", long_clip)
    encoding = service.wait_for("an encoder", service.encoders)

    kill_worker(service)

    service.wait_for("the encoder's end", lambda: not any(map(is_running, encoding)))
    assert settle(service, ["encoding.mp4"])["encoding.mp4"]["attempts"] >= 2
    assert_all_is_well(service, {"encoding.mp4": long_clip}, tmp_path)


def test_a_worker_killed_while_results_are_delivered_delivers_each_once(service, grain, tmp_path):
    pauses_s = {"before-the-store.jpg": 0.0, "around-the-store.jpg": 0.012}

    for name, pause_s in pauses_s.items():
        service.upload(name, grain)
        wait_until_announced(service, name)
        time.sleep(pause_s)
        kill_worker(service)

    assert_all_is_well(service, dict.fromkeys(pauses_s, grain), tmp_path)


def wait_until_announced(service, name):
    """The name of a result is in the row just before the result is stored."""
    deadline = time.monotonic() + PATIENCE_S
    while not any(row.get("processed_blob_name") for row in service.rows(f"RowKey eq '{name}'")):
        assert time.monotonic() < deadline, service.host.tail()


def test_a_worker_killed_at_random_instants_answers_every_job(service, photo, long_clip, tmp_path):
    chance = random.Random(SEED)
    sources = {f"random-{number}.png": photo for number in range(4)} | {"random.mp4": long_clip}
    for name, source in sources.items():
        service.upload(name, source)

    for _ in range(3):
        time.sleep(chance.uniform(0, 1.5))
        wait_for_another_worker(service, kill_worker(service))

    assert_all_is_well(service, sources, tmp_path)
