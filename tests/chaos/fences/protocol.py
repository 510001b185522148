"""Fences of the protocol that accidents hardly ever reach."""

from tests.chaos.fences.fence import Fence

PROTOCOL = {
    "an adopted result is not announced": Fence(
        "lifecycle/store.py",
        "    _announce(services, claim, found.name)\n",
        "lifecycle/test_late_writers.py::test_an_attempt_that_lost_the_job_adopts_nothing_more",
    ),
    "a late alarm is not followed before the row": Fence(
        "lifecycle/intake.py",
        "    _watch_again_if_late(services, job)\n    failpoints.reached(Point.INTAKE_ALARM)\n",
        "lifecycle/test_late_writers.py::test_an_alarm_that_was_late_itself_is_followed_by"
        "_another_before_the_row",
        "    failpoints.reached(Point.INTAKE_ALARM)\n",
    ),
    "a late row is not watched again": Fence(
        "lifecycle/intake.py",
        "    failpoints.reached(Point.INTAKE_ROW)\n    _watch_again_if_late(services, job)\n",
        "lifecycle/test_intake.py::test_an_intake_slower_than_its_alarm_sets_another",
    ),
    "an expired upload is taken in by a late event": Fence(
        "lifecycle/intake.py",
        "past and past.upload_etag == upload.etag and past.status is Status.EXPIRED",
        "lifecycle/test_history.py::test_an_event_that_slept_through_the_whole_job_changes_nothing",
        "False",
    ),
    "an attempt begins in a worker that is to end": Fence(
        "worker/shutdown.py",
        "begins = not self.is_requested",
        "worker/test_shutdown.py::test_no_attempt_begins_once_the_worker_is_to_end",
        "begins = True",
    ),
    "an alarm that rang too early is answered": Fence(
        "lifecycle/alarm.py",
        "alarm.at > services.clock()",
        "lifecycle/test_wrong_clock.py::test_an_alarm_that_rang_too_early_stays_though_its_row_is"
        "_still_to_come",
        "False",
    ),
    "an alarm is cleared that was set again": Fence(
        "lifecycle/alarm.py",
        "following != alarm",
        "lifecycle/test_wrong_clock.py::test_an_alarm_that_turns_out_to_be_early_stays",
        "True",
    ),
    "a lost message is never doubted while others wait": Fence(
        "lifecycle/alarm.py",
        " or is_message_lost(job, now)",
        "lifecycle/test_rescue.py::test_a_lost_message_is_doubted_after_24_minutes_though"
        "_others_wait",
    ),
    "folders are cleared while others are made": Fence(
        "worker/work_folder.py",
        "_locked(root, fcntl.LOCK_EX)",
        "worker/test_stray_processes.py::test_no_folder_is_taken_for_abandoned_while_it_is_made",
        "contextlib.nullcontext()",
    ),
    "the folder of a living attempt is cleared": Fence(
        "worker/work_folder.py",
        "        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "worker/test_stray_processes.py::test_those_who_work_for_a_live_attempt_are_left_alone",
    ),
    "a full disk is not foreseen": Fence(
        "worker/work_folder.py",
        "shutil.disk_usage(root).free >= 2 * source_bytes + SPARE_BYTES",
        "lifecycle/test_full_disk.py::test_an_upload_that_does_not_fit_is_not_downloaded_and_a"
        "_smaller_one_is_done",
        "True",
    ),
    "what the dead left keeps its room": Fence(
        "worker/work_folder.py",
        "remove_abandoned(root) > 0 and ",
        "lifecycle/test_full_disk.py::test_what_a_dead_worker_left_takes_no_room_from_the_next"
        "_upload",
    ),
    "a clock that is behind is believed": Fence(
        "integrations/storage_time.py",
        "max(self._storage_is_ahead, least)",
        "lifecycle/test_wrong_clock.py::test_what_a_machine_behind_claims_is_claimed_until_the"
        "_true_time",
        "self._storage_is_ahead",
    ),
    "poison of an older upload counts": Fence(
        "lifecycle/poison.py",
        " or job.upload_etag != message.upload_etag",
        "lifecycle/test_repeated_messages.py::test_poison_of_an_older_upload_wakes_nobody",
    ),
    "poison ends an attempt that works": Fence(
        "lifecycle/poison.py",
        " and not job.is_leased(now)",
        "lifecycle/test_claim.py::test_poison_does_not_end_the_last_attempt_while_it_works",
    ),
    "an unanswered row is not looked for": Fence(
        "integrations/tracking.py",
        "                raise\n            return self._own_write(job, error)",
        "lifecycle/test_lost_answers.py::test_a_row_that_was_written_is_written",
        "                raise\n            raise",
    ),
    "an unanswered new row is not looked for": Fence(
        "integrations/tracking.py",
        "as error:\n            return self._own_write(job, error)",
        "lifecycle/test_lost_answers.py::test_a_row_that_was_created_is_created",
        "as error:\n            raise",
    ),
    "a refused row is not compared": Fence(
        "integrations/tracking.py",
        "ResourceModifiedError):\n"
        "            return self._own_write(job, FencedError(job.blob_name))",
        "integrations/test_unreliable_storage.py::test_a_row_that_was_replaced_is_known_as_our_own",
        "ResourceModifiedError):\n            raise FencedError(job.blob_name) from None",
    ),
    "a refused new row is not compared": Fence(
        "integrations/tracking.py",
        "ResourceExistsError:\n            return self._own_write(job, FencedError(job.blob_name))",
        "integrations/test_unreliable_storage.py::test_a_row_is_inserted_once_whatever_becomes"
        "_of_the_first_try",
        "ResourceExistsError:\n            raise FencedError(job.blob_name) from None",
    ),
    "a last chance waits for ever": Fence(
        "lifecycle/attempt.py",
        " and not has_waited_long",
        "lifecycle/test_deadly_files.py::test_a_file_at_its_last_chance_waits_for_an_idle"
        "_worker_but_not_for_ever",
    ),
    "an attempt has no deadline": Fence(
        "lifecycle/claim.py",
        "is_overdue(self.age_s)",
        "lifecycle/test_deadline.py::test_an_attempt_that_takes_too_long_ends_as_a_timeout_and"
        "_is_repeated",
        "False",
    ),
    "a heartbeat may hang for ever": Fence(
        "lifecycle/claim.py",
        "self.update(self._beaten, **in_time)",
        "lifecycle/test_lease.py::test_a_lease_outlives_two_heartbeats_that_hang",
        "self.update(self._beaten)",
    ),
    "a claim that is heard late waits for its heartbeat": Fence(
        "lifecycle/claim.py",
        "max(0.0, settings.heartbeat_s - max(0.0, claimed_s))",
        "lifecycle/test_outage.py::test_a_claim_that_was_heard_late_soon_has_a_whole_lease",
        "float(settings.heartbeat_s)",
    ),
    "a claim is written with a lease that is over": Fence(
        "lifecycle/attempt.py",
        "claimed.lease_until is None or claimed.lease_until > now",
        "lifecycle/test_outage.py::test_a_claim_that_can_be_made_after_an_outage_has_a_new_lease",
        "True",
    ),
    "all who wait ask at once": Fence(
        "worker/outage.py",
        "return is_free",
        "lifecycle/test_outage.py::test_of_all_who_wait_one_asks_at_a_time_and_all_are_heard",
        "return True",
    ),
    "the dead wait behind those who only wait": Fence(
        "lifecycle/rescue.py",
        "            (services.alarms.due(Kind.WORKING, services.clock()), partial(answer,"
        " services)),\n"
        "            (services.alarms.due(Kind.WAITING, services.clock()), partial(answer,"
        " services)),\n",
        "lifecycle/test_rescue.py::test_a_lapsed_lease_is_noticed_before_the_jobs_that_only_wait",
        "            (services.alarms.due(Kind.WAITING, services.clock()), partial(answer,"
        " services)),\n"
        "            (services.alarms.due(Kind.WORKING, services.clock()), partial(answer,"
        " services)),\n",
    ),
    "a job is woken before its next alarm is set": Fence(
        "lifecycle/alarm.py",
        "    following = _watched(services, woken)\n"
        "    woken = services.jobs.replace(woken)\n"
        "    failpoints.reached(Point.WOKEN_ROW)\n",
        "lifecycle/test_late_writers.py::test_what_is_due_is_done_under_the_eye_of_the_next_alarm",
        "    woken = services.jobs.replace(woken)\n"
        "    failpoints.reached(Point.WOKEN_ROW)\n"
        "    following = _watched(services, woken)\n",
    ),
    "a job expires before its next alarm is set": Fence(
        "lifecycle/alarm.py",
        "    following = _watched(services, expired)\n"
        "    services.history.put(expired)\n"
        "    failpoints.reached(Point.IN_HISTORY)\n",
        "lifecycle/test_late_writers.py::test_what_is_due_is_done_under_the_eye_of_the_next_alarm",
        "    services.history.put(expired)\n"
        "    failpoints.reached(Point.IN_HISTORY)\n"
        "    following = _watched(services, expired)\n",
    ),
    "who finds a job without an alarm sets none": Fence(
        "lifecycle/alarm.py",
        "    services.alarms.set(alarm)\n",
        "lifecycle/test_swept_uploads.py::test_a_job_without_an_alarm_gets_one_before_anything_is"
        "_done",
    ),
    "an alarm that nobody can read stays": Fence(
        "integrations/alarm_table.py",
        'self._table.delete_entity(kind.value, entity["RowKey"])',
        "integrations/test_alarms.py::test_an_entry_that_nobody_can_read_hides_no_other",
        "pass",
    ),
    "an upload that is held waits for its result to expire": Fence(
        "lifecycle/sweep.py",
        "        finish(services, job)\n",
        "lifecycle/test_sweep.py::test_the_upload_of_a_completed_job_is_deleted_later_if_it_was"
        "_left",
    ),
}
