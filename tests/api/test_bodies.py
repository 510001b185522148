"""Bodies of forms as they come over a socket: slow, endless, broken off, too large, all at once."""

import contextlib
import re
import socket
import threading
import time
from pathlib import Path

import httpx2
import pytest

from api import body, form_door

from .conftest import KEY
from .forms import MP4, compress, eventually, large, new_id, settled_word, upload_names

BOUNDARY = "----x"
FILE_HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="media_id"\r\n\r\n{{media_id}}\r\n'
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
)
END = f"\r\n--{BOUNDARY}--\r\n".encode()
MEGABYTE = 1 << 20


def request_head(*headers: str, key: str = KEY) -> bytes:
    lines = [
        "POST /compress/ HTTP/1.1",
        "Host: x",
        f"X-API-Key: {key}",
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def file_head(media_id: str = "abc") -> bytes:
    return FILE_HEAD.format(media_id=media_id).encode()


@contextlib.contextmanager
def connected(client: httpx2.Client):
    address = client.base_url.host, client.base_url.port
    with socket.create_connection(address, timeout=30) as connection:
        yield connection


def status_of(connection: socket.socket) -> int:
    return int(connection.recv(65536).split()[1])


def chunked(media_id: str, content) -> tuple[dict[str, str], object]:
    """A form of unknown length."""

    def pieces():
        yield file_head(media_id)
        yield from content
        yield END

    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, pieces()


def post_chunked(client: httpx2.Client, media_id: str, content) -> httpx2.Response:
    headers, content = chunked(media_id, content)
    return client.post("/compress/", headers=headers, content=content, timeout=120)


def test_a_form_of_unknown_length_arrives_whole(client, photo) -> None:
    media_id = new_id()

    answer = post_chunked(client, media_id, [photo])

    assert answer.status_code == 200
    assert settled_word(client, media_id) == "completed"


def test_a_file_of_many_blocks_is_stored_as_it_was_sent(client, services) -> None:
    media_id = new_id()
    content = b"".join(large(9 * MEGABYTE + 12345)) + b"the end"

    compress(client, content, media_id)

    (record,) = services.ingests.of_id("lms", media_id)
    blob = services.uploads._container.get_blob_client(record.blob_name)
    assert blob.download_blob().readall() == content


def test_too_large_a_length_is_refused_before_a_byte_of_the_body(client) -> None:
    with connected(client) as connection:
        connection.sendall(request_head(f"Content-Length: {600 * MEGABYTE}"))

        assert status_of(connection) == 400


@pytest.mark.parametrize("expect", [[], ["Expect: 100-continue"]])
def test_a_wrong_key_is_refused_before_a_byte_of_the_body(client, expect) -> None:
    with connected(client) as connection:
        connection.sendall(request_head("Content-Length: 5000", *expect, key="wrong"))

        assert status_of(connection) == 401


def test_a_bad_boundary_is_refused_before_a_byte_of_the_body(client) -> None:
    head = request_head("Content-Length: 5000").replace(BOUNDARY.encode(), b"x" * 100)
    with connected(client) as connection:
        connection.sendall(head)

        assert status_of(connection) == 400


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def test_a_file_of_unknown_length_is_refused_at_the_byte_that_is_too_much(
    limited_client, services
) -> None:
    before, video = upload_names(services), MP4 + bytes(4 * MEGABYTE - len(MP4))
    with connected(limited_client) as connection:
        connection.sendall(request_head("Transfer-Encoding: chunked") + chunk(file_head() + video))
        connection.settimeout(1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(30)

        connection.sendall(chunk(b"one byte more" + b"\r"))

        assert status_of(connection) == 400
    assert upload_names(services) == before


def test_what_is_no_media_is_refused_by_its_head(client) -> None:
    with connected(client) as connection:
        connection.sendall(request_head("Content-Length: 90000000") + file_head() + b"x" * 5000)

        assert status_of(connection) == 400


def test_a_body_that_stops_coming_is_answered_408(client, services, monkeypatch) -> None:
    monkeypatch.setattr(body, "SILENCE_LIMIT_S", 0.3)
    before = upload_names(services)

    with connected(client) as connection:
        connection.sendall(request_head("Content-Length: 9000000") + file_head() + MP4)

        assert status_of(connection) == 408
    assert upload_names(services) == before


def test_a_body_that_never_ends_is_answered_408(client, monkeypatch) -> None:
    monkeypatch.setattr(body, "WHOLE_LIMIT_S", 0.5)

    def drip():
        for _ in range(100):
            yield b"x"
            time.sleep(0.05)

    answer = post_chunked(client, new_id(), drip())

    assert (answer.status_code, answer.json()["code"]) == (408, "REQUEST_TIMEOUT")


def test_of_a_client_that_leaves_nothing_is_left(client, services, caplog) -> None:
    before, media_id = upload_names(services), new_id()

    with connected(client) as connection:
        connection.sendall(request_head("Content-Length: 90000000") + file_head(media_id) + MP4)
        connection.sendall(bytes(9 * MEGABYTE))

    time.sleep(1)
    assert upload_names(services) == before
    assert client.get(f"/status/{media_id}").json()["status"] == "not_found"
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


def test_files_beyond_what_is_received_at_once_wait_and_are_told_to_come_again(
    client, photo, monkeypatch
) -> None:
    monkeypatch.setattr(form_door, "WAIT_FOR_ROOM_S", 0.3)
    with contextlib.ExitStack() as stack:
        for _ in range(form_door.MOST_AT_ONCE):
            connection = stack.enter_context(connected(client))
            connection.sendall(request_head("Content-Length: 9000000") + file_head())

        refused = eventually(
            lambda: compress(client, photo, new_id()), lambda answer: answer.status_code != 200
        )

    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert int(refused.headers["retry-after"]) > 0
    accepted = eventually(
        lambda: compress(client, photo, new_id()), lambda answer: answer.status_code != 429
    )
    assert accepted.status_code == 200


def test_twenty_files_at_once_are_all_taken(client, photo) -> None:
    ids, answers = [new_id() for _ in range(20)], []

    def send(media_id: str) -> None:
        with httpx2.Client(base_url=client.base_url, headers=client.headers) as own:
            answers.append(compress(own, photo, media_id).status_code)

    threads = [threading.Thread(target=send, args=(each,)) for each in ids]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert answers == [200] * 20
    assert {client.get(f"/status/{each}").json()["status"] for each in ids} <= {
        "queued",
        "processing",
        "completed",
    }


def test_memory_does_not_grow_with_the_file(client) -> None:
    post_chunked(client, new_id(), large(40 * MEGABYTE))
    before = most_memory_mb()

    answer = post_chunked(client, new_id(), large(300 * MEGABYTE))

    assert answer.status_code == 200
    assert most_memory_mb() - before < 40


def most_memory_mb() -> float:
    """Of this process, which is client and server in one: what it held at its largest."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
