"""Whose file it is is told where it lies."""

import os
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from errors.deliveries import DeliveryError, DeliveryUnreachableError
from harness.rig.receiver import Receiver, receiving
from harness.rig.sftp_server import serving_files
from integrations.destinations import sftp
from integrations.destinations.sftp import Confirmation
from integrations.outbound_http import OutboundHttp

from .files import Shelf, again
from .sftp_end import SftpEnd

MEGABYTE = 1 << 20
CUTS = 20
NETWORKS = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def far_end(tmp_path: Path, shelf: Shelf) -> Iterator[SftpEnd]:
    with serving_files(tmp_path / "remote") as server:
        yield SftpEnd(server, shelf)


@pytest.fixture
def lms() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def test_the_owner_is_told_where_the_file_lies(far_end: SftpEnd, lms: Receiver) -> None:
    far_end.confirmation = Confirmation(f"{lms.url}/confirm", OutboundHttp(), NETWORKS)
    attempt = far_end.attempt("x")

    answer = far_end.destination.send(attempt)

    (told,) = lms.received
    path = f"/videos/{attempt.delivery.id}.mp4"
    assert told.path == "/confirm"
    assert told.body.decode() == f'{{"mediaId": "{attempt.delivery.id}", "filePath": "{path}"}}'
    assert answer.status == 200


def test_after_a_confirmation_that_failed_only_the_confirmation_is_repeated(
    far_end: SftpEnd, lms: Receiver
) -> None:
    far_end.confirmation = Confirmation(f"{lms.url}/confirm", OutboundHttp(), NETWORKS, 2.0)
    attempt = far_end.attempt("x")

    for trouble in ("500", "hang", "close"):
        lms.behave(trouble)
        with pytest.raises(DeliveryError) as failure:
            far_end.destination.send(attempt)
        assert failure.value.file_has_arrived
    connections = far_end.server.connections
    (far_end.server.folder / "videos" / f"{attempt.delivery.id}.mp4").unlink()  # it was taken away
    lms.behave()
    far_end.destination.send(again(attempt, has_arrived=True))

    assert far_end.server.connections == connections
    assert len(lms.received) == 4


def test_a_death_before_the_confirmation_costs_no_second_transfer(far_end: SftpEnd) -> None:
    attempt = far_end.attempt("x")
    far_end.destination.send(attempt)
    written = far_end.server.written_bytes

    far_end.destination.send(again(attempt))

    assert far_end.server.written_bytes == written


def test_the_confirmation_keeps_to_the_public_internet_unless_it_was_allowed(
    far_end: SftpEnd, lms: Receiver
) -> None:
    far_end.confirmation = Confirmation(f"{lms.url}/confirm", OutboundHttp(), ())

    with pytest.raises(DeliveryError) as failure:
        far_end.destination.send(far_end.attempt("x"))

    assert failure.value.code == "DELIVERY_REFUSED"
    assert lms.received == []


def test_a_file_that_is_cut_at_any_place_arrives_whole_and_is_confirmed_once(
    far_end: SftpEnd, lms: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp, "NOT_TRUSTED_BYTES", MEGABYTE)
    far_end.confirmation = Confirmation(f"{lms.url}/confirm", OutboundHttp(), NETWORKS)
    content = os.urandom(4 * MEGABYTE)

    for cut in range(CUTS):
        attempt = far_end.shelf.attempt(far_end.endpoint, content)
        far_end.server.cut_after_bytes = far_end.server.written_bytes + cut * len(content) // CUTS
        with pytest.raises(DeliveryUnreachableError):
            far_end.destination.send(attempt)
        assert len(lms.received) == cut
        far_end.destination.send(again(attempt))

        (path,) = far_end.server.files()
        assert path == f"videos/{attempt.delivery.id}.mp4"
        assert (far_end.server.folder / path).read_bytes() == content
        (far_end.server.folder / path).unlink()

    confirmed = {told.body.decode().split('"')[3] for told in lms.received}
    assert (len(confirmed), len(lms.received)) == (CUTS, CUTS)
