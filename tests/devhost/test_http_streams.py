"""HTTP functions of an app that uses the HTTP-streams extension."""

import asyncio
import hashlib
import os
import socket
import time

import pytest

from devhost.http.port import reserve
from harness.rig.processes import memory_bytes
from tests.devhost.running import TOY_APP

BLOCK = os.urandom(1 << 20)


def peak_mb(pid):
    return memory_bytes(pid, "VmHWM") / 1024**2


def blocks(count):
    yield from (BLOCK for _ in range(count))


def test_a_route_value_and_the_query_reach_the_function(client):
    answer = client.get("/api/hello/B%6Fb?x=1")

    assert answer.json() == {"route": {"name": "Bob"}, "query": {"x": "1"}}


def test_an_absent_optional_route_value_has_no_key(client):
    assert client.get("/api/hello").json()["route"] == {}


def test_a_path_is_matched_whatever_its_case_and_last_slash(client):
    assert client.get("/API/Hello/Bob/").json()["route"] == {"name": "Bob"}


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/hello"), ("GET", "/api/hello/b/b"), ("GET", "/hello")]
)
def test_a_wrong_method_or_path_is_an_empty_404(client, method, path):
    answer = client.request(method, path)

    assert (answer.status_code, answer.content) == (404, b"")


def test_the_function_that_comes_first_by_name_gets_the_request(client):
    assert client.get("/api/hello/world").json()["route"] == {"name": "world"}


def test_a_failed_function_is_a_500_that_says_nothing(client):
    answer = client.get("/api/broken")

    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_the_failure_is_logged_with_its_stack(client, toy):
    client.get("/api/broken")

    toy.printed("ValueError: a secret detail")
    assert "Executed 'Functions.broken' (Failed, Id=" in toy.output


def test_a_client_cannot_choose_the_invocation_id(client):
    answer = client.get("/api/headers", headers={"X-MS-Invocation-Id": "mine"})

    assert answer.json()["headers"]["x-ms-invocation-id"] != "mine"


def test_a_header_beyond_ascii_reaches_the_function(client):
    answer = client.get("/api/headers", headers={"X-Name": "ключ".encode()})

    assert answer.json()["headers"]["x-name"].encode("latin-1").decode() == "ключ"


def test_the_function_sees_the_address_that_the_client_used(client, toy):
    assert client.get("/api/headers").json()["url"] == f"{toy.url}/api/headers"


def test_a_body_of_50_megabytes_streams_through_flat_memory(client, toy):
    client.post("/api/digest", content=blocks(1))
    before = peak_mb(toy.process.pid), peak_mb(toy.worker_pid)

    answer = client.post("/api/digest", content=blocks(50))

    digest = hashlib.sha256(b"".join(blocks(50))).hexdigest()
    assert answer.json() == {"sha256": digest, "size": 50 << 20}
    assert peak_mb(toy.process.pid) - before[0] < 10
    assert peak_mb(toy.worker_pid) - before[1] < 10


def test_a_response_of_50_megabytes_streams_through_flat_memory(client, toy):
    before = peak_mb(toy.process.pid)

    answer = client.get("/api/count?to=50&repeat=524288")

    assert len(answer.content) > 50 << 20
    # The test's own copy is elsewhere.
    assert peak_mb(toy.process.pid) - before < 10


def test_the_first_part_of_a_response_comes_before_the_last_is_made(client, tmp_path):
    with client.stream("GET", f"/api/count?to=3&go_on={tmp_path}/go-on") as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"0\n"
        (tmp_path / "go-on").touch()
        assert b"".join(parts) == b"1\n2\n"


@pytest.mark.parametrize("body", [BLOCK * 101, lambda: blocks(101)], ids=["whole", "chunked"])
def test_a_body_over_100_megabytes_is_refused_with_500(client, body):
    answer = client.post("/api/digest", content=body() if callable(body) else body)

    assert answer.status_code == 500


def test_an_answer_before_the_end_of_the_body_reaches_the_client(client):
    answer = client.post("/api/refuse", content=blocks(60))

    assert (answer.status_code, answer.text) == (413, "too much")


def test_an_answer_does_not_wait_for_the_next_part_of_the_body(client, toy):
    host, port = toy.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as waiting:
        head = b"POST /api/refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\nfirst"
        waiting.sendall(head)

        assert waiting.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_leaves_in_the_middle_of_its_body_ends_the_invocation(toy):
    before = toy.output.count("Executed 'Functions.digest' (Failed")
    host, port = toy.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as leaving:
        leaving.sendall(
            b"POST /api/digest HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\nfirst"
        )
        time.sleep(0.3)

    toy.printed("Executed 'Functions.digest' (Failed", before + 1)


def test_function_keys_are_not_asked_for(client):
    assert client.get("/api/headers").status_code == 200


def test_the_worker_finds_itself_in_the_environment_that_the_host_makes(client, toy):
    answer = client.get("/api/environment").json()

    found = answer["environment"]
    assert answer["cwd"] == found["AzureWebJobsScriptRoot"] == str(TOY_APP)
    assert found["AZURE_FUNCTIONS_ENVIRONMENT"] == "Development"
    assert found["WEBSITE_HOSTNAME"] == toy.url.replace("http://127.0.0.1", "localhost")
    assert found["FUNCTIONS_WORKER_RUNTIME"] == "python"


def test_the_functions_are_listed_as_func_start_lists_them(toy):
    port = toy.url.rpartition(":")[2]

    block = toy.output[toy.output.index("\nFunctions:\n") :]

    assert f"\tbroken: [GET] http://localhost:{port}/api/broken\n\n" in block
    assert f"\thello: [GET] http://localhost:{port}/api/hello/{{name?}}\n\n" in block
    assert block.index("slow: [GET]") < block.index("\ton_event: blobTrigger\n\n")
    assert block.index("on_event: blobTrigger") < block.index("\ton_work: queueTrigger\n\n")


def test_an_answer_does_not_wait_for_the_network_to_fill_a_packet():
    """Nagle's algorithm would cost each of them 40 ms."""
    found = []

    async def note(_, writer):
        option = (socket.IPPROTO_TCP, socket.TCP_NODELAY)
        found.append(writer.get_extra_info("socket").getsockopt(*option))
        writer.close()

    async def call():
        async with await asyncio.start_server(note, sock=reserve(0)) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            await reader.read()
            writer.close()

    asyncio.run(call())

    assert found == [1]
