"""A video's result is pushed, confirmed, and gone; or never confirmed, and gone after its time."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from errors import MediaProcessorError
from harness.rig.receiver import Receiver, receiving
from jobs.contract import Contract, IngestRecord
from jobs.delivery import DeliveryState
from jobs.job import Job, Status
from lifecycle.attempt import run_attempt
from lifecycle.confirm import confirm_video
from lifecycle.ingest import job_sent_as
from lifecycle.intake import accept_blob
from lifecycle.services import Services
from lifecycle.sweep import sweep
from lifecycle.transfer import transfer
from lifecycle.transfer_state import TransferState, transfer_of, transfer_state_of

from .delivering import Delivering

pytestmark = pytest.mark.azurite


@dataclass
class Store:
    """A platform that stores what is pushed, and the service that pushes."""

    post: Delivering
    services: Services
    receiver: Receiver
    video_id: str

    def send(self, content: bytes) -> Job:
        """What came in a form, compressed. A photo, as that is quicker, and nobody looks here."""
        name, now = f"video/{uuid4()}.png", self.services.clock()
        record = IngestRecord(Contract.VIDEO, self.video_id, "org", name, now)
        self.services.ingests.add(record)
        self.post.world.put(name, content)
        job = accept_blob(self.services, name)
        assert job is not None
        run_attempt(self.services, job.message(now))
        return self.job()

    def push(self) -> None:
        transfer(self.services, ["push"])

    def job(self) -> Job:
        job = job_sent_as(self.services, Contract.VIDEO, self.video_id)
        assert job is not None
        return job

    def confirm(self) -> str:
        """The code of the refusal, or nothing."""
        try:
            confirm_video(self.services, self.video_id)
        except MediaProcessorError as error:
            return error.code
        return ""

    def is_result_there(self, job: Job) -> bool:
        assert job.result is not None
        return self.services.results.get(job.result.name) is not None


@pytest.fixture
def store(post: Delivering) -> Iterator[Store]:
    with receiving() as receiver:
        services = post.process(lms_store_url=f"{receiver.url}/store")
        yield Store(post, services, receiver, uuid4().hex)


def test_a_result_is_pushed_confirmed_and_deleted(store: Store, photo: bytes) -> None:
    job = store.send(photo)
    store.push()
    assert transfer_state_of(store.services, store.job()) is TransferState.THERE
    assert store.is_result_there(job)

    codes = [store.confirm() for _ in range(3)]

    assert codes == ["", "", ""]
    assert len(store.receiver.received) == 1
    assert not store.is_result_there(job)
    assert store.job().status is Status.EXPIRED


def test_nothing_is_confirmed_before_it_was_pushed(store: Store, photo: bytes) -> None:
    assert store.confirm() == "UNKNOWN_JOB"
    job = store.send(photo)

    assert store.confirm() == "NOT_READY"
    assert store.is_result_there(job)


def test_who_stored_it_and_answered_an_error_may_confirm_and_gets_it_no_more(
    store: Store, photo: bytes
) -> None:
    store.receiver.behave("500")
    store.send(photo)
    store.push()

    assert store.confirm() == ""

    store.post.world.clock.advance(minutes=10)
    store.push()
    delivery = transfer_of(store.services, store.job())
    assert delivery is not None
    assert delivery.state is DeliveryState.DELIVERED
    assert len(store.receiver.received) == 1


def test_who_confirms_before_answering_the_push_is_heard(store: Store, photo: bytes) -> None:
    codes: list[str] = []
    store.receiver.on_request = lambda received, behaviour: codes.append(store.confirm())
    store.send(photo)

    store.push()

    assert codes == [""]
    assert store.confirm() == ""
    assert store.job().confirmed_at is not None


def test_what_nobody_confirms_is_kept_for_its_time_and_then_expires(
    store: Store, photo: bytes
) -> None:
    job = store.send(photo)
    store.push()

    store.post.world.clock.advance(minutes=115)
    sweep(store.services)
    assert store.is_result_there(job)
    store.post.world.clock.advance(minutes=20)
    sweep(store.services)

    assert not store.is_result_there(job)
    assert store.confirm() == "EXPIRED"


def test_where_nothing_is_pushed_the_sender_fetches_and_confirms(
    store: Store, photo: bytes
) -> None:
    store.services = store.post.process()
    job = store.send(photo)

    assert transfer_state_of(store.services, store.job()) is TransferState.NONE
    assert store.confirm() == ""
    assert not store.is_result_there(job)


def test_a_death_after_the_row_leaves_the_rest_to_the_sweep(
    store: Store, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    job = store.send(photo)
    store.push()
    monkeypatch.setattr("lifecycle.confirm._end_push", die)
    with pytest.raises(KeyboardInterrupt):
        store.confirm()
    assert store.is_result_there(job)

    sweep(store.services)

    assert not store.is_result_there(job)
    assert store.confirm() == ""
