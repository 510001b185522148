"""Fences of attempts: the claim and its lease, the verdict, and the result's way into storage."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from errors import StorageUnavailableError
from harness.chaos.fences.edits import (
    condition,
    instead_of,
    moved,
    returning,
    without,
    without_arguments,
    without_except,
    without_with,
)
from harness.chaos.fences.fence import StandIn, as_it_is, at
from harness.chaos.fences.registry import fence
from integrations.alarm_table import AlarmTable
from integrations.results import Results
from jobs import retry, transitions
from jobs.job import FencedError, Job
from jobs.lease import Lease
from jobs.marks import Marks
from lifecycle import attempt, postpone, store
from lifecycle.claim import Claim
from lifecycle.services import Services

complete = as_it_is(store._complete)


def gone_on(claim: Claim, transition: Callable[[Job], Job], **_: Any) -> Job:
    with claim._lock:
        try:
            claim._job = claim._written(transition)
        except FencedError:
            claim._job = transition(claim._job)
        return claim._job


def announced_to_nobody(_: Services, claim: Claim, name: str) -> None:
    claim._job = replace(claim._job, result_name=name)


def completed_without_an_upload(services: Services, claim: Claim, *stored: Any) -> None:
    services.uploads.delete(claim.job.blob_name, claim.job.upload_etag)
    complete(services, claim, *stored)


fence("a settled job is done again", at(attempt._act, condition("is_settled", becomes=False)))
fence("leases are not respected", at(Lease.is_running, returning("False")))
fence(
    "a retry does not wait for its time",
    at(attempt._not_before, condition("next_attempt_at", "EARLY", becomes=False)),
)
fence(
    "every copy of a message sends another",
    at(postpone.postpone, condition("enqueued_at", becomes=False)),
)
fence("a claim sets no alarm", at(attempt._claim_and_run_now, without(AlarmTable.set)))
fence(
    "a claim sets its alarm afterwards",
    at(attempt._claim_and_run_now, moved(AlarmTable.set, Claim.insist)),
)
fence(
    "a claim is written with a lease that is over",
    at(attempt._still_leased, condition(Job.is_leased, becomes=True)),
    test="lifecycle/test_outage.py::test_a_claim_that_can_be_made_after_an_outage_has_a_new_lease",
)
fence(
    "a claim is taken by its upload alone",
    at(Job.is_held_by, condition(Lease.is_held_by, becomes=True)),
)
fence(
    "a lost claim is taken back",
    at(Claim._written, condition(Job.is_held_by, becomes=False)),
)
fence(
    "a lost answer loses the claim",
    at(Claim._written, condition(Job.is_held_by, becomes=True)),
)
fence("a fenced attempt goes on", StandIn(Claim.update, gone_on))
fence("two threads write a claim at once", at(Claim.update, without_with("_lock")))
fence(
    "an attempt does not insist on its last word",
    at(Claim.insist, without_except(StorageUnavailableError)),
)
fence("a heartbeat goes on after the end", at(Claim._renewed, condition("lease", becomes=False)))
fence("no heartbeat is sent", at(Claim._beat_until, without(Claim.update)))
fence(
    "a heartbeat may hang for ever",
    at(Claim._beat_until, without_arguments(Claim.update, "**")),
    test="lifecycle/test_lease.py::test_a_lease_outlives_two_heartbeats_that_hang",
)
fence(
    "a claim that is heard late waits for its heartbeat",
    at(Claim._beat_until, instead_of(max, "float(settings.heartbeat_s)")),
    test="lifecycle/test_outage.py::test_a_claim_that_was_heard_late_soon_has_a_whole_lease",
)
fence(
    "an attempt has no deadline",
    at(Claim.report, condition("is_overdue", becomes=False)),
    test="lifecycle/test_deadline.py"
    "::test_an_attempt_that_takes_too_long_ends_as_a_timeout_and_is_repeated",
)

fence("nothing is tried again", at(retry.verdict, condition("max_retries", becomes=True)))
fence("a retry is not sent for", at(attempt._settle, without(Services.send_message)))
fence(
    "a failure after the end undoes it",
    at(attempt._settle, condition("is_settled", becomes=False)),
)
fence(
    "who is to end says it failed",
    at(attempt._settle, condition("is_requested", becomes=False)),
)
fence(
    "an attempt that is handed back counts",
    at(transitions.handed_back, without_arguments(replace, "handed_back")),
)
fence(
    "a deadly file is tried for ever",
    at(attempt._claim_and_run_now, condition(retry.is_exhausted, becomes=False)),
)
fence(
    "no chance is known for the last",
    at(attempt._claim_and_run, instead_of(retry.is_last_chance, "False")),
)
fence(
    "a last chance waits for ever",
    at(attempt._claim_and_run, condition("has_waited_long", becomes=True)),
    test="lifecycle/test_deadly_files.py"
    "::test_a_file_at_its_last_chance_waits_for_an_idle_worker_but_not_for_ever",
)

fence(
    "nobody adopts a result",
    at(attempt._work_or_make_way, condition(store.adopt_result, becomes=False)),
)
fence("the result of an older upload is adopted", StandIn(Marks.is_as_asked, Marks.is_of_job))
fence(
    "the result of an earlier order is adopted",
    StandIn(Marks.is_as_asked, Marks.is_of_upload),
    test="lifecycle/test_job_verbs.py"
    "::test_a_result_of_an_earlier_order_is_not_taken_for_that_of_a_later_one",
)
fence(
    "a result is adopted unread",
    at(
        store.adopt_result,
        without(store._announce),
        instead_of(Results.mark, "found"),
        condition(Results.stored_sha256, becomes=False),
    ),
)
fence("what is adopted is not marked", at(store.adopt_result, instead_of(Results.mark, "found")))
fence(
    "what is adopted is not read",
    at(store.adopt_result, condition(Results.stored_sha256, becomes=False)),
)
fence(
    "an adopted result is not announced",
    at(store.adopt_result, without(store._announce)),
    test="lifecycle/test_late_writers.py::test_an_attempt_that_lost_the_job_adopts_nothing_more",
)
fence("a result is not announced", StandIn(store._announce, announced_to_nobody))
fence(
    "another job's result is replaced",
    at(store._store, condition(Marks.is_of_job, becomes=False)),
)
fence("any result passes for an own one", at(Marks.is_of_attempt, returning("True")))
fence("no result passes for an own one", at(Marks.is_of_attempt, returning("False")))
fence(
    "a new result is not compared",
    at(
        store.store_result,
        instead_of(
            Results.stored_sha256, "services.results.stored_sha256(stored, on_piece) and digest"
        ),
    ),
)
fence(
    "a job is completed before its result is verified",
    at(store.store_result, moved(Results.stored_sha256, store._complete)),
)
fence(
    "the upload goes before the job is completed",
    StandIn(store._complete, completed_without_an_upload),
)
