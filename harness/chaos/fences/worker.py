"""Fences of a worker process: its end, its one lock, its outage, and its folders."""

import fcntl

from harness.chaos.fences.edits import condition, returning, without, without_with
from harness.chaos.fences.fence import at
from harness.chaos.fences.registry import fence
from worker import work_folder
from worker.exclusive import SharedExclusiveLock
from worker.outage import Outage
from worker.shutdown import Shutdown

fence(
    "a last chance does not wait for others",
    at(SharedExclusiveLock._take, condition("_holders", becomes=False)),
)
fence(
    "others begin beside a last chance",
    at(SharedExclusiveLock._take, condition("_is_exclusive", becomes=False)),
)
fence(
    "an attempt begins in a worker that is to end",
    at(Shutdown.attempt, condition("is_requested", becomes=True)),
    test="worker/test_shutdown.py::test_no_attempt_begins_once_the_worker_is_to_end",
)
fence(
    "all who wait ask at once",
    at(Outage._is_taken, returning("True")),
    test="worker/test_outage.py::test_of_all_who_wait_one_asks_at_a_time_and_all_are_heard",
)
fence(
    "folders are cleared while others are made",
    at(work_folder.remove_abandoned, without_with(work_folder._locked)),
    test="worker/test_stray_processes.py::test_no_folder_is_taken_for_abandoned_while_it_is_made",
)
fence(
    "the folder of a living attempt is cleared",
    at(work_folder._is_abandoned, without(fcntl.flock)),
    test="worker/test_stray_processes.py::test_those_who_work_for_a_live_attempt_are_left_alone",
)
fence(
    "a full disk is not foreseen",
    at(work_folder._has_room, returning("True")),
    test="lifecycle/test_full_disk.py"
    "::test_an_upload_that_does_not_fit_is_not_downloaded_and_a_smaller_one_is_done",
)
fence(
    "what the dead left keeps its room",
    at(work_folder._has_room_when_cleared, condition(work_folder.remove_abandoned, becomes=True)),
    test="lifecycle/test_full_disk.py"
    "::test_what_a_dead_worker_left_takes_no_room_from_the_next_upload",
)
