"""Files in forms through the host that an operator runs: its wall, early answers, flat memory."""

import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from harness.rig.service import Service

MEGABYTE = 1 << 20
MP4 = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"
FORM = {"Content-Type": "multipart/form-data; boundary=x"}


@pytest.fixture
def client(service: Service) -> Iterator[httpx2.Client]:
    address = f"http://127.0.0.1:{service.host.port}"
    headers = {"X-API-Key": service.host.api_key}
    with httpx2.Client(base_url=address, headers=headers, timeout=120) as client:
        yield client


def form_of(media_id: str, content: Iterator[bytes]) -> Iterator[bytes]:
    yield f'--x\r\nContent-Disposition: form-data; name="media_id"\r\n\r\n{media_id}\r\n'.encode()
    yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    yield from content
    yield b"\r\n--x--\r\n"


def large(size_bytes: int) -> Iterator[bytes]:
    """A file of that size which is taken for a video, made while it is sent."""
    yield MP4
    piece = bytes(65536)
    for _ in range(size_bytes // len(piece)):
        yield piece


def send(client: httpx2.Client, size_bytes: int) -> httpx2.Response:
    content = form_of(uuid4().hex, large(size_bytes))
    return client.post("/compress/", content=content, headers=FORM)


def answered_unread(service: Service, *headers: str) -> int:
    """The status of a request whose body never comes."""
    address = ("127.0.0.1", service.host.port)
    lines = ["POST /compress/ HTTP/1.1", "Host: x", f"Content-Type: {FORM['Content-Type']}"]
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, *headers, "", ""]).encode())
        return int(connection.recv(65536).split()[1])


def test_a_photo_in_a_form_is_completed(service, client, photo) -> None:
    for path in ("/compress/", "/compress"):
        media_id = uuid4().hex
        files = {"file": ("a.png", photo.read_bytes())}

        answer = client.post(path, files=files, data={"media_id": media_id})

        assert answer.json() == {
            "status": "accepted",
            "mediaId": media_id,
            "message": "Compression started",
        }
        service.wait_for(
            f"the end of {media_id}",
            lambda media_id=media_id: (
                client.get(f"/status/{media_id}").json()["status"] == "completed"
            ),
        )


def test_memory_stays_flat_while_500_megabytes_pass(service, client) -> None:
    send(client, 30 * MEGABYTE)
    worker = service.host.worker_pid()
    before = [most_memory_mb(pid) for pid in (service.host.pid, worker)]

    answer = send(client, 499 * MEGABYTE)

    assert answer.status_code == 200
    assert most_memory_mb(service.host.pid) - before[0] < 30
    assert most_memory_mb(worker) - before[1] < 60
    assert service.host.worker_pid() == worker


def test_beyond_the_hosts_own_wall_it_answers_500_by_itself(service) -> None:
    key = f"X-API-Key: {service.host.api_key}"

    assert answered_unread(service, key, f"Content-Length: {550 * MEGABYTE + 1}") == 500
    assert answered_unread(service, key, f"Content-Length: {549 * MEGABYTE}") == 400


def test_a_wrong_key_is_answered_before_the_body_came(service) -> None:
    assert answered_unread(service, "X-API-Key: wrong", "Content-Length: 1000000") == 401


def test_of_a_client_that_leaves_nothing_is_left(service) -> None:
    before = service.uploads()
    with socket.create_connection(("127.0.0.1", service.host.port)) as connection:
        head = (
            f"POST /compress/ HTTP/1.1\r\nHost: x\r\nX-API-Key: {service.host.api_key}\r\n"
            f"Content-Type: {FORM['Content-Type']}\r\nContent-Length: 90000000\r\n\r\n"
        )
        connection.sendall(head.encode() + b"".join(form_of("gone", large(5 * MEGABYTE)))[:-20])

    time.sleep(1)
    assert {name for name in service.uploads() - before if name.startswith("compress/")} == set()
    assert "Traceback" not in service.host.tail()


def most_memory_mb(pid: int | None) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
