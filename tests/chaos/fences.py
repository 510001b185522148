"""Fences that random accidents hardly ever reach: each has a test that must fail without it.

python -m tests.chaos.fences NAME    # one test, with the fence taken out
"""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from integrations.alarms import Alarms
from integrations.storage_time import StorageTime
from integrations.tracking import JobTable
from lifecycle import (
    attempt,
    bury,
    deliver,
    intake,
    look,
    rescue,
    sweep,
    work_folder,
)
from lifecycle.claim import Claim
from lifecycle.silence import Silence
from lifecycle.stopping import Stopping
from tests.chaos.simulation.mutations.edits import edited

# Beside pytest's own exit status, which Python also uses for a program that breaks off.
TESTED = 100
LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Fence:
    """A piece of the code's own text, what stands there without it, and the test that tells."""

    place: Any
    function: str
    text: str
    instead: str
    test: str  # below tests/

    @property
    def node(self) -> str:
        """As pytest knows the test."""
        return f"tests/{self.test}"


LATE = "    _watch_again_if_late(services, job)\n"
DUE = "            (services.alarms.due(Kind.{}, services.clock()), partial(answer, services)),\n"
DEAD, WAITING = DUE.format("LEASE"), DUE.format("RESCUE")
FENCES = {
    "an_adopted_result_is_not_announced": Fence(
        deliver,
        "adopt",
        "    _announce(services, claim, found.name)\n",
        "",
        "lifecycle/test_late_writers.py::test_an_attempt_that_lost_the_job_adopts_nothing_more",
    ),
    "a_late_alarm_is_not_followed_before_the_row": Fence(
        intake,
        "_start",
        f"{LATE}    failpoints.reached(Point.INTAKE_ALARM)\n",
        "    failpoints.reached(Point.INTAKE_ALARM)\n",
        "lifecycle/test_late_writers.py::test_an_alarm_that_was_late_itself_is_followed_by_another"
        "_before_the_row",
    ),
    "a_late_row_is_not_watched_again": Fence(
        intake,
        "_start",
        f"    failpoints.reached(Point.INTAKE_ROW)\n{LATE}",
        "",
        "lifecycle/test_intake.py::test_an_intake_slower_than_its_alarm_sets_another",
    ),
    "an_expired_upload_is_taken_in_by_a_late_event": Fence(
        intake,
        "_start",
        "past and past.upload_etag == upload.etag and past.status is Status.EXPIRED",
        "False",
        "lifecycle/test_history.py::test_an_event_that_slept_through_the_whole_job_changes_nothing",
    ),
    "an_attempt_begins_in_a_worker_that_is_to_end": Fence(
        Stopping,
        "attempt",
        "begins = not self.is_requested",
        "begins = True",
        "lifecycle/test_stopping.py::test_no_attempt_begins_once_the_worker_is_to_end",
    ),
    "an_alarm_is_cleared_that_was_set_again": Fence(
        look,
        "answer",
        "following != alarm",
        "True",
        "lifecycle/test_wrong_clock.py::test_an_alarm_that_turns_out_to_be_early_stays",
    ),
    "a_lost_message_is_never_doubted_while_others_wait": Fence(
        look,
        "_wake",
        " or is_doubtful(job, now)",
        "",
        "lifecycle/test_rescue.py::test_a_lost_message_is_doubted_after_24_minutes_though_others"
        "_wait",
    ),
    "folders_are_cleared_while_others_are_made": Fence(
        work_folder,
        "remove_abandoned",
        "_locked(root, fcntl.LOCK_EX)",
        "contextlib.nullcontext()",
        "lifecycle/test_orphans.py::test_no_folder_is_taken_for_abandoned_while_it_is_made",
    ),
    "the_folder_of_a_living_attempt_is_cleared": Fence(
        work_folder,
        "_is_abandoned",
        "        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "",
        "lifecycle/test_orphans.py::test_those_who_work_for_a_live_attempt_are_left_alone",
    ),
    "a_full_disk_is_not_foreseen": Fence(
        work_folder,
        "_has_room",
        "shutil.disk_usage(root).free >= 2 * source_bytes + SPARE_BYTES",
        "True",
        "lifecycle/test_full_disk.py::test_an_upload_that_does_not_fit_is_not_downloaded_and_a"
        "_smaller_one_is_done",
    ),
    "what_the_dead_left_keeps_its_room": Fence(
        work_folder,
        "_has_room_when_cleared",
        "remove_abandoned(root) > 0 and ",
        "",
        "lifecycle/test_full_disk.py::test_what_a_dead_worker_left_takes_no_room_from_the_next"
        "_upload",
    ),
    "a_clock_that_is_behind_is_believed": Fence(
        StorageTime,
        "learn",
        "max(self._storage_is_ahead, least)",
        "self._storage_is_ahead",
        "lifecycle/test_wrong_clock.py::test_what_a_machine_behind_claims_is_claimed_until_the_true"
        "_time",
    ),
    "poison_of_an_older_upload_counts": Fence(
        bury,
        "examine_poison",
        " or job.upload_etag != message.upload_etag",
        "",
        "lifecycle/test_repeated_messages.py::test_poison_of_an_older_upload_wakes_nobody",
    ),
    "poison_ends_an_attempt_that_works": Fence(
        bury,
        "examine_poison",
        " and not job.is_leased(now)",
        "",
        "lifecycle/test_claim.py::test_poison_does_not_end_the_last_attempt_while_it_works",
    ),
    "an_unanswered_row_is_not_looked_for": Fence(
        JobTable,
        "replace",
        "return self._own_write(job, error)",
        "raise",
        "lifecycle/test_lost_answers.py::test_a_row_that_was_written_is_written",
    ),
    "an_unanswered_new_row_is_not_looked_for": Fence(
        JobTable,
        "_insert",
        "return self._own_write(job, error)",
        "raise",
        "lifecycle/test_lost_answers.py::test_a_row_that_was_created_is_created",
    ),
    "a_refused_row_is_not_compared": Fence(
        JobTable,
        "replace",
        "return self._own_write(job, FencedError(job.blob_name))",
        "raise FencedError(job.blob_name) from None",
        "integrations/test_unreliable_storage.py::test_a_row_that_was_replaced_is_known_as_our_own",
    ),
    "a_refused_new_row_is_not_compared": Fence(
        JobTable,
        "_insert",
        "return self._own_write(job, FencedError(job.blob_name))",
        "raise FencedError(job.blob_name) from None",
        "integrations/test_unreliable_storage.py::test_a_row_is_inserted_once_whatever_becomes_of"
        "_the_first_try",
    ),
    "a_last_chance_waits_for_ever": Fence(
        attempt,
        "_claim_and_run",
        " and not has_waited_long",
        "",
        "lifecycle/test_deadly_files.py::test_a_file_at_its_last_chance_waits_for_an_idle_worker"
        "_but_not_for_ever",
    ),
    "an_attempt_has_no_deadline": Fence(
        Claim,
        "report",
        "is_overdue(self.age_s)",
        "False",
        "lifecycle/test_deadline.py::test_an_attempt_that_takes_too_long_ends_as_a_timeout_and_is"
        "_repeated",
    ),
    "a_heartbeat_may_hang_for_ever": Fence(
        Claim,
        "_beat_until",
        "self.update(self._beaten, **in_time)",
        "self.update(self._beaten)",
        "lifecycle/test_lease.py::test_a_lease_outlives_two_heartbeats_that_hang",
    ),
    "a_claim_that_is_heard_late_keeps_its_lease": Fence(
        attempt,
        "_still_leased",
        "now - claimed.updated_at < a_heartbeat",
        "now < claimed.updated_at + services.lease",
        "lifecycle/test_silence.py::test_a_claim_that_was_heard_late_begins_with_a_whole_lease",
    ),
    "all_who_wait_ask_at_once": Fence(
        Silence,
        "_is_taken",
        "return is_free",
        "return True",
        "lifecycle/test_silence.py::test_of_all_who_wait_one_asks_at_a_time_and_all_are_heard",
    ),
    "the_dead_wait_behind_those_who_only_wait": Fence(
        rescue,
        "rescue",
        f"{DEAD}{WAITING}",
        f"{WAITING}{DEAD}",
        "lifecycle/test_rescue.py::test_a_lapsed_lease_is_noticed_before_the_jobs_that_only_wait",
    ),
    "the_next_alarm_comes_after_what_is_due": Fence(
        look,
        "_wake",
        "    following = _watched(services, woken)\n    woken = services.jobs.replace(woken)\n",
        "    woken = services.jobs.replace(woken)\n    services.wake(woken)\n"
        "    following = _watched(services, woken)\n",
        "lifecycle/test_swept_uploads.py::test_a_job_without_an_alarm_gets_one_before_anything_is"
        "_done_about_it",
    ),
    "an_alarm_that_nobody_can_read_stays": Fence(
        Alarms,
        "due",
        'self._table.delete_entity(kind.value, entity["RowKey"])',
        "return",
        "integrations/test_alarms.py::test_an_entry_that_nobody_can_read_hides_no_other",
    ),
    "an_upload_that_is_held_waits_for_its_result_to_expire": Fence(
        sweep,
        "_check_upload",
        "        finish(services, job)\n",
        "",
        "lifecycle/test_sweep.py::test_the_upload_of_a_completed_job_is_deleted_later_if_it_was"
        "_left",
    ),
}


def catches(at_a_time: int) -> Iterator[tuple[str, bool]]:
    """Of each fence whether its test passes with it and fails without it.

    Not so for one that is gone from the code: its text is looked for there.
    """
    with ThreadPoolExecutor(at_a_time) as pool:
        as_it_is = pool.submit(_status)
        without = dict(zip(FENCES, pool.map(_status, FENCES), strict=True))
        passes = as_it_is.result() == TESTED + pytest.ExitCode.OK
    for name, status in without.items():
        yield name, passes and status == TESTED + pytest.ExitCode.TESTS_FAILED


def main() -> int:
    """Runs the test of one fence without it, or, without a name, all tests with all of them."""
    options = ["-q", "-p", "no:cacheprovider", f"--timeout={LIMIT_S:.0f}"]
    if len(sys.argv) < 2:
        return TESTED + pytest.main([*options, *{fence.node for fence in FENCES.values()}])
    fence = FENCES[sys.argv[1]]
    with edited(fence.place, fence.function, fence.text, fence.instead):
        return TESTED + pytest.main([*options, fence.node])


def _status(*name: str) -> int:
    return subprocess.run(
        [sys.executable, "-m", "tests.chaos.fences", *name],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
