"""Fences of those who look after jobs: alarms, the two timers, and poison."""

from harness.chaos.fences.edits import condition, instead_of, moved, returning, without
from harness.chaos.fences.fence import at
from harness.chaos.fences.registry import fence
from integrations.alarm_table import AlarmTable
from integrations.results import Results
from integrations.tracking import JobTable
from integrations.uploads import Uploads
from jobs import alarm as alarm_law
from jobs.job import Job
from jobs.retry import is_exhausted
from lifecycle import alarm, poison, rescue, store, sweep
from worker.work_folder import remove_abandoned

UNDER_THE_EYE = (
    "lifecycle/test_late_writers.py::test_what_is_due_is_done_under_the_eye_of_the_next_alarm"
)

fence(
    "nobody wakes forgotten jobs", at(alarm._wake, condition("is_waiting", "is_idle", becomes=True))
)
fence("the next alarm is not set", at(alarm._set_next_alarm, without(AlarmTable.set)))
fence(
    "an alarm that rang too early is answered",
    at(alarm.answer_alarm, condition("at", "clock", becomes=False)),
    test="lifecycle/test_wrong_clock.py"
    "::test_an_alarm_that_rang_too_early_stays_though_its_row_is_still_to_come",
)
fence(
    "an alarm is cleared that was set again",
    at(alarm.answer_alarm, condition("following", becomes=True)),
    test="lifecycle/test_wrong_clock.py::test_an_alarm_that_turns_out_to_be_early_stays",
)
fence(
    "a lost message is never doubted while others wait",
    at(alarm._wake, condition(alarm_law.is_message_lost, becomes=False)),
    test="lifecycle/test_rescue.py"
    "::test_a_lost_message_is_doubted_after_24_minutes_though_others_wait",
)
fence(
    "a job is woken before its next alarm is set",
    at(alarm._wake, moved(alarm._set_next_alarm, JobTable.replace)),
    test=UNDER_THE_EYE,
)
fence(
    "a job expires before its next alarm is set",
    at(alarm._move_to_history, moved(alarm._set_next_alarm, JobTable.put)),
    test=UNDER_THE_EYE,
)
fence(
    "who finds a job without an alarm sets none",
    at(alarm.answer_now, without(AlarmTable.set)),
    test="lifecycle/test_swept_uploads.py"
    "::test_a_job_without_an_alarm_gets_one_before_anything_is_done",
)

fence("jobs expire at once", at(alarm_law.kept_until, returning("job.updated_at")))
fence(
    "a row expires before its blobs",
    at(
        alarm._expire,
        moved(Results.delete, alarm._move_to_history),
        moved(store.delete_upload_of, alarm._move_to_history),
    ),
)
fence(
    "a failed row goes before its upload",
    at(alarm._forget_failure, moved(Uploads.delete, alarm._move_to_history)),
)
fence(
    "a row goes before it is history",
    at(alarm._move_to_history, moved(JobTable.put, JobTable.delete)),
)

fence("the quick timer does nothing", at(rescue.rescue, instead_of("run_steps", "Counter()")))
fence("fresh uploads wait for the slow timer", at(rescue.rescue, without(rescue._fresh_uploads)))
fence(
    "the dead wait behind those who only wait",
    at(rescue.rescue, moved("WORKING", "WAITING")),
    test="lifecycle/test_rescue.py::test_a_lapsed_lease_is_noticed_before_the_jobs_that_only_wait",
)
fence("nobody takes in forgotten uploads", at(sweep._check_upload, returning("None")))
fence(
    "an upload that is held waits for its result to expire",
    at(sweep._check_upload, without(store.delete_upload_of)),
    test="lifecycle/test_sweep.py"
    "::test_the_upload_of_a_completed_job_is_deleted_later_if_it_was_left",
)
fence("nobody clears ownerless results", at(sweep._check_result, returning("None")))
fence(
    "the sweep deletes results by age alone",
    at(sweep._check_result, condition("is_the_result", Job.is_failed, becomes=False)),
)
fence("nobody removes abandoned folders", at(remove_abandoned, returning("0")))

fence(
    "poison ends a job at once",
    at(poison.examine_poison, instead_of(is_exhausted, "is_exhausted(1, 0, vanished=1)")),
)
fence(
    "poison changes a settled row",
    at(poison.examine_poison, condition("is_settled", becomes=False)),
)
fence(
    "poison of an older upload counts",
    at(poison.examine_poison, condition("upload_etag", becomes=False)),
    test="lifecycle/test_repeated_messages.py::test_poison_of_an_older_upload_wakes_nobody",
)
fence(
    "poison ends an attempt that works",
    at(poison.examine_poison, condition(Job.is_leased, becomes=True)),
    test="lifecycle/test_claim.py::test_poison_does_not_end_the_last_attempt_while_it_works",
)
