"""Fences of deliveries: no end of a job goes untold, and no dead receiver delays anybody."""

from errors import StorageUnavailableError
from harness.chaos.fences.edits import (
    condition,
    instead_of,
    moved,
    reading,
    returning,
    without,
    without_element,
    without_except,
)
from harness.chaos.fences.fence import at
from harness.chaos.fences.registry import fence
from integrations import outbox_table
from integrations.delivery_queue import DeliveryQueue
from integrations.destinations import sftp
from integrations.destinations.sftp import SftpDestination
from integrations.outbox_table import OutboxTable
from integrations.stored_content import StoredContent
from integrations.tracking import JobTable
from jobs import alarm as alarm_law
from jobs import breaker, event
from jobs.delivery import Delivery
from lifecycle import (
    alarm,
    awaited,
    deliver,
    delivery_alarm,
    disable,
    dispatcher,
    document,
    intake,
    look,
    publish,
)
from lifecycle.known_endpoints import KnownEndpoints
from lifecycle.lanes import Dispatcher, Lane, Lanes
from lifecycle.set_alarms import SetAlarms

ENDS = "lifecycle/deliveries/test_ends.py::"
TROUBLE = "lifecycle/deliveries/test_publish_in_trouble.py::"
ATTEMPTS = "lifecycle/deliveries/test_attempts.py::"
ALARMS = "lifecycle/deliveries/test_delivery_alarms.py::"
LANES = "lifecycle/deliveries/test_lanes.py::"
DISPATCHER = "lifecycle/deliveries/test_dispatcher.py::"
RESULTS = "lifecycle/deliveries/test_awaited_results.py::"
BREAKER = "jobs/test_breaker.py::"
GONE = ENDS + (
    "test_a_receiver_that_is_gone_is_disabled_its_others_are_told_and_nothing_more_is_sent"
)
ANY_ID = "__import__('lifecycle.deliver').deliver.uuid4().hex"

# Publication.
fence("nobody is told of an end", at(publish.is_owed, returning("False")))
fence(
    "an end of which nobody knows who wants it is not told",
    at(publish.is_owed, without_except(StorageUnavailableError)),
    test=TROUBLE + "test_where_the_list_cannot_be_read_the_end_counts_as_owed",
)
fence(
    "a row says told before the deliveries stand",
    at(publish.publish, moved(publish.deliver_to, JobTable.replace)),
)
fence(
    "nobody is woken for a new delivery",
    at(publish.deliver_to, without(DeliveryQueue.wake)),
    test="lifecycle/deliveries/test_publish.py"
    "::test_the_end_of_a_job_arrives_at_each_webhook_with_a_link_that_works",
)
fence(
    "a delivery stands before its alarm",
    at(publish.add_delivery, moved(delivery_alarm.set_alarm_for, OutboxTable.add)),
)
fence(
    "nobody removes old deliveries",
    at(publish.add_delivery, without(delivery_alarm.set_alarm_to_forget)),
)
fence(
    "storage that fails while it is told undoes the end",
    at(publish.publish_soon, without_except(StorageUnavailableError)),
    test=TROUBLE + "test_storage_that_fails_while_it_is_told_delays_it_and_nothing_else",
)
fence(
    "each publication has an id of its own",
    at(event.event_of, instead_of(event.event_id, f"event_id(at, job.key, {ANY_ID})")),
)
fence(
    "an upload replaces an end that nobody was told of",
    at(intake.accept_upload, condition("unpublished", becomes=False)),
)
fence(
    "the alarm of a job does not tell its end",
    at(alarm._answer, condition("unpublished", becomes=False)),
)
fence(
    "an end that nobody told is looked at when its time is over",
    at(alarm_law.due_at, condition("unpublished", becomes=False)),
)
fence(
    "a result does not wait for its event", at(alarm._expire, instead_of("awaited_until", "None"))
)
fence(
    "a result goes with its event",
    at(awaited._needed_until, returning("delivery.ended_at or now")),
    test=RESULTS + "test_looks_at_a_result_that_is_kept_become_seldom",
)

# The outbox.
fence(
    "a delivery is moved whoever moved it before",
    at(outbox_table._steps, without_element("delete")),
)
fence(
    "a lost answer loses a step of a delivery",
    at(OutboxTable.move, condition("stored", Delivery.in_version, becomes=True)),
    test="lifecycle/deliveries/test_unreliable_storage.py"
    "::test_no_event_is_lost_and_none_has_two_ids",
)
fence(
    "a refused step of a delivery passes for an own one",
    at(OutboxTable.move, condition("stored", Delivery.in_version, becomes=False)),
)

# An attempt.
fence("an attempt sends without a claim", at(deliver.deliver, without(OutboxTable.move)))
fence(
    "an attempt that slept through its lease sends",
    at(deliver.deliver, condition("SEND_LIMIT", becomes=False)),
)
fence("a running claim means nothing", at(look._is_due, returning("True")))
fence(
    "a retry has no alarm",
    at(deliver._fail, condition("is_active", becomes=False, nth=0)),
    test=ATTEMPTS + "test_a_retry_has_an_alarm_behind_it",
)
fence(
    "a retry sends no message",
    at(deliver._fail, without(DeliveryQueue.wake)),
    test=ATTEMPTS + "test_a_retry_asks_for_its_own_message",
)
fence(
    "an error that nobody foresaw holds a delivery",
    at(deliver._send, without_except(Exception)),
    test=ATTEMPTS + "test_what_nobody_foresaw_costs_an_attempt_and_holds_nobody",
)
fence(
    "a receiver that wants no more is asked again",
    at(deliver._fail, without(deliver._disable, 0)),
    test=GONE,
)
fence(
    "the others of a dead receiver are not told",
    at(disable.disable, without(disable._tell_others)),
    test=GONE,
)
fence(
    "a link leads to the result of a newer upload",
    at(document._link, condition("upload_etag", becomes=False)),
    test=RESULTS + "test_no_link_leads_to_the_result_of_a_newer_upload",
)

