"""One step or one question less, in the code's own words: intake, attempts, delivery, looks."""

from integrations.job_queue import JobQueue
from integrations.tracking import JobTable
from jobs.job import Job
from lifecycle import attempt, bury, deliver, intake, rescue
from lifecycle.claim import Claim
from tests.chaos.simulation.mutations.edits import edit
from worker.exclusive import SharedExclusiveLock

ALARM = """
    services.set_alarm(job.key, due_at(job, services.retention))
    _watch_again_if_late(services, job)
    failpoints.reached(Point.INTAKE_ALARM)
"""
ROW = """    if known is None:
        job = services.jobs.insert(job)
    else:
        job = services.jobs.replace(replace(job, row_etag=known.row_etag))
"""
edit("an_upload_is_taken_in_without_an_alarm", intake, "_start", ALARM, "\n")
edit("an_upload_gets_its_alarm_after_its_row", intake, "_start", ALARM + ROW, "\n" + ROW + ALARM)
edit(
    "a_poller_is_not_told_of_an_expired_job",
    intake,
    "current_job",
    "job or services.history.get(blob_name)",
    "job",
)
edit("the_past_of_a_name_is_forgotten", intake, "_start", "past.timeline if past else ()", "()")

CLAIM_ALARM = (
    "\n        services.set_alarm(job.key, due_at(claimed, services.retention), Kind.WORKING)\n"
)
CLAIM_POINT = "        failpoints.reached(Point.CLAIM_ALARM)\n"
CLAIM = """        claim = Claim(services, claimed)
        claimed = claim.insist(partial(_still_leased, services))
"""
edit("a_claim_sets_no_alarm", attempt, "_claim_and_run_now", CLAIM_ALARM, "\n")
edit(
    "a_claim_sets_its_alarm_afterwards",
    attempt,
    "_claim_and_run_now",
    CLAIM_ALARM + CLAIM_POINT + CLAIM,
    "\n" + CLAIM + CLAIM_ALARM[1:],
)
edit(
    "nobody_adopts_a_result",
    attempt,
    "_work_or_make_way",
    "claim.job.attempts > 1 and adopt(services, claim)",
    "False",
)
edit(
    "a_retry_does_not_wait_for_its_time",
    attempt,
    "_not_before",
    "job.next_attempt_at and job.next_attempt_at - now > EARLY",
    "False",
)
edit("a_settled_job_is_done_again", attempt, "_act", "job.is_settled", "False")
edit(
    "a_lost_answer_loses_the_claim",
    Claim,
    "_written",
    "stored is None or not stored.is_held_by(self._job)",
    "True",
)
edit("a_lost_answer_loses_the_row", JobTable, "_own_write", "stored is not None and", "False and")
edit(
    "a_retry_is_not_sent_for",
    attempt,
    "_settle",
    "            services.send_message(requeued, at - services.clock())\n",
)
edit("who_is_to_end_says_it_failed", attempt, "_settle", "services.shutdown.is_requested", "False")
edit(
    "an_attempt_does_not_insist_on_its_last_word",
    Claim,
    "insist",
    "except StorageUnavailableError:",
    "except StorageUnavailableError:\n        raise\n        # never:",
)
edit("two_threads_write_a_claim_at_once", Claim, "update", "with self._lock:", "if True:")
edit(
    "a_claim_is_taken_by_its_upload_alone",
    Job,
    "is_held_by",
    "(self.attempt_id, self.upload_etag) == (\n"
    "        claimed.attempt_id,\n        claimed.upload_etag,\n    )",
    "self.upload_etag == claimed.upload_etag",
)

edit(
    "what_is_adopted_is_not_marked",
    deliver,
    "adopt",
    'services.results.mark(found, attempt=claim.job.attempt_id or "")',
    "found",
)
edit(
    "what_is_adopted_is_not_read",
    deliver,
    "adopt",
    'services.results.stored_sha256(output, on_piece) != output.metadata.get("sha256")',
    "False",
)
edit(
    "a_new_result_is_not_compared",
    deliver,
    "deliver",
    "services.results.stored_sha256(output, on_piece) != digest",
    "services.results.stored_sha256(output, on_piece) is None",
)
edit(
    "any_result_passes_for_an_own_one",
    deliver,
    "_is_of_this_attempt",
    'output.metadata.get("attempt") == job.attempt_id',
    "True",
)
edit(
    "no_result_passes_for_an_own_one",
    deliver,
    "_is_of_this_attempt",
    'output.metadata.get("attempt") == job.attempt_id',
    "False",
)

edit(
    "a_last_chance_does_not_wait_for_others",
    SharedExclusiveLock,
    "_take",
    "self._is_one_alone or (alone and self._at_work)",
    "self._is_one_alone",
)
edit(
    "others_begin_beside_a_last_chance",
    SharedExclusiveLock,
    "_take",
    "self._is_one_alone or (alone and self._at_work)",
    "alone and self._at_work",
)
edit("no_chance_is_known_for_the_last", attempt, "_claim_and_run", "alone=is_alone", "alone=False")
edit(
    "every_file_waits_in_one_lane",
    JobQueue,
    "send",
    "self._lanes[message.priority]",
    'self._lanes["normal"]',
)
edit("poison_changes_a_settled_row", bury, "examine_poison", "job.is_settled or ", "")
edit(
    "fresh_uploads_wait_for_the_slow_timer",
    rescue,
    "rescue",
    "            (_fresh_uploads(services), partial(_take_in, services)),\n",
)
