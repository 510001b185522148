"""scripts/start: what it runs, what it refuses, and that nothing outlives it."""

import json
import shutil
import signal
import socket
import stat
import sys
import time
from pathlib import Path

import pytest

from devhost.azurite import answers, connection_string, free_ports
from harness.rig.processes import PATIENCE_S, wait_for

# Stands for Core Tools: says which port it was given, answers as the host does, and has a child
# that ran away into a session of its own.
FUNC = """
import http.server, json, subprocess, sys
NOWHERE = subprocess.DEVNULL
subprocess.Popen(["sleep", "{sleep}"], start_new_session=True, stdout=NOWHERE, stderr=NOWHERE)
class Host(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({{"state": "Running"}}).encode())
print("func", *sys.argv[1:], flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[3])), Host).serve_forever()
"""


@pytest.fixture
def func(tmp_path):
    """A folder for the PATH, and the number of seconds by which the runaway child is known."""
    folder = tmp_path / "core tools"
    folder.mkdir()
    seconds = f"60.{time.time_ns()}"
    (folder / "func.py").write_text(FUNC.format(sleep=seconds))
    (folder / "func").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder}/func.py" "$@"\n')
    (folder / "func").chmod(0o755)
    (folder / "node").symlink_to(shutil.which("node"))
    return folder, seconds


def command_lines():
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield each.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue


def read_until(process, text):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError(f"{text!r} never came:\n{''.join(lines)}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_leaves_no_process_behind(launch, checkout, func, stop):
    folder, seconds = func
    ports, port = free_ports(), free_port()
    variables = {"PATH": f"{folder}:/usr/bin:/bin", "AzureWebJobsStorage": connection_string(ports)}
    start = launch("start", "--port", port, **variables)
    said = read_until(start, "Ctrl-C stops")
    running = [line for line in command_lines() if f"sleep {seconds}" in line]

    start.send_signal(stop)

    assert start.wait(20) == 0
    assert f"func start --port {port}" in said
    assert len(running) == 1
    assert not [line for line in command_lines() if seconds in line or str(checkout) in line]
    assert not any(answers(each) for each in (ports.blob, ports.queue, ports.table, port))


def test_a_killed_start_takes_the_app_and_azurite_along(launch, checkout, func):
    ports, port = free_ports(), free_port()
    variables = {"PATH": f"{func[0]}:/usr/bin:/bin"}
    start = launch(
        "start", "--port", port, **variables, AzureWebJobsStorage=connection_string(ports)
    )
    read_until(start, "Ctrl-C stops")

    start.kill()

    everyone = (ports.blob, ports.queue, ports.table, port)
    wait_for(lambda: not any(map(answers, everyone)))


def test_the_first_start_makes_settings_with_a_key_that_nobody_else_can_read(
    launch, checkout, func, storage
):
    start = launch(
        "start", "--port", free_port(), PATH=f"{func[0]}:/usr/bin:/bin", AzureWebJobsStorage=storage
    )

    said = read_until(start, "Ctrl-C stops")

    settings = checkout / "local.settings.json"
    key = json.loads(settings.read_text())["Values"]["API_KEY"]
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    assert len(key) == 64
    assert "./scripts/upload photo.jpg" in said
    assert f"-H 'X-API-Key: {key}'" in said


def test_settings_that_exist_are_left_alone(launch, checkout, func, storage):
    mine = json.dumps({"Values": {"API_KEY": "k" * 40, "AzureWebJobsStorage": storage}})
    (checkout / "local.settings.json").write_text(mine)

    start = launch("start", "--port", free_port(), PATH=f"{func[0]}:/usr/bin:/bin")
    said = read_until(start, "Ctrl-C stops")

    assert (checkout / "local.settings.json").read_text() == mine
    assert "k" * 40 in said
    assert "Azurite that already runs" in said


def test_a_busy_port_is_one_clear_line(launch, storage):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        start = launch("start", "--port", port, AzureWebJobsStorage=storage)
        said, _ = start.communicate(timeout=PATIENCE_S)

    assert start.returncode == 1
    assert said.startswith(f"start: Port {port} is in use")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("program", ["start", "listen"])
@pytest.mark.parametrize("word", ["70000", "-1", "0", "http"])
def test_what_is_no_port_is_refused_with_one_clear_line(launch, program, word):
    started = launch(program, f"--port={word}")
    said, _ = started.communicate(timeout=PATIENCE_S)

    assert started.returncode == 2
    reason = f"argument --port: {word} is not a port: give one from 1 to 65535"
    assert said.splitlines()[-1] == f"{program}: error: {reason}"


def test_what_to_try_stands_below_the_list_of_functions(launch, storage):
    start = launch("start", "--port", free_port(), AzureWebJobsStorage=storage)

    said = read_until(start, "Ctrl-C stops")

    assert said.index("Functions:") < said.index("status: [GET,HEAD]") < said.index("Try it")


def test_a_stranger_on_azurites_port_is_one_clear_line(launch, checkout):
    ports = free_ports()
    (checkout / "local.settings.json").write_text(
        json.dumps({"Values": {"AzureWebJobsStorage": connection_string(ports)}})
    )
    with socket.create_server(("127.0.0.1", ports.queue)):
        start = launch("start", "--port", free_port())
        said, _ = start.communicate(timeout=PATIENCE_S)

    assert start.returncode == 1
    assert said == (
        f"start: Port {ports.queue} is in use by a program that is not Azurite; stop it first.\n"
    )


def test_a_folder_that_cannot_be_written_is_one_clear_line(launch, checkout):
    (checkout / "local.settings.json").write_text(
        json.dumps({"Values": {"AzureWebJobsStorage": connection_string(free_ports())}})
    )
    (checkout / ".azurite").write_text("a file where the folder should be")

    start = launch("start", "--port", free_port())
    said, _ = start.communicate(timeout=PATIENCE_S)

    assert start.returncode == 1
    assert said == f"start: {checkout}/.azurite: File exists\n"


def test_settings_that_are_not_json_are_one_clear_line(launch, checkout):
    (checkout / "local.settings.json").write_text("API_KEY=oops")

    start = launch("start", "--port", free_port())
    said, _ = start.communicate(timeout=PATIENCE_S)

    assert start.returncode == 1
    assert said.startswith("start: local.settings.json is not a settings file")
    assert len(said.splitlines()) == 1


def test_an_app_that_ends_by_itself_ends_the_start(launch, func, storage):
    folder, _ = func
    (folder / "func").write_text("#!/bin/sh\necho the app is broken\nexit 3\n")

    start = launch(
        "start",
        "--port",
        free_port(),
        PATH=f"{folder}:/usr/bin:/bin",
        AzureWebJobsStorage=storage,
        API_KEY="k" * 40,
    )
    said, _ = start.communicate(timeout=PATIENCE_S)

    assert start.returncode == 1
    assert "the app is broken" in said
    assert said.splitlines()[-1] == "start: The app did not start; the reason is above."
