"""Judges a history by the invariants, knowing nothing of the code that made it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.chaos.history import (
    answers,
    attempts,
    awaited,
    files,
    guards,
    listed,
    order,
    past,
    recovery,
    rest,
    results,
    sending,
    telling,
    turns,
    watched,
)
from harness.chaos.history.event import History
from harness.chaos.history.story import Story

Invariant = Callable[[Story], Iterator[str]]

INVARIANTS: dict[str, Invariant] = {
    "I1": answers.every_upload_is_answered_once,
    "I2": results.one_right_result_for_each_job,
    "I3": order.nothing_goes_back,
    "I4": answers.an_upload_stays_until_its_result_is_verified,
    "I5": results.results_stay_as_long_as_promised,
    "I6": rest.no_temporary_byte_is_left,
    "I7": results.no_job_serves_anothers_bytes,
    "I8": order.every_row_explains_itself,
    "past": past.every_job_is_remembered,
    "timeline": past.every_job_knows_those_before,
    "recovery": recovery.nobody_waits_long_for_the_dead,
    "guards": guards.nothing_is_touched_unseen,
    "twice": results.nobody_stores_twice,
    "in time": attempts.attempts_begin_in_time,
    "words": attempts.attempts_end_with_a_word,
    "reasons": attempts.attempts_fail_for_a_reason,
    "watched": watched.every_job_is_watched,
    "adoption": attempts.results_are_adopted,
    "alone": turns.a_last_chance_is_taken_alone,
    "lanes": turns.small_files_have_their_own_lane,
    "noticed": recovery.no_upload_waits_long_to_be_noticed,
    "told": telling.every_end_is_told,
    "true": telling.nothing_is_told_too_early,
    "ids": telling.an_event_keeps_its_id,
    "published": telling.a_row_says_told_when_all_are,
    "soon": telling.nobody_waits_long_for_an_event,
    "awaited": awaited.a_result_waits_for_its_event,
    "whole": files.files_arrive_whole,
    "confirmed": files.what_is_confirmed_is_there,
    "brought": files.every_file_is_brought,
    "one sender": sending.nothing_is_sent_twice_at_once,
    "claims": sending.claims_wait_for_their_time,
    "net": sending.deliveries_are_watched,
    "listed": listed.every_job_is_listed,
    "messages": rest.messages_do_not_multiply,
    "rest": rest.nothing_is_left,
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One promise that was not kept."""

    invariant: str
    message: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.message}"


def check(history: History) -> list[Violation]:
    """Every violation, or none."""
    return judged(Story(history))


def judged(story: Story) -> list[Violation]:
    """The same of a history that was read already."""
    return [
        Violation(name, message)
        for name, invariant in INVARIANTS.items()
        for message in invariant(story)
    ]
