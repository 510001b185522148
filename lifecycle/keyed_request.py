"""A repeated request finds what the first one led to: Idempotency-Key."""

from contextlib import suppress

from errors import StorageUnavailableError
from errors.requests import IdempotencyMismatchError, InFlightError
from jobs.keyed_request import KeyedRequest
from lifecycle.intake import current_job
from lifecycle.services import Services


def begin_request(services: Services, request: KeyedRequest) -> KeyedRequest:
    """The request in our hands, or as it was answered before.

    One whose worker died is taken over; if that was after its upload was made, it is answered.
    Raises InFlightError while another worker answers it, and IdempotencyMismatchError when the key
    was used for another request.
    """
    now = services.clock()
    known = services.keyed_requests.get(request.key, now)
    if known is None:
        known = services.keyed_requests.insert(request)
        if known is None:
            raise InFlightError  # another one came at the same moment
        return known
    if known.digest != request.digest:
        raise IdempotencyMismatchError
    if known.is_in_flight(now):
        raise InFlightError
    if known.is_answered:
        return known
    if known.blob_name and current_job(services, known.blob_name):
        known = known.answered()
    return _written(services, known.renewed(now))


def renew_request(services: Services, request: KeyedRequest) -> KeyedRequest:
    """Held for longer; raises InFlightError when another worker took it."""
    return _written(services, request.renewed(services.clock()))


def note_upload(
    services: Services, request: KeyedRequest, blob_name: str, external_id: str
) -> KeyedRequest:
    """Says what is about to be made; raises InFlightError when another worker took the request."""
    return _written(services, request.about_to_make(blob_name, external_id, services.clock()))


def settle_request(services: Services, request: KeyedRequest) -> None:
    """What it was about to make is made; unheard, a repetition sees that by itself."""
    with suppress(StorageUnavailableError):
        services.keyed_requests.replace(request.answered())


def release_request(services: Services, request: KeyedRequest) -> None:
    """It failed: the same key may be used again at once, else when the lease is over.

    An upload that was about to be made may be there: a repetition looks for it.
    """
    with suppress(StorageUnavailableError):
        if request.blob_name:
            services.keyed_requests.replace(request.left(services.clock()))
        else:
            services.keyed_requests.delete(request)


def _written(services: Services, request: KeyedRequest) -> KeyedRequest:
    written = services.keyed_requests.replace(request)
    if written is None:
        raise InFlightError
    return written