# Files.
fence(
    "a part that was cut off is trusted to its end",
    at(sftp._write, reading("NOT_TRUSTED_BYTES", "0")),
)
fence("a file is confirmed that was not sent", at(SftpDestination.send, without(sftp._send_file)))
fence(
    "a piece of a file that was cut off passes for whole",
    at(StoredContent._read, condition("size_bytes", becomes=False)),
)

# What is due.
fence(
    "what waits for an endpoint that is gone waits for ever",
    at(look.look, condition(look._is_open_for_business, becomes=False)),
)
fence(
    "what is too old is tried all the same",
    at(look._is_over, returning("False")),
    test=ENDS + "test_what_is_too_old_is_given_up_without_another_attempt",
)
fence(
    "an endpoint that another process made is unknown",
    at(KnownEndpoints.get, reading("_read_again", "self._listed")),
    test="lifecycle/deliveries/test_publish.py"
    "::test_an_endpoint_that_is_made_by_another_process_is_found_by_its_name",
)

# Alarms of endpoints.
fence(
    "an endpoint's alarm is cleared whatever waits",
    at(delivery_alarm.answer_endpoint_alarm, instead_of("_follow", "None")),
)
fence(
    "an endpoint that is looked at gets no other alarm",
    at(delivery_alarm._follow, without(delivery_alarm.set_alarm_for)),
)
fence("an endpoint's alarm wakes nobody", at(delivery_alarm._follow, without(DeliveryQueue.wake)))
fence(
    "an endpoint's alarm that rang too early is answered",
    at(delivery_alarm.answer_endpoint_alarm, condition("at", "clock", becomes=False)),
    test=ALARMS + "test_of_two_alarms_the_one_that_is_still_to_come_stays",
)
fence(
    "an endpoint's alarm rings when its delivery is due",
    at(alarm_law.alarm_of_endpoint, reading("TRIGGER_DELAY", "timedelta(0)")),
    test="jobs/test_publishing.py"
    "::test_alarms_of_an_endpoint_are_one_for_each_second_and_never_too_early",
)
fence(
    "an alarm that may have been cleared passes for set",
    at(SetAlarms.stands, condition("SOON", becomes=True)),
    test=ALARMS + "test_what_is_remembered_of_set_alarms_is_bounded_and_never_believed_too_long",
)
fence(
    "old deliveries that wait again are never removed",
    at(delivery_alarm._forget, condition("is_waiting", becomes=False)),
    test=ALARMS + "test_an_old_delivery_that_waits_again_is_removed_later",
)

# The circuit breaker, the lanes, and who leads.
fence(
    "a dead receiver is never left alone",
    at(breaker.after_failure, condition("FAILURES_UNTIL_OPEN", becomes=True)),
    test=BREAKER + "test_the_fifth_failure_in_a_row_opens_it_for_half_a_minute",
)
fence(
    "failures of what was being sent prolong a window",
    at(breaker.after_failure, condition("is_open", becomes=False)),
    test=BREAKER + "test_failures_of_what_was_being_sent_when_it_opened_do_not_prolong_it",
)
fence(
    "what nobody has tried for days counts as failing all the time",
    at(breaker.after_failure, condition("LONGEST_SILENCE", becomes=False)),
    test=BREAKER + "test_it_is_dead_after_five_days_in_which_nothing_else_was_seen",
)
fence(
    "an endpoint is sent everything at once",
    at(Lane.may_send, condition("sending", "most", becomes=True)),
    test=LANES + "test_four_are_sent_at_a_time_the_most_urgent_first",
)
fence(
    "nobody waits for the probe",
    at(Lane.may_send, condition("is_closed", becomes=True)),
    test=LANES + "test_at_a_half_open_endpoint_one_is_tried_alone_and_then_all",
)
fence(
    "an open circuit is sent to",
    at(Lane.may_send, condition("is_open", becomes=True)),
    test=LANES + "test_at_an_endpoint_that_is_found_open_nothing_is_begun",
)
fence(
    "one endpoint has all slots",
    at(Lanes.take, instead_of("pop", "lane")),
    test=LANES + "test_endpoints_take_turns",
)
fence(
    "what is being sent is taken again",
    at(Lanes.looked, condition("sending", becomes=True)),
    test=LANES + "test_what_is_being_sent_is_not_taken_twice",
)
fence(
    "every message leads",
    at(Dispatcher.add, reading("is_led", "False")),
    test=LANES + "test_one_leads_and_the_others_only_bring",
)
fence(
    "who leaves forgets what is left",
    at(dispatcher.dispatch, condition("left", becomes=False)),
    test=DISPATCHER + "test_after_its_time_a_leader_leaves_the_rest_to_another",
)
fence(
    "a lane that failed never ends",
    at(dispatcher._run, without(Lanes.ended)),
    test=DISPATCHER + "test_storage_that_fails_while_it_is_looked_at_ends_nothing_for_good",
)
