"""What becomes of invocations when the worker is lost, and of the worker."""

import json
import os
import signal
import threading

import httpx2
import pytest

from harness.rig.processes import is_running
from tests.devhost.running import LIMIT_S, TOY_APP, Account, devhost, start, wait_until, write_app

TIME_LIMIT = {
    "AzureFunctionsJobHost__functionTimeout": "00:00:05",
    "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:00",
}
DIES_ONCE_APP = """
import os
from pathlib import Path

import azure.functions as func
from azurefunctions.extensions.http.fastapi import Request, Response

died = Path(__file__).with_name("died")
if not died.exists():
    died.touch()
    os.kill(os.getpid(), 9)
app = func.FunctionApp()


@app.route(route="hello")
def hello(req: Request) -> Response:
    return Response("hello")
"""
FLAKY_APP = """
import os
import azure.functions as func
from azurefunctions.extensions.http.fastapi import Request, Response

if os.path.exists(os.environ["JOURNAL"]):
    os._exit(7)
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="hello")
def hello(req: Request) -> Response:
    return Response("hello")
"""


@pytest.fixture(scope="module")
def shared_account(storage):
    """Not of the other modules' app, which would take its messages."""
    return Account(storage)


@pytest.fixture(scope="module")
def toy(shared_account, tmp_path_factory):
    with devhost(shared_account, tmp_path_factory.mktemp("toy"), TOY_APP, **TIME_LIMIT) as running:
        yield running


class Answer(threading.Thread):
    """A request that runs while the test goes on."""

    def __init__(self, url):
        super().__init__()
        self._url = url
        self.status = None
        self.error = None
        self.start()

    def run(self):
        try:
            self.status = httpx2.get(self._url, timeout=LIMIT_S).status_code
        except httpx2.TransportError as error:
            self.error = error


def test_a_message_whose_worker_is_killed_is_run_again_by_the_next_worker(toy, shared_account):
    body = json.dumps({"sleep_first": 60})
    shared_account.send("work", body)
    first = toy.noted(function="on_work", body=body, count=1)

    os.kill(first["pid"], signal.SIGKILL)

    done = toy.noted(function="on_work", body=body, state="end")
    assert (done["count"], done["pid"] != first["pid"]) == (2, True)
    wait_until(lambda: shared_account.waits("work") == 0, "the message is deleted")


def test_a_blob_whose_worker_is_killed_is_run_again(toy, shared_account):
    shared_account.upload("uploads", "slow.txt", b"x")
    first = toy.noted(function="on_upload", blob="slow.txt")

    os.kill(first["pid"], signal.SIGKILL)

    assert toy.noted(done="slow.txt")["pid"] != first["pid"]


def test_a_request_whose_worker_is_killed_gets_502_and_the_next_one_an_answer(toy):
    answer = Answer(f"{toy.url}/api/slow?seconds=60")
    noted = toy.noted(function="slow", state="begin")

    os.kill(noted["pid"], signal.SIGKILL)

    answer.join()
    assert answer.status == 502
    assert httpx2.get(f"{toy.url}/api/slow?seconds=0", timeout=LIMIT_S).text == "done"


def test_a_response_whose_worker_is_killed_breaks_off(toy):
    with httpx2.stream("GET", f"{toy.url}/api/count?to=600&pause=0.1", timeout=LIMIT_S) as answer:
        parts = answer.iter_raw()
        next(parts)

        os.kill(toy.worker_pid, signal.SIGKILL)

        with pytest.raises(httpx2.RemoteProtocolError):
            list(parts)


def test_a_function_that_takes_too_long_fails_and_takes_the_worker_with_it(toy, shared_account):
    body = json.dumps({"sleep_first": 60, "child": True})
    shared_account.send("work", body)
    slow = toy.noted(function="on_work", body=body, count=1)
    bystander = Answer(f"{toy.url}/api/slow?seconds=60")

    done = toy.noted(function="on_work", body=body, state="end")

    assert "Timeout value of 5 s was exceeded by function: Functions.on_work." in toy.output
    assert done["pid"] != slow["pid"]
    assert done["count"] == 2
    bystander.join()
    assert bystander.status == 502


def test_what_a_lost_worker_started_lives_on_until_devhost_ends(account, tmp_path):
    with devhost(account, tmp_path) as toy:
        account.send("work", {"child": True, "sleep_first": 60})
        wait_until(lambda: [n for n in toy.journal() if "child" in n], "the child runs")
        child = next(note["child"] for note in toy.journal() if "child" in note)

        os.kill(toy.worker_pid, signal.SIGKILL)

        toy.noted(function="on_work", count=2)
        assert is_running(child)
        assert toy.stop() == 0
    assert not is_running(child)


def test_a_worker_that_is_killed_before_it_is_ready_gets_a_successor(tmp_path):
    root = write_app(tmp_path / "app", DIES_ONCE_APP)

    toy = start(None, tmp_path / "run", root)
    try:
        toy.printed("For detailed output")
    finally:
        toy.kill()

    assert (root / "died").exists()


def test_devhost_gives_up_when_no_worker_gets_ready_any_more(tmp_path):
    root = write_app(tmp_path / "app", FLAKY_APP)
    toy = start(None, tmp_path / "run", root)
    try:
        toy.printed("For detailed output")
        (tmp_path / "run" / "journal").touch()

        os.kill(toy.worker_pid, signal.SIGKILL)

        assert toy.process.wait(LIMIT_S) == 1
        assert "devhost: Exceeded language worker restart retry count" in toy.output
    finally:
        toy.kill()
