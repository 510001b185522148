"""Idempotency-Key: a form that is sent again is answered again, and makes no second job."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from api.app import create_api
from jobs.caller import OPERATOR
from jobs.keyed_request import LEASE, keyed_request
from lifecycle.services import Services

from .conftest import KEY, served
from .forms import compress, eventually, new_id, row, upload_names


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def head(path: str, length: int, key: str) -> bytes:
    """The beginning of a request whose body does not come."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {KEY}\r\nContent-Length: {length}\r\n"
        f"Idempotency-Key: {key}\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
    ).encode()


def connection(client: httpx2.Client) -> socket.socket:
    return socket.create_connection((client.base_url.host, client.base_url.port))


def is_begun(services: Services, key: str) -> bool:
    """Whether somebody answers the form with that key."""
    now = services.clock()
    request = keyed_request(OPERATOR, "/compress", key, "", now)
    return services.keyed_requests.get(request.key, now) is not None


@contextmanager
def served_later(services: Services, after: timedelta) -> Iterator[httpx2.Client]:
    """The same service as it is when that time has passed."""
    moved = replace(services, clock=lambda: services.clock() + after)
    with (
        served(create_api(moved)) as address,
        httpx2.Client(base_url=address, headers={"X-API-Key": KEY}) as client,
    ):
        yield client


def test_a_repetition_is_answered_alike_and_makes_nothing(client, services, photo) -> None:
    key, media_id = new_id(), new_id()
    first = compress(client, photo, media_id, headers=keyed(key))
    job, uploads = row(services, media_id), upload_names(services)

    again = compress(client, photo, media_id, headers=keyed(key))

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert row(services, media_id).upload_etag == job.upload_etag
    assert upload_names(services) <= uploads


def test_a_repetition_is_answered_before_its_body_is_read(client, photo) -> None:
    key, media_id = new_id(), new_id()
    length = compress(client, photo, media_id, headers=keyed(key)).request.headers["Content-Length"]

    with connection(client) as unread:
        unread.sendall(head("/compress/", int(length), key))

        answer = b""
        while media_id.encode() not in answer and (received := unread.recv(65536)):
            answer += received
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert media_id.encode() in answer


def test_without_a_key_the_same_form_is_a_new_file(client, services, photo) -> None:
    media_id = new_id()
    compress(client, photo, media_id)
    first = row(services, media_id)

    compress(client, photo, media_id)

    assert row(services, media_id).blob_name != first.blob_name


def test_a_key_of_another_form_is_refused(client, photo) -> None:
    key = new_id()
    compress(client, photo, new_id(), headers=keyed(key))

    answer = compress(client, photo + b"more", new_id(), headers=keyed(key))

    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_MISMATCH")


def test_while_the_first_is_received_the_second_is_told_to_wait(client, services) -> None:
    key = new_id()
    with connection(client) as slow:
        slow.sendall(head("/compress/", 5000, key))
        eventually(lambda: is_begun(services, key), bool)

        def second() -> httpx2.Response:
            return client.post(
                "/compress/",
                content=b"y" * 5000,
                headers={**keyed(key), "Content-Type": "multipart/form-data; boundary=x"},
            )

        answer = eventually(second, lambda answer: answer.status_code == 409)

    assert answer.json()["code"] == "IN_FLIGHT"
    assert int(answer.headers["retry-after"]) > 0


def test_of_many_at_once_one_makes_the_job(client, services, photo) -> None:
    key, media_id, answers = new_id(), new_id(), []

    def send() -> None:
        with httpx2.Client(base_url=client.base_url, headers=client.headers) as own:
            answers.append(compress(own, photo, media_id, headers=keyed(key)).status_code)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert 200 in answers
    assert set(answers) <= {200, 409}
    records = [record.blob_name for record in services.ingests.of_id("lms", media_id)]
    assert len(records) == 1


def test_what_was_refused_may_be_sent_again_under_its_key(client, photo) -> None:
    key, media_id = new_id(), new_id()
    refused = compress(client, photo, media_id, headers=keyed(key), profile="nono")

    answer = compress(client, photo, media_id, headers=keyed(key), profile="seed")

    assert (refused.status_code, answer.status_code) == (422, 200)


def test_who_left_may_send_again_under_the_same_key(client, photo) -> None:
    key, media_id = new_id(), new_id()
    request = client.build_request(
        "POST",
        "/compress/",
        files={"file": ("a.png", photo)},
        data={"media_id": media_id},
        headers=keyed(key),
    )
    body = request.read()
    with connection(client) as leaving:
        boundary = request.headers["Content-Type"].partition("boundary=")[2]
        leaving.sendall(
            head("/compress/", len(body), key).replace(
                b"boundary=x", f"boundary={boundary}".encode()
            )
        )
        leaving.sendall(body[: len(body) // 2])

    answer = eventually(lambda: client.send(request), lambda answer: answer.status_code != 409)

    assert answer.status_code == 200


def test_a_request_whose_worker_died_is_taken_over_when_its_lease_is_over(
    client, services: Services, photo, monkeypatch
) -> None:
    key, media_id = new_id(), new_id()
    monkeypatch.setattr("api.form_door.release_request", lambda *_: None)
    assert compress(client, photo, media_id, headers=keyed(key), profile="nono").status_code == 422
    monkeypatch.undo()
    assert compress(client, photo, media_id, headers=keyed(key), profile="seed").status_code == 409

    with served_later(services, LEASE) as later:
        assert (
            compress(later, photo, media_id, headers=keyed(key), profile="seed").status_code == 200
        )


def test_a_death_after_the_upload_was_made_is_found_by_the_same_key(
    client, services: Services, photo, monkeypatch
) -> None:
    key, media_id = new_id(), new_id()
    monkeypatch.setattr("api.form_door.settle_request", lambda *_: None)
    compress(client, photo, media_id, headers=keyed(key))
    job = row(services, media_id)
    monkeypatch.undo()

    with served_later(services, LEASE) as later:
        answer = compress(later, photo, media_id, headers=keyed(key))

    assert (answer.status_code, answer.json()["mediaId"]) == (200, media_id)
    assert row(services, media_id).blob_name == job.blob_name


@pytest.mark.parametrize("key", ['"8e03978e"', "x" * 2000, "ключ".encode()])
def test_any_key_will_do(client, photo, key) -> None:
    media_id = new_id()
    for _ in range(2):
        answer = client.post(
            "/compress/",
            files={"file": ("a.png", photo)},
            data={"media_id": media_id},
            headers={"Idempotency-Key": key},
        )
        assert answer.status_code == 200
