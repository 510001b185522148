"""Webhooks as the Standard Webhooks specification (1.0.0) has them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from errors.deliveries import DeliveryGoneError
from integrations.destinations.answers import accepted, refusal
from integrations.destinations.destination import DeliveryAnswer, DeliveryAttempt
from integrations.outbound_http import ANSWER_LIMIT_S, OutboundHttp, Request
from integrations.public_address import Network
from integrations.secret_keys import SecretKeys

GONE = 410
SECRET_BYTES = range(24, 65)


class WebhookDestination:
    """Signs an event with the secrets of its endpoint, and sends it by POST."""

    def __init__(
        self,
        outbound: OutboundHttp,
        keys: SecretKeys,
        allowed: tuple[Network, ...],
        limit_s: float = ANSWER_LIMIT_S,
    ) -> None:
        self._limit_s = limit_s
        self._outbound = outbound
        self._keys = keys
        self._allowed = allowed

    def send(self, attempt: DeliveryAttempt) -> DeliveryAnswer:
        """See Destination; any status from 200 to 299 is an acceptance, and nothing else."""
        answer = self._outbound.send(
            Request(
                "POST",
                attempt.endpoint.url,
                self._headers(attempt),
                attempt.document.encode(),
                self._allowed if attempt.is_trusted else (),
                self._limit_s,
            )
        )
        if answer.status == GONE:
            raise refusal(answer, attempt.now, DeliveryGoneError)
        return accepted(answer, attempt.now)

    def _headers(self, attempt: DeliveryAttempt) -> dict[str, str]:
        secret, moment = attempt.endpoint.secret, attempt.now.astimezone(UTC)
        secrets = [
            self._keys.webhook_secret(secret.owner, version) for version in secret.versions(moment)
        ]
        plain = {"Content-Type": "application/json", "User-Agent": "mediaprocessor"}
        return plain | signed(attempt.delivery.id, moment, attempt.document, secrets)


def signed(
    delivery_id: str, moment: datetime, document: str, secrets: Sequence[bytes]
) -> dict[str, str]:
    """The headers by which a receiver knows us, and a repetition; one signature for each secret.

    Raises ValueError for a secret that is shorter or longer than the specification allows.
    """
    if not all(len(secret) in SECRET_BYTES for secret in secrets):
        raise ValueError("a secret has 24 to 64 bytes")
    signatures = (Webhook(secret).sign(delivery_id, moment, document) for secret in secrets)
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
