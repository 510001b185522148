"""Files by SFTP, to a genuine server."""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from socket import create_server

import pytest

from errors.deliveries import (
    DeliveryAuthError,
    DeliveryError,
    DeliveryHostKeyError,
    DeliveryInterruptedError,
    DeliveryObsoleteError,
    DeliveryStoreError,
    DeliveryTimeoutError,
    DeliveryUnreachableError,
)
from harness.rig.sftp_server import LOOPBACK, serving_files
from integrations import sftp_session
from integrations.destinations.sftp import NOT_TRUSTED_BYTES, SftpDestination
from processing.targets import IMAGE_TARGETS, VIDEO_TARGETS

from .conformance import Conformance
from .files import Shelf, again
from .sftp_end import SftpEnd

MEGABYTE = 1 << 20


@pytest.fixture
def far_end(tmp_path: Path, shelf: Shelf) -> Iterator[SftpEnd]:
    with serving_files(tmp_path / "remote") as server:
        yield SftpEnd(server, shelf)


class TestConformance(Conformance):
    """As every destination."""


def test_a_file_lies_under_its_name_and_nothing_else_does(far_end: SftpEnd) -> None:
    video = far_end.shelf.attempt(far_end.endpoint, b"v" * 700_000)
    photo = far_end.shelf.attempt(far_end.endpoint, b"p" * 10, "webp")

    answers = [far_end.destination.send(each) for each in (video, photo)]

    paths = [f"videos/{video.delivery.id}.mp4", f"images/{photo.delivery.id}.webp"]
    assert far_end.server.files() == {paths[0]: b"v" * 700_000, paths[1]: b"p" * 10}
    assert [each.answer for each in answers] == [f"/{path}" for path in paths]


@pytest.mark.parametrize(
    ("targets", "folder"), [(VIDEO_TARGETS, "videos"), (IMAGE_TARGETS, "images")]
)
def test_whatever_the_craft_makes_lies_among_its_own_kind(far_end, targets, folder: str) -> None:
    made = [each.extension for each in targets.values()]

    for extension in made:
        far_end.destination.send(far_end.shelf.attempt(far_end.endpoint, b"x", extension))

    assert {path.partition("/")[0] for path in far_end.server.files()} == {folder}


def test_a_name_that_is_taken_is_replaced(far_end: SftpEnd) -> None:
    attempt = far_end.attempt("new")
    there = far_end.server.folder / "videos" / f"{attempt.delivery.id}.mp4"
    there.parent.mkdir()
    there.write_bytes(b"something else, and longer")

    far_end.destination.send(attempt)

    assert far_end.arrived() == [(attempt.delivery.id, "new")]


@pytest.mark.parametrize("pin", ["line", "fingerprint"])
def test_the_pinned_key_is_known_either_way(far_end: SftpEnd, pin: str) -> None:
    text = far_end.server.pin if pin == "line" else far_end.server.fingerprint

    SftpDestination(far_end.place(host_key=text), None).send(far_end.attempt("x"))

    assert len(far_end.arrived()) == 1


def test_to_another_host_key_nothing_is_sent_not_even_the_password(far_end: SftpEnd) -> None:
    other = far_end.server.client_key.export_public_key().decode()
    prints = [other, far_end.server.client_key.get_fingerprint()]

    for pin in prints:
        with pytest.raises(DeliveryHostKeyError):
            SftpDestination(far_end.place(host_key=pin), None).send(far_end.attempt("x"))

    assert far_end.server.connections == 2
    assert far_end.server.logins == []
    assert far_end.arrived() == []


def test_a_private_key_opens_the_door_also_with_its_line_ends_escaped(far_end: SftpEnd) -> None:
    key = far_end.server.client_key.export_private_key().decode()

    for text in (key, key.replace("\n", "\\n")):
        place = far_end.place(password=None, private_key=text)
        SftpDestination(place, None).send(far_end.attempt("x"))

    assert len(far_end.arrived()) == 2


def test_a_wrong_password_and_an_unreadable_key_are_said_so(far_end: SftpEnd) -> None:
    for wrong in ({"password": "guess"}, {"private_key": "no key at all"}):
        with pytest.raises(DeliveryAuthError) as failure:
            SftpDestination(far_end.place(**wrong), None).send(far_end.attempt("x"))
        assert "guess" not in failure.value.message


def test_who_listens_but_never_speaks_is_given_up(
    far_end: SftpEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp_session, "CONNECT_LIMIT_S", 0.5)
    with create_server((LOOPBACK, 0)) as deaf:
        place = far_end.place(port=deaf.getsockname()[1])

        with pytest.raises((DeliveryTimeoutError, DeliveryUnreachableError)):
            SftpDestination(place, None).send(far_end.attempt("x"))


def test_where_nobody_listens_the_server_is_unreachable(far_end: SftpEnd) -> None:
    with create_server((LOOPBACK, 0)) as gone:
        place = far_end.place(port=gone.getsockname()[1])

    with pytest.raises(DeliveryUnreachableError):
        SftpDestination(place, None).send(far_end.attempt("x"))


