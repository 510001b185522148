"""SIMPI's database is told of a result, as its API takes it."""

import json
from urllib.parse import quote

from errors.deliveries import DeliveryObsoleteError
from integrations.destinations.answers import accepted
from integrations.destinations.destination import DeliveryAnswer, DeliveryAttempt
from integrations.outbound_http import ANSWER_LIMIT_S, OutboundHttp, Request
from integrations.public_address import Network
from jobs.step import step_id_of


class SimpiDestination:
    """Puts the media of a step; the same again changes nothing."""

    def __init__(
        self,
        outbound: OutboundHttp,
        token: str,
        allowed: tuple[Network, ...],
        limit_s: float = ANSWER_LIMIT_S,
    ) -> None:
        self._outbound = outbound
        self._token = token
        self._allowed = allowed
        self._limit_s = limit_s

    def send(self, attempt: DeliveryAttempt) -> DeliveryAnswer:
        """See Destination; any status from 200 to 299 is an acceptance, and nothing else."""
        data = json.loads(attempt.document)["data"]
        step_id = step_id_of(data["blob_name"])
        if step_id is None:
            raise DeliveryObsoleteError("The name of the file tells no step.")
        body = {
            "processing_status": data["status"],
            "compressed_url": data.get("output_url"),
            "original_size": data["original_size"],
            "compressed_size": data["compressed_size"],
            "compression_ratio": data["compression_ratio"],
        }
        answer = self._outbound.send(
            Request(
                "PUT",
                f"{attempt.endpoint.url.rstrip('/')}/api/v1/steps/{quote(step_id, safe='')}/media",
                {
                    "Authorization": f"Bearer {self._token}",
                    "Content-Type": "application/json",
                    "User-Agent": "mediaprocessor",
                },
                json.dumps(body, ensure_ascii=False).encode(),
                self._allowed if attempt.is_trusted else (),
                self._limit_s,
            )
        )
        return accepted(answer, attempt.now)
