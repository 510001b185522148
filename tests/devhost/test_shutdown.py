"""What is left when devhost is stopped or killed."""

import json
import signal

import httpx2

from harness.rig.processes import is_running
from tests.devhost.running import devhost, wait_until


def test_ctrl_c_lets_a_function_end_and_leaves_no_process(account, tmp_path):
    with devhost(account, tmp_path) as toy:
        account.send("work", {"sleep": 2, "child": True})
        noted = toy.noted(function="on_work", state="begin")
        wait_until(lambda: [n for n in toy.journal() if "child" in n], "the child runs")
        child = next(note["child"] for note in toy.journal() if "child" in note)

        # A connection that is kept alive must not keep it.
        with httpx2.Client(base_url=toy.url) as client:
            client.get("/")
            assert toy.stop(signal.SIGINT) == 0

    assert toy.journal(function="on_work", state="end")
    assert account.waits("work") == 0
    assert [pid for pid in (noted["pid"], child) if is_running(pid)] == []


def test_a_second_ctrl_c_ends_a_function_that_takes_long_and_gives_its_message_back(
    account, tmp_path
):
    with devhost(account, tmp_path) as toy:
        account.send("work", {"sleep": 60})
        noted = toy.noted(function="on_work", state="begin")
        toy.process.send_signal(signal.SIGTERM)
        toy.printed("Shutdown.")

        assert toy.stop(signal.SIGTERM) == 0

    assert not is_running(noted["pid"])
    wait_until(lambda: account.bodies("work") == ['{"sleep": 60}'], "the message is visible")


def test_a_killed_host_leaves_no_worker_and_loses_no_message(account, tmp_path):
    lease = ["--queue-lease-seconds", "3"]
    body = json.dumps({"sleep_first": 60, "child": True})
    with devhost(account, tmp_path / "first", arguments=lease) as toy:
        account.send("work", body)
        noted = toy.noted(function="on_work", count=1)
        wait_until(lambda: [n for n in toy.journal() if "child" in n], "the child runs")
        child = next(note["child"] for note in toy.journal() if "child" in note)

        port = toy.url.rpartition(":")[2]

        toy.kill()

        wait_until(lambda: not is_running(noted["pid"]), "the worker is gone")
        wait_until(lambda: not is_running(child), "the worker's child is gone")

    with devhost(account, tmp_path / "second", arguments=[*lease, "--port", port]) as toy:
        done = toy.noted(function="on_work", body=body, state="end")
    assert done["count"] == 2
