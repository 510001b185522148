"""Fences of intake: an upload becomes one job, which somebody will look at whatever happens."""

from datetime import timedelta

from harness.chaos.fences.edits import condition, instead_of, moved, without
from harness.chaos.fences.fence import StandIn, at
from harness.chaos.fences.registry import fence
from integrations.alarm_table import AlarmTable
from integrations.tracking import JobTable
from jobs.job import Job
from jobs.transitions import created, in_place_of
from jobs.upload import Upload
from lifecycle import intake, sweep
from lifecycle.services import Services


def started_again(services: Services, job: Job) -> Job:
    fresh = created(job.upload, job.order, services.clock())
    started = services.jobs.replace(in_place_of(fresh, job))
    services.send_message(started)
    return started


def taken_in_as_listed(services: Services, upload: Upload) -> None:
    job = services.jobs.get(upload.blob_name)
    if job is None or job.upload_etag != upload.etag:
        intake._start(services, upload, job, timedelta(0))


fence("an answered upload is started again", StandIn(intake._repeat, started_again))
fence(
    "an upload is taken in as it was seen",
    at(intake.accept_upload, condition("known", "upload_etag", becomes=False, nth=0)),
)
fence("an upload is taken in as it was listed", StandIn(sweep._check_upload, taken_in_as_listed))
fence(
    "a poller is told of the older upload",
    at(intake.current_job, condition("is_settled", becomes=True)),
)
fence(
    "a poller is not told of an expired job",
    at(intake.current_job, instead_of("history.get", "None")),
)
fence("the past of a name is forgotten", at(intake._new_job, condition("past", becomes=False)))
fence("an upload is taken in without an alarm", at(intake._start, without(AlarmTable.set)))
fence(
    "an upload gets its alarm after its row",
    at(intake._start, moved(AlarmTable.set, JobTable.replace)),
)
fence(
    "a late alarm is not followed before the row",
    at(intake._start, without(intake._set_another_alarm_if_late, 0)),
    test="lifecycle/test_late_writers.py"
    "::test_an_alarm_that_was_late_itself_is_followed_by_another_before_the_row",
)
fence(
    "a late row is not watched again",
    at(intake._start, without(intake._set_another_alarm_if_late, 1)),
    test="lifecycle/test_intake.py::test_an_intake_slower_than_its_alarm_sets_another",
)
fence(
    "an expired upload is taken in by a late event",
    at(intake._start, condition("past", "EXPIRED", "etag", becomes=False)),
    test="lifecycle/test_history.py"
    "::test_an_event_that_slept_through_the_whole_job_changes_nothing",
)
