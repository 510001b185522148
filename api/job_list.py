"""GET /api/jobs and GET /api/statistics: many jobs at once, as the index knows them."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from api.key import caller_who_may
from api.problem import GUARDED, problems
from api.schema import ERROR_CODE, named
from api.timestamp import Timestamp
from jobs.caller import Caller, Scope
from jobs.day_sums import DaySums, Sums, merged
from jobs.job import Status
from lifecycle.job_list import Filters, ListedJob, list_jobs
from lifecycle.services import Services
from lifecycle.statistics import statistics

MOST_JOBS = 1000
USUAL_JOBS = 100
USUAL_DAYS = 30
REFUSALS = GUARDED | {
    422: "A parameter is not as described.",
}


class StatusFilter(StrEnum):
    """The words of a status."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class Grouping(StrEnum):
    """What one line of statistics is about."""

    DAY = "day"
    TYPE = "type"


class JobQuery(BaseModel):
    """Which jobs are wanted."""

    status: StatusFilter | None = Field(None, description="Only such jobs.")
    since: AwareDatetime | None = Field(None, description="Only jobs accepted then or later.")
    until: AwareDatetime | None = Field(None, description="Only jobs accepted then or before.")
    prefix: str = Field("", description="Only names that begin so.")
    limit: int = Field(USUAL_JOBS, ge=1, le=MOST_JOBS, description="How many at most.")
    continuation: str | None = Field(None, description="Of the page before.")


class ListedJobView(BaseModel):
    """One job of a list; its status tells more of it."""

    blob_name: str = Field(description="The name of the upload.")
    status: StatusFilter = Field(description="Where the job stands, or how it ended.")
    file_type: str = Field(description="The extension of the upload's name, in lower case.")
    created_at: Timestamp = Field(description="When the upload was noticed.")
    settled_at: Timestamp | None = Field(description="When the job ended.")
    attempts: int = Field(description="How many attempts were started.")
    original_size: int = Field(description="Bytes of the upload.")
    compressed_size: int | None = Field(description="Bytes of the result.")
    processing_time: float | None = Field(
        description="Seconds from the claim to the stored and verified result."
    )
    error_code: str | None = Field(
        description="Why the job failed.", json_schema_extra=named(ERROR_CODE)
    )


class JobPage(BaseModel):
    """One page of jobs, the newest first."""

    jobs: list[ListedJobView] = Field(description="May be fewer than asked for, also none.")
    continuation: str | None = Field(description="For the next page; null: there is none.")


class SumsView(BaseModel):
    """What became of some jobs."""

    jobs: int = Field(description="How many were accepted.")
    completed: int = Field(description="How many of them have a result.")
    failed: int = Field(description="How many of them failed.")
    success_share: float | None = Field(
        description="Completed jobs among those that ended; null: none has."
    )
    seconds_p50: float | None = Field(description="So long at most took half of the results.")
    seconds_p95: float | None = Field(description="So long at most took 95 of 100 results.")
    original_bytes: int = Field(description="Bytes of the uploads of completed jobs.")
    bytes_saved: int = Field(description="By how many their results are smaller.")


class LineView(SumsView):
    """One line of statistics."""

    day: date | None = Field(description="On which the jobs were accepted (UTC); by day only.")
    type: str | None = Field(description="The extension of their uploads; by type only.")


class StatisticsView(BaseModel):
    """Lines, and all of them together."""

    total: SumsView = Field(description="All lines together.")
    lines: list[LineView] = Field(description="Those of days or types that had jobs.")


def job_list_router(services: Services) -> APIRouter:
    """The routes, guarded by keys that may read, and by those that may count."""
    router = APIRouter(tags=["jobs"])
    may_read = Depends(caller_who_may(services, Scope.READ))
    _add_list(router, services, may_read)
    _add_statistics(router, services, Depends(caller_who_may(services, Scope.STATISTICS)))
    return router


def _add_list(router: APIRouter, services: Services, may_read: Any) -> None:
    @router.get(
        "/api/jobs",
        responses=problems({400: "The continuation belongs to another list."} | REFUSALS),
    )
    def list_of_jobs(
        response: Response,
        caller: Annotated[Caller, may_read],
        asked: Annotated[JobQuery, Query()],
    ) -> JobPage:
        """Jobs of the last HISTORY_RETENTION_DAYS, the newest first, as they stand."""
        wanted = Status(asked.status) if asked.status else None
        filters = Filters(caller.tenant, wanted, asked.since, asked.until, asked.prefix)
        jobs, following = list_jobs(services, filters, asked.limit, asked.continuation)
        response.headers["Cache-Control"] = "no-store"
        return JobPage(jobs=[_listed(each) for each in jobs], continuation=following)


def _add_statistics(router: APIRouter, services: Services, may_count: Any) -> None:
    @router.get("/api/statistics", responses=problems(REFUSALS))
    def statistics_of_jobs(
        response: Response,
        caller: Annotated[Caller, may_count],
        first: Annotated[
            date | None, Query(alias="from", description="The first day; else 30 days before.")
        ] = None,
        last: Annotated[
            date | None, Query(alias="to", description="The last day; else today (UTC).")
        ] = None,
        by: Annotated[Grouping, Query(description="What a line is about.")] = Grouping.DAY,
    ) -> StatisticsView:
        """What became of jobs, by the day on which they were accepted or by type of file."""
        end = _begin_of(last or services.clock().date())
        begin = _begin_of(first) if first else end - timedelta(days=USUAL_DAYS)
        days = statistics(services, caller.tenant, begin, end)
        response.headers["Cache-Control"] = "no-store"
        groups = _by_day(days) if by is Grouping.DAY else _by_type(days)
        return StatisticsView(
            total=SumsView(**_sums(merged(groups.values()))),
            lines=[
                LineView(
                    day=key if isinstance(key, date) else None,
                    type=key if isinstance(key, str) else None,
                    **_sums(sums),
                )
                for key, sums in groups.items()
            ],
        )


def _listed(job: ListedJob) -> ListedJobView:
    entry = job.entry
    return ListedJobView(
        blob_name=entry.blob_name,
        status=StatusFilter(job.status),
        file_type=entry.file_type,
        created_at=entry.created_at,
        settled_at=entry.settled_at,
        attempts=entry.attempts,
        original_size=entry.bytes_before,
        compressed_size=entry.bytes_after,
        processing_time=entry.seconds,
        error_code=entry.error_code,
    )


def _by_day(days: dict[datetime, DaySums]) -> dict[Any, Sums]:
    return {day.date(): merged(sums.values()) for day, sums in days.items()}


def _by_type(days: dict[datetime, DaySums]) -> dict[Any, Sums]:
    kinds = sorted({kind for sums in days.values() for kind in sums})
    return {kind: merged(sums[kind] for sums in days.values() if kind in sums) for kind in kinds}


def _sums(sums: Sums) -> dict[str, Any]:
    return {
        "jobs": sums.jobs,
        "completed": sums.completed,
        "failed": sums.failed,
        "success_share": sums.success_share,
        "seconds_p50": sums.seconds_of(0.5),
        "seconds_p95": sums.seconds_of(0.95),
        "original_bytes": sums.bytes_before,
        "bytes_saved": sums.bytes_saved,
    }


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
