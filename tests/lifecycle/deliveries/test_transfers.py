"""Results that are brought to a server, from the end of the job to the platform's word for it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from errors.deliveries import UnknownWebhookError
from harness.rig.receiver import Receiver, receiving
from harness.rig.sftp_server import LOOPBACK, PASSWORD, USERNAME, SftpServer, serving_files
from jobs.contract import Contract, IngestRecord
from jobs.delivery import Delivery, DeliveryState, claimed, refused
from jobs.job import Job
from lifecycle import hold, transfer
from lifecycle.alarm import answer_now
from lifecycle.attempt import run_attempt
from lifecycle.deliveries import replay
from lifecycle.endpoints import delete_endpoint, known_endpoint
from lifecycle.failpoints import Point
from lifecycle.intake import accept_blob
from lifecycle.services import Services
from lifecycle.transfer_state import TransferState, transfer_of, transfer_state_of

from .delivering import Death, Delivering, rescue_until_quiet

pytestmark = pytest.mark.azurite


@dataclass
class Platform:
    """A learning platform with a server for files, and a service that knows it."""

    post: Delivering
    services: Services
    server: SftpServer
    receiver: Receiver
    media_id: str

    def send(self, content: bytes) -> Job:
        """A photo that came in a form, compressed."""
        services, name = self.services, f"compress/{uuid4()}.png"
        now = services.clock()
        services.ingests.add(IngestRecord(Contract.LMS, self.media_id, None, name, now))
        self.post.world.put(name, content)
        job = accept_blob(services, name)
        assert job is not None
        run_attempt(services, job.message(now))
        return self.job(job)

    def job(self, job: Job) -> Job:
        found = self.services.jobs.get(job.blob_name)
        assert found is not None
        return found

    def bring(self) -> None:
        """As if a message for the server came."""
        transfer.transfer(self.services, ["sftp"])

    def delivery(self, job: Job) -> Delivery:
        found = transfer_of(self.services, self.job(job))
        assert found is not None
        return found

    def way(self, job: Job) -> TransferState:
        return transfer_state_of(self.services, self.job(job))

    def next_attempt(self, job: Job) -> None:
        """The time of it comes."""
        pause = self.delivery(job).due - self.services.clock()
        self.post.world.clock.advance(seconds=max(0.0, pause.total_seconds()))
        self.bring()


@pytest.fixture
def platform(post: Delivering, tmp_path: Path) -> Iterator[Platform]:
    with serving_files(tmp_path / "remote") as server, receiving() as receiver:
        services = post.process(
            sftp_host=LOOPBACK,
            sftp_port=server.port,
            sftp_username=USERNAME,
            sftp_password=SecretStr(PASSWORD),
            sftp_host_key=server.pin,
            sftp_base="/",
            client_confirm_api=f"{receiver.url}/confirm",
        )
        yield Platform(replace(post, services=services), services, server, receiver, uuid4().hex)


def test_a_result_is_brought_to_its_owner_who_is_told(platform: Platform, photo: bytes) -> None:
    job = platform.send(photo)
    assert platform.way(job) is TransferState.BEFORE

    platform.bring()

    ((path, content),) = platform.server.files().items()
    assert path == f"images/{Path(job.blob_name).stem}.webp"
    assert job.result is not None
    assert content == platform.post.world.output(job.result.name)
    (told,) = platform.receiver.received
    assert told.body.decode() == f'{{"mediaId": "{platform.media_id}", "filePath": "/{path}"}}'
    assert platform.way(job) is TransferState.THERE


def test_only_files_of_that_contract_go_there(platform: Platform, photo: bytes) -> None:
    job = platform.post.complete("upload-1.png", photo)
    failed = platform.post.fail("upload-2.png")

    assert (job.published, failed.published) == ((), ())
    assert transfer_state_of(platform.services, job) is TransferState.NONE


def test_a_server_that_is_away_gets_the_file_when_it_is_back(
    platform: Platform, photo: bytes
) -> None:
    platform.server.is_full = True
    job = platform.send(photo)
    platform.bring()
    assert platform.way(job) is TransferState.BEFORE
    assert platform.delivery(job).error_code == "DELIVERY_STORE"
    platform.server.is_full = False

    platform.next_attempt(job)

    assert platform.way(job) is TransferState.THERE


def test_a_confirmation_that_fails_is_repeated_alone_and_pollers_are_told(
    platform: Platform, photo: bytes
) -> None:
    platform.receiver.behave("500", "503")
    job = platform.send(photo)
    platform.bring()
    assert platform.way(job) is TransferState.UNCONFIRMED
    connections = platform.server.connections

    platform.next_attempt(job)
    assert platform.way(job) is TransferState.UNCONFIRMED
    platform.next_attempt(job)

    assert platform.way(job) is TransferState.THERE
    assert platform.server.connections == connections
    assert len(platform.receiver.received) == 3


def test_what_is_never_taken_is_given_up_and_said_so(platform: Platform, photo: bytes) -> None:
    platform.server.is_full = True
    job = platform.send(photo)

    platform.bring()
    for _ in range(9):
        platform.post.world.clock.advance(minutes=31)  # whatever the breaker says
        platform.next_attempt(job)

    assert platform.delivery(job).state is DeliveryState.FAILED
    assert platform.way(job) is TransferState.LOST
    assert platform.job(job).result is not None
    replay(platform.services, "sftp", platform.delivery(job).id)
    platform.server.is_full = False
    platform.bring()
    assert platform.way(job) is TransferState.THERE


@pytest.mark.parametrize(
    "point",
    [
        Point.UNPUBLISHED,
        Point.PUBLISHED_DELIVERIES,
        Point.DELIVERY_CLAIMED,
        Point.TRANSFER_UPLOADED,
        Point.DELIVERY_SENT,
    ],
)
def test_a_death_at_any_moment_loses_nothing(
    platform: Platform, photo: bytes, die, point: Point
) -> None:
    die(point)

    with pytest.raises(Death):
        _send_and_bring(platform, photo)
    for _ in range(2):
        rescue_until_quiet(platform.post)
        platform.bring()

    (record,) = platform.services.ingests.of_id(Contract.LMS, platform.media_id)
    job = platform.services.jobs.get(record.blob_name)
    assert job is not None
    assert platform.way(job) is TransferState.THERE
    assert len(platform.server.files()) == 1


def _send_and_bring(platform: Platform, photo: bytes) -> None:
    platform.send(photo)
    platform.bring()


def test_a_transfer_that_takes_long_keeps_its_hold(
    platform: Platform, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "RENEW_EVERY_S", 0.05)
    job = platform.send(photo)
    seen: list[Delivery] = []

    def look(received, behaviour) -> None:
        while not seen:  # Azurite shows a row that is being replaced as missing
            found = transfer_of(platform.services, platform.job(job))
            seen.extend([found] if found else [])

    platform.receiver.on_request = look
    platform.receiver.behave("drip")  # until the confirmation is given up
    platform.bring()

    assert seen[0].state is DeliveryState.SENDING
    assert platform.delivery(job).attempts == 1
    assert platform.way(job) is TransferState.UNCONFIRMED


def test_a_worker_that_is_to_end_gives_its_transfer_back_uncounted(
    platform: Platform, photo: bytes
) -> None:
    job = platform.send(photo)
    before = platform.delivery(job)
    mine = claimed(before, "a1", platform.services.clock())
    platform.services.outbox.move(before, mine)
    held = hold.Hold(platform.services, mine)
    platform.services.shutdown.request()

    with pytest.raises(Exception, match="interrupted") as interruption:
        held.check()

    after = refused(mine, interruption.value, platform.services.clock(), 0.0)
    assert (after.state, after.attempts - after.attempts_before) == (DeliveryState.WAITING, 0)


def test_the_result_stays_until_it_was_brought(platform: Platform, photo: bytes) -> None:
    platform.server.is_full = True
    job = platform.send(photo)
    platform.bring()
    platform.post.world.clock.advance(minutes=15)

    answer_now(platform.services, platform.job(job))

    assert platform.job(job).keep_until is not None
    platform.server.is_full = False
    platform.next_attempt(job)
    assert platform.way(job) is TransferState.THERE


def test_a_newer_upload_of_the_name_makes_the_older_transfer_end(
    platform: Platform, photo: bytes
) -> None:
    job = platform.send(photo)
    older = platform.delivery(job)
    platform.post.world.put(job.blob_name, photo)
    accept_blob(platform.services, job.blob_name)

    platform.bring()

    found = platform.services.outbox.get(older.key)
    assert found is not None
    assert (found.state, found.error_code) == (DeliveryState.FAILED, "DELIVERY_OBSOLETE")
    assert platform.server.files() == {}


def test_what_exists_by_settings_is_no_webhook_and_cannot_be_deleted(platform: Platform) -> None:
    for verb in (known_endpoint, delete_endpoint):
        with pytest.raises(UnknownWebhookError):
            verb(platform.services, "sftp")
