"""Whose a stored blob is, and what is to say of it: the metadata of a result, in one place."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Self
from urllib.parse import quote, unquote

from jobs.job import Job
from media_facts import MediaFacts
from notes import Note, encode_notes


@dataclass(frozen=True, slots=True)
class Marks:
    """Field names are those of the metadata; a blob of somebody else's has none of them."""

    job: str = ""  # the key of its row
    upload_etag: str = ""
    attempt: str = ""  # the attempt that stored or adopted it
    sha256: str = ""
    order: str = ""  # a digest of what was asked of the file
    passthrough: str = ""
    notes: str = ""  # encoded, as the facts are
    before: str = ""  # the facts of the upload, encoded
    after: str = ""  # and of the result

    @classmethod
    def of(
        cls, job: Job, digest: str, passthrough: str | None = None, notes: Iterable[Note] = ()
    ) -> Self:
        """What the attempt that owns the job now writes beside its result."""
        return cls(
            job=job.key,
            upload_etag=job.upload_etag,
            attempt=job.lease.attempt_id if job.lease else "",
            sha256=digest,
            order=job.order.digest,
            passthrough=passthrough or "",
            notes=encode_notes(notes),
        )

    @classmethod
    def read(cls, metadata: Mapping[str, str]) -> Self:
        """From a blob's metadata, whatever else it holds."""
        known = {name.lower(): text for name, text in metadata.items()}
        return cls(**{name: unquote(known.get(name, "")) for name in cls.__slots__})

    def write(self) -> dict[str, str]:
        """As metadata: ASCII, none of them empty."""
        return {name: quote(text, safe="=") for name, text in asdict(self).items() if text}

    def telling(self, before: MediaFacts | None, after: MediaFacts | None) -> Self:
        """The same with what is known of the media."""
        return replace(
            self,
            before=before.encode() if before else "",
            after=after.encode() if after else "",
        )

    def taken_over_by(self, job: Job) -> Self:
        """The same result in the name of the attempt that owns the job now."""
        return replace(self, attempt=job.lease.attempt_id if job.lease else "")

    def is_of_upload(self, job: Job) -> bool:
        """Whether the result was made of this version of this upload."""
        return (self.job, self.upload_etag) == (job.key, job.upload_etag)

    def is_as_asked(self, job: Job) -> bool:
        """Whether the result is what the job asks for: it may have been tried again otherwise."""
        return self.is_of_upload(job) and self.order == job.order.digest

    def is_of_job(self, job: Job) -> bool:
        """Whether the result was made of any upload of this name."""
        return self.job == job.key

    def is_of_attempt(self, job: Job) -> bool:
        """Whether the attempt that owns the job now has stored or adopted it."""
        return job.lease is not None and self.attempt == job.lease.attempt_id
