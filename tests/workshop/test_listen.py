"""scripts/listen: shows what arrives, verifies it, and fails when it is told to."""

import contextlib
import http.client
import json
import re
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from harness.rig.processes import PATIENCE_S
from harness.rig.project import free_port
from harness.rig.receiver import checked
from integrations.secret_keys import SecretKeys, in_webhook_letters
from jobs.endpoint import OPERATOR

ROOT = Path(__file__).parents[2]
SECRET = in_webhook_letters(b"a secret of thirty-two bytes ...")
BODY = json.dumps({"type": "job.completed", "data": {"blob_name": "ä.png"}}, ensure_ascii=False)


@pytest.fixture
def listener(launch):
    """Starts it on a free port; returns the process and the port."""

    def run(*arguments):
        port = free_port()
        process = launch("listen", "--port", port, *arguments)
        assert f":{port}" in process.stdout.readline()
        while "Ctrl-C" not in process.stdout.readline():
            pass
        return process, port

    return run


def post(port, secret=SECRET, body=BODY, limit_s=20):
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, BODY),
    }
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", port, timeout=limit_s)
    ) as connection:
        connection.request("POST", "/", body.encode(), headers)
        with connection.getresponse() as answer:
            return answer.status


def next_line_about(process, text):
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(f"{text} never came")


def test_what_arrives_is_shown_and_verified(listener):
    process, port = listener("--secret", SECRET)

    assert post(port) == 200

    line = next_line_about(process, "job.completed")
    assert re.search(r"msg_1: signature verified; answered with 200", line)
    assert "ä.png" in next_line_about(process, "blob_name")


def test_what_was_changed_on_the_way_is_noticed(listener):
    process, port = listener("--secret", SECRET)

    post(port, body=BODY.replace("completed", "failed"))

    assert "SIGNATURE WRONG" in next_line_about(process, "job.failed")


def test_it_fails_as_it_is_told_and_then_accepts(listener):
    _, port = listener("--fail", "500,410,close")

    assert [post(port), post(port)] == [500, 410]
    with pytest.raises((http.client.HTTPException, OSError)):
        post(port)
    assert post(port) == 200


def test_the_secret_of_the_operators_webhook_is_known_from_the_settings(checkout, listener):
    key = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    settings = {"IsEncrypted": False, "Values": {"API_KEY": key}}
    (checkout / "local.settings.json").write_text(json.dumps(settings))
    secret = in_webhook_letters(SecretKeys(key.encode()).webhook_secret(OPERATOR, 1))
    process, port = listener()

    post(port, secret)

    assert "signature verified" in next_line_about(process, "job.completed")


def test_a_busy_port_is_one_clear_line(launch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listen = launch("listen", "--port", port)
        said, _ = listen.communicate(timeout=PATIENCE_S)

    assert listen.returncode == 1
    assert said.startswith(f"listen: Port {port} is in use")
    assert len(said.splitlines()) == 1


def test_a_word_that_means_nothing_is_refused():
    finished = subprocess.run(
        [sys.executable, "-P", "-m", "harness.laptop.listen", "--fail", "500,explode"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )

    assert (finished.returncode, finished.stdout) == (1, "")
    assert "explode" in finished.stderr


@pytest.mark.parametrize(
    "word", ["", "5", "600", "500:", "500:soon", "hang:5", "-500", "\u0665\u0660\u0660"]
)
def test_a_behaviour_is_a_status_or_a_known_word(word):
    with pytest.raises(ValueError):
        checked([word])


def test_behaviours_that_are_known_are_taken():
    words = ["500", " 503:30 ", "hang", "drip", "close", "huge", "garbage", "299"]

    assert checked(words) == [word.strip() for word in words]
