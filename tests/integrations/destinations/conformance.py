"""What every destination must do, whatever it speaks: one suite for all kinds.

A kind has a class of its own that inherits from Conformance and makes the fixture `far_end`.
"""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import uuid4

import pytest

from errors.deliveries import DeliveryError, DeliveryRefusedError
from harness.rig.receiver import Receiver
from integrations.destinations.destination import DeliveryAttempt, Destination
from jobs.delivery import LEASE, Delivery, claimed
from jobs.endpoint import Endpoint

HOLD = timedelta(hours=80)
TEXT = '{"type":"ping","data":{}}'


class FarEnd(Protocol):
    """The other side of one destination, which can be told how to behave."""

    destination: Destination
    endpoint: Endpoint  # as it would be listed
    is_secret: str  # what must never show in an error or an answer

    def accept(self) -> None:
        """From now on it takes what comes."""

    def refuse(self) -> None:
        """From now on it says no, for a reason that may pass."""

    def hang(self) -> None:
        """From now on it does not answer."""

    def vanish(self) -> None:
        """From now on nobody is there."""

    def attempt(self, text: str) -> DeliveryAttempt:
        """The first attempt at a delivery of that text."""

    def arrived(self) -> list[tuple[str, str]]:
        """Of all that came whole: the delivery by which a repetition is known, and the text."""

    def is_touched(self) -> bool:
        """Whether anybody has so much as connected."""


def an_attempt(endpoint: Endpoint, document: str = TEXT) -> DeliveryAttempt:
    """The first attempt at a delivery."""
    now = datetime.now(UTC)
    name = f"msg_{uuid4().hex[:27]}"
    delivery = Delivery(endpoint.id, name, "ping", now, "{}", now, now, now + HOLD)
    return DeliveryAttempt(
        claimed(delivery, "a1", now), endpoint, is_trusted=True, document=document, now=now
    )


class HttpEnd:
    """The half of a far end that is the same for all who send by HTTP."""

    receiver: Receiver

    def accept(self) -> None:
        self.receiver.behave(otherwise="200")

    def refuse(self) -> None:
        self.receiver.behave(otherwise="500")

    def hang(self) -> None:
        self.receiver.behave(otherwise="hang")

    def vanish(self) -> None:
        self.receiver.behave(otherwise="close")

    def is_touched(self) -> bool:
        return bool(self.receiver.received)


class Conformance:
    """The suite."""

    def test_what_is_accepted_has_arrived_as_it_was_sent(self, far_end: FarEnd) -> None:
        far_end.accept()
        text = '{"type":"ping","data":{"name":"ä\\n"}}'
        attempt = far_end.attempt(text)

        answer = far_end.destination.send(attempt)

        assert far_end.arrived() == [(attempt.delivery.id, text)]
        assert len(answer.answer) <= 1024
        assert answer.address

    def test_a_repetition_is_known_as_one(self, far_end: FarEnd) -> None:
        far_end.accept()
        attempt = far_end.attempt(TEXT)

        for _ in range(2):
            far_end.destination.send(attempt)

        assert {delivery_id for delivery_id, _ in far_end.arrived()} == {attempt.delivery.id}

    def test_several_are_sent_at_the_same_time(self, far_end: FarEnd) -> None:
        far_end.accept()
        attempts = [far_end.attempt(TEXT) for _ in range(4)]
        threads = [
            threading.Thread(target=far_end.destination.send, args=(each,)) for each in attempts
        ]

        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert {each for each, _ in far_end.arrived()} == {each.delivery.id for each in attempts}

    @pytest.mark.parametrize("trouble", ["refuse", "hang", "vanish"])
    def test_what_is_not_accepted_is_an_error_that_may_pass_and_tells_no_secret(
        self, far_end: FarEnd, trouble: str
    ) -> None:
        getattr(far_end, trouble)()

        with pytest.raises(DeliveryError) as failure:
            far_end.destination.send(far_end.attempt(TEXT))

        assert not failure.value.is_final
        assert failure.value.code.startswith("DELIVERY_")
        shown = f"{failure.value!r} {failure.value.message} {failure.value.answer}"
        assert far_end.is_secret not in shown

    def test_an_attempt_ends_before_its_lease_though_nobody_answers(self, far_end: FarEnd) -> None:
        far_end.hang()
        attempt = far_end.attempt(TEXT)

        with pytest.raises(DeliveryError):
            far_end.destination.send(attempt)

        assert datetime.now(UTC) < attempt.now + LEASE

    def test_after_trouble_the_next_one_arrives(self, far_end: FarEnd) -> None:
        far_end.refuse()
        with pytest.raises(DeliveryError):
            far_end.destination.send(far_end.attempt(TEXT))
        far_end.accept()
        attempt = far_end.attempt(TEXT)

        far_end.destination.send(attempt)

        assert far_end.arrived()[-1][0] == attempt.delivery.id

    def test_behind_our_own_walls_goes_nothing_that_a_stranger_asked_for(
        self, far_end: FarEnd
    ) -> None:
        far_end.accept()
        attempt = replace(far_end.attempt(TEXT), is_trusted=False)

        with pytest.raises(DeliveryRefusedError) as refusal:
            far_end.destination.send(attempt)

        assert refusal.value.is_final
        assert not far_end.is_touched()
