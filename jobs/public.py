"""What the world may know of a job: the words of the status, and of the events."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from jobs.job import Job
from jobs.result import Result

# Of what was asked, only its asker knows where the answer goes: the address may hold a secret.
NOT_IN_EVENTS = "webhook"


def public_fields(job: Job) -> dict[str, Any]:
    """Every public fact that stands in the row; what is not known yet is None."""
    result = job.result
    return {
        "blob_name": job.blob_name,
        "status": job.status,
        "file_size": job.file_size,
        "file_type": job.file_type,
        "order": job.order.to_json(),
        "reference": job.order.reference,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "processing_started_at": job.processing_started_at,
        "completed_at": job.completed_at,
        "failed_at": job.failed_at,
        "stage": job.stage,
        "progress": job.progress,
        "attempts": job.attempts,
        "next_attempt_at": job.next_attempt_at,
        "original_size": result.original_size if result else None,
        "compressed_size": result.compressed_size if result else None,
        "compression_ratio": result.compression_ratio if result else None,
        "processing_time": result.processing_time if result else None,
        "processed_blob_name": result.name if result else None,
        "format": result.format if result else None,
        "passthrough": result.passthrough if result else None,
        "notes": [note.to_json() for note in result.notes] if result else [],
        "media": _media(result) if result else None,
        "error_code": job.error_code,
        "error_message": job.error_message if job.is_failed else None,
    }


def _media(result: Result) -> dict[str, Any]:
    return {
        "before": result.before and asdict(result.before),
        "after": result.after and asdict(result.after),
    }


def public_document(job: Job) -> dict[str, Any]:
    """The same as JSON, for an event."""
    fields = public_fields(job)
    fields["order"].pop(NOT_IN_EVENTS, None)
    return {
        name: in_words(value) if isinstance(value, datetime) else value
        for name, value in fields.items()
    }


def in_words(at: datetime) -> str:
    """ISO 8601, whole seconds, UTC, as the first contract wrote it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
