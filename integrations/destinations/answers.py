"""What the answer of an HTTP receiver means for a delivery."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from errors.deliveries import DeliveryError, DeliveryStatusError
from integrations.destinations.destination import SHOWN_ANSWER, DeliveryAnswer
from integrations.outbound_http import Answer

# Of these the specification says that a receiver may tell how long it wants to be spared.
BUSY = frozenset({429, 503})


def accepted(answer: Answer, now: datetime) -> DeliveryAnswer:
    """Any status from 200 to 299 is an acceptance; raises DeliveryStatusError for all others."""
    if not 200 <= answer.status < 300:
        raise refusal(answer, now, DeliveryStatusError)
    return DeliveryAnswer(answer.status, _shown(answer), answer.address)


def refusal(answer: Answer, now: datetime, kind: type[DeliveryError]) -> DeliveryError:
    """The error that such an answer is."""
    return kind(
        f"The receiver answered with HTTP status {answer.status}.",
        status=answer.status,
        pause_s=retry_after_s(answer.headers, now) if answer.status in BUSY else None,
        answer=_shown(answer),
        address=answer.address,
    )


def _shown(answer: Answer) -> str:
    return answer.body[:SHOWN_ANSWER].decode(errors="replace")


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds from `now`, however the header tells them; None for what it should not hold."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a year or an offset of twenty digits
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
