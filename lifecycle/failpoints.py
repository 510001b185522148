"""Names the moments between two steps, so that tests can end the process exactly there."""

from enum import StrEnum


class Point(StrEnum):
    """A moment at which everything before is done, and nothing after."""

    FORM_RECORDED = "form: record, no upload"
    FORM_STORED = "form: upload, no row"
    INTAKE_BEGUN = "intake: nothing is written yet"
    INTAKE_ALARM = "intake: alarm, no row"
    INTAKE_ROW = "intake: row, no message"
    INTAKE_MESSAGE = "intake: row and message"
    ATTEMPT_BEGUN = "attempt: message received, not claimed"
    CLAIM_ALARM = "attempt: alarm for the lease, not claimed"
    CLAIMED = "attempt: claimed"
    DOWNLOADED = "attempt: downloaded"
    COMPRESSED = "attempt: compressed"
    ANNOUNCED = "attempt: name of the result announced"
    STORED = "attempt: result stored"
    VERIFIED = "attempt: result read back"
    COMPLETED = "attempt: row completed, upload still there"
    UPLOAD_DELETED = "attempt: upload deleted, message still there"
    ADOPTED = "next attempt: earlier result found whole"
    RETRY_ROW = "failure: row queued, no message"
    RETRY_MESSAGE = "failure: row queued, message sent"
    RELEASED = "SIGTERM: row queued, no message"
    POSTPONED_ROW = "early message: row says when it comes again, not sent"
    POSTPONED_MESSAGE = "early message: sent again"
    NEXT_ALARM = "alarm: next alarm set, row not yet written"
    WOKEN_ROW = "rescue: row says woken, no message"
    WOKEN_MESSAGE = "rescue: row and message"
    RESULT_EXPIRED = "expiry: result deleted, row still there"
    IN_HISTORY = "expiry: in the history, row still there"
    UNPUBLISHED = "end of a job: row settled, nobody told"
    PUBLISHED_DELIVERIES = "end of a job: deliveries written, row not yet"
    PUBLISHED = "end of a job: row says that all are told"
    HELD = "expiry: alarm for longer, row not yet"
    DELIVERY_CLAIMED = "delivery: claimed, nothing sent"
    TRANSFER_UPLOADED = "transfer: the file is there, not confirmed"
    DELIVERY_SENT = "delivery: sent, row not yet"
    DELIVERY_ROW = "delivery: row tells what came of it"
    ROW_EXPIRED = "expiry: row deleted, answered alarm still there"


def reached(point: Point) -> None:
    """Does nothing. Tests put their own function in its place, before the app is loaded."""