@pytest.mark.parametrize("what_is_gone", ["channel", "transport"])
def test_whatever_is_asked_of_a_connection_that_is_gone_it_is_unreachable(
    far_end: SftpEnd, what_is_gone: str
) -> None:
    def ask() -> None:
        with sftp_session.session(far_end.place()) as client:
            channel = client.get_channel()
            assert channel is not None
            (channel if what_is_gone == "channel" else channel.get_transport()).close()
            client.stat("anything")

    with pytest.raises(DeliveryUnreachableError):
        ask()


def test_a_transfer_that_was_cut_goes_on_near_where_it_was(far_end: SftpEnd) -> None:
    content = os.urandom(20 * MEGABYTE)
    attempt = far_end.shelf.attempt(far_end.endpoint, content)
    far_end.server.cut_after_bytes = 15 * MEGABYTE

    with pytest.raises(DeliveryError) as cut:
        far_end.destination.send(attempt)
    (part,) = far_end.server.files()
    before = far_end.server.written_bytes
    far_end.destination.send(again(attempt))

    assert isinstance(cut.value, DeliveryUnreachableError)
    assert part.endswith(".part")
    assert far_end.server.files() == {f"videos/{attempt.delivery.id}.mp4": content}
    sent_again = far_end.server.written_bytes - before
    assert sent_again <= len(content) - before + NOT_TRUSTED_BYTES + MEGABYTE


def test_what_lies_there_of_another_version_is_not_gone_on_with(far_end: SftpEnd) -> None:
    attempt = far_end.shelf.attempt(far_end.endpoint, b"a" * 12 * MEGABYTE)
    far_end.server.cut_after_bytes = 11 * MEGABYTE
    with pytest.raises(DeliveryError):
        far_end.destination.send(attempt)
    assert attempt.parcel is not None
    newer = replace(attempt.parcel, content=far_end.shelf.put(b"b" * 12 * MEGABYTE))

    far_end.destination.send(again(replace(attempt, parcel=newer)))

    found = far_end.server.files()[f"videos/{attempt.delivery.id}.mp4"]
    assert found == b"b" * 12 * MEGABYTE


def test_a_part_that_is_longer_than_the_file_is_begun_anew(far_end: SftpEnd) -> None:
    attempt = far_end.attempt("short")
    far_end.refuse()
    with pytest.raises(DeliveryStoreError):
        far_end.destination.send(attempt)
    (part,) = far_end.server.files()
    (far_end.server.folder / part).write_bytes(b"much longer than that")
    far_end.accept()

    far_end.destination.send(again(attempt))

    assert far_end.arrived() == [(attempt.delivery.id, "short")]


def test_a_full_disk_is_said_so(far_end: SftpEnd) -> None:
    far_end.refuse()

    with pytest.raises(DeliveryStoreError) as failure:
        far_end.destination.send(far_end.attempt("x"))

    assert "No space left on device" in failure.value.message


def test_a_result_that_is_gone_is_not_sent(far_end: SftpEnd) -> None:
    attempt = far_end.attempt("x")
    assert attempt.parcel is not None
    attempt.parcel.content.client.delete_blob()

    for each in (attempt, replace(attempt, parcel=None)):
        with pytest.raises(DeliveryObsoleteError):
            far_end.destination.send(each)

    assert far_end.arrived() == []


def test_an_attempt_that_must_end_leaves_what_it_wrote_to_the_next(far_end: SftpEnd) -> None:
    steps = iter(range(3))

    def check() -> None:
        if next(steps, None) is None:
            raise DeliveryInterruptedError

    attempt = far_end.shelf.attempt(far_end.endpoint, b"x" * 3 * MEGABYTE)
    with pytest.raises(DeliveryInterruptedError):
        far_end.destination.send(replace(attempt, check=check))

    assert far_end.arrived() == []
    far_end.destination.send(again(attempt))
    assert far_end.arrived() == [(attempt.delivery.id, "x" * 3 * MEGABYTE)]


@pytest.mark.parametrize("steps_of_other", [1, 2, 1000])
def test_two_attempts_at_once_leave_the_whole_file(far_end: SftpEnd, steps_of_other: int) -> None:
    content = bytes(range(256)) * (3 * MEGABYTE // 256)
    attempt = far_end.shelf.attempt(far_end.endpoint, content)
    steps_of_first = iter(range(5))

    def check_of_other() -> None:
        nonlocal steps_of_other
        if (steps_of_other := steps_of_other - 1) < 0:
            raise DeliveryInterruptedError

    def check_of_first() -> None:
        if next(steps_of_first, None) == 4:  # in the middle of its file
            with suppress(DeliveryInterruptedError):
                far_end.destination.send(replace(attempt, check=check_of_other))

    far_end.destination.send(replace(attempt, check=check_of_first))

    assert far_end.server.files() == {f"videos/{attempt.delivery.id}.mp4": content}


def test_attempts_of_two_threads_leave_the_whole_file(far_end: SftpEnd) -> None:
    attempt = far_end.shelf.attempt(far_end.endpoint, b"x" * 3 * MEGABYTE)
    threads = [threading.Thread(target=far_end.destination.send, args=[attempt]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (attempt.delivery.id, "x" * 3 * MEGABYTE) in far_end.arrived()
