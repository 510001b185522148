"""Tables of jobs: rows become Job values; writes are create-only or compare-and-swap."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableClient, UpdateMode

from errors import StorageUnavailableError
from integrations.job_row import PARTITION, entity_of, job_of
from integrations.storage import INSERT_TOO, TWO_TRIES, create, storage_errors, with_creation
from jobs.job import FencedError, Job, Status
from jobs.naming import blob_name_of, row_key

TABLE = "processingjobs"
HISTORY_TABLE = "jobhistory"  # of jobs that have expired; the same columns
# Never a job's key: nothing but a hash follows the mark of hashed names.
ABSENT_KEY = "=="


class JobTable:
    """Creates, reads, replaces and deletes job rows; the table is created on first use."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def get(self, blob_name: str) -> Job | None:
        """The job of an upload, or None."""
        return self.get_by_key(row_key(blob_name))

    def get_by_key(self, key: str, **options: Any) -> Job | None:
        """The job with that row key, or None; `options` are the SDK's, for this one call."""
        try:
            with storage_errors():
                return job_of(self._table.get_entity(PARTITION, key, **options))
        except ResourceNotFoundError:
            return None

    def insert(self, job: Job) -> Job:
        """Creates the row; raises FencedError when there is one already."""
        return with_creation(partial(self._insert, job), self.create)

    def replace(self, job: Job, **options: Any) -> Job:
        """Writes the row if it is still the version `job.row_etag`; else raises FencedError.

        `options` are the SDK's, for who is in a hurry: nobody looks then what became of a write
        without an answer. The same write again will tell.
        """
        try:
            with storage_errors():
                answer = self._table.update_entity(
                    entity_of(job),
                    mode=UpdateMode.REPLACE,
                    etag=job.row_etag,
                    match_condition=MatchConditions.IfNotModified,
                    **options,
                )
        except (ResourceNotFoundError, ResourceModifiedError):
            return self._own_write(job, FencedError(job.blob_name))
        except StorageUnavailableError as error:
            if options:
                raise
            return self._own_write(job, error)
        return job.in_version(answer["etag"])

    def put(self, job: Job) -> None:
        """Writes the row, whatever stood there. Putting it twice is the same as once."""
        with_creation(partial(self._put, job), self.create)

    def delete(self, job: Job) -> bool:
        """Deletes the row in the version of `job.row_etag`; False when it changed."""
        try:
            with storage_errors():
                self._table.delete_entity(
                    PARTITION,
                    job.key,
                    etag=job.row_etag,
                    match_condition=MatchConditions.IfNotModified,
                )
        except ResourceModifiedError:
            return False
        return True

    def with_status(self, status: Status) -> Iterator[Job]:
        """Every job of one status, page by page; storage reads the whole table for it."""
        try:
            with storage_errors():
                for entity in self._table.query_entities(
                    f"PartitionKey eq '{PARTITION}' and status eq '{status}'"
                ):
                    yield job_of(entity)
        except ResourceNotFoundError:
            self.create()

    def names_starting(self, begin: str) -> Iterator[str]:
        """The names of jobs that begin so, of those whose keys are no hash."""
        key = row_key(begin)
        after = key[:-1] + chr(ord(key[-1]) + 1)
        query = f"PartitionKey eq '{PARTITION}' and RowKey ge '{key}' and RowKey lt '{after}'"
        try:
            with storage_errors():
                for entity in self._table.query_entities(query, select=["RowKey"]):
                    yield blob_name_of(entity["RowKey"]) or ""
        except ResourceNotFoundError:
            self.create()

    def is_reachable(self) -> bool:
        """Whether the table service answers."""
        try:
            with storage_errors():
                self._table.get_entity(PARTITION, ABSENT_KEY, **TWO_TRIES)
        except StorageUnavailableError:
            return False
        except ResourceNotFoundError:
            return True  # the row, or the table, which is created on first use
        return True

    def create(self) -> None:
        """Creates the table; harmless when it is there."""
        create(self._table.create_table)

    def _insert(self, job: Job) -> Job:
        try:
            with storage_errors():
                answer = self._table.create_entity(entity_of(job), **INSERT_TOO)
        except ResourceExistsError:
            return self._own_write(job, FencedError(job.blob_name))
        except StorageUnavailableError as error:
            return self._own_write(job, error)
        return job.in_version(answer["etag"])

    def _put(self, job: Job) -> None:
        with storage_errors():
            self._table.upsert_entity(entity_of(job), mode=UpdateMode.REPLACE)

    def _own_write(self, job: Job, failure: Exception) -> Job:
        """What is stored, if that is what we wrote; else raises `failure`.

        A write without an answer may have been done. A refused one may be our own, repeated by the
        SDK after its answer was lost. Where storage was silent all the time, a short look will do.
        """
        options = TWO_TRIES if isinstance(failure, StorageUnavailableError) else {}
        stored = self.get_by_key(job.key, **options)
        if stored is not None and stored.in_version(None) == job.in_version(None):
            return stored
        raise failure
