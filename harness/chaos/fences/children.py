"""Fences around those who read strangers' bytes: encoders, and the child that decodes an image.

Imports little: a child that is to lack one imports this as it starts.
"""

import os
import subprocess

from harness.chaos.fences.edits import (
    condition,
    reading,
    without,
    without_arguments,
    without_element,
)
from harness.chaos.fences.fence import at
from harness.chaos.fences.registry import fence
from processing.sandbox import limits, program, watch

PROGRAMS = "processing/sandbox/test_program.py"
FORKS = "processing/sandbox/test_forked_child.py"
ZYGOTE = "processing/sandbox/test_zygote.py"
LIMITED = "test_it_leads_a_session_of_its_own_and_is_limited_in_everything"
STOPPED = "test_it_is_stopped_at_the_deadline_with_all_its_children"
UNSEEN = "test_it_sees_nothing_of_our_environment_and_reads_nothing"

fence(
    "an encoder survives its worker",
    at(limits.limited, without_element("--pdeathsig")),
    test=f"{PROGRAMS}::test_it_dies_with_us",
    in_children=True,
)
for name, option, test in (
    ("an encoder may gain privileges", "--no-new-privs", "test_it_can_gain_no_privileges"),
    ("an encoder has all memory", "--as=", "test_memory_has_a_limit"),
    ("an encoder fills the disk", "--fsize=", "test_files_have_a_limit"),
    ("an encoder computes for ever", "--cpu=", LIMITED),
    ("an encoder opens any number of files", "--nofile=", LIMITED),
):
    fence(name, at(limits.limited, without_element(option)), test=f"{PROGRAMS}::{test}")
for name, argument, test in (
    ("an encoder is stopped without its children", "start_new_session", LIMITED),
    ("an encoder knows our environment", "env", UNSEEN),
    ("an encoder reads our input", "stdin", "test_it_reads_nothing_of_ours"),
    ("others may read what an encoder writes", "umask", UNSEEN),
):
    change = without_arguments(subprocess.Popen, argument)
    fence(name, at(program._started, change), test=f"{PROGRAMS}::{test}")

fence(
    "a child has no deadline",
    at(watch._Watch._wait_s, reading("deadline", "now + 3600.0")),
    test=f"{PROGRAMS}::{STOPPED}",
)
fence(
    "a child may hang",
    at(watch._Watch._wait_s, reading("stall_s", "3600.0")),
    test=f"{PROGRAMS}::test_it_is_stopped_when_it_makes_no_progress",
)
fence(
    "a child may talk for ever",
    at(watch._Watch._take_output, condition("_STDOUT_LIMIT_BYTES", becomes=False)),
    test=f"{PROGRAMS}::test_endless_words_are_cut_off",
)

for name, change, test in (
    ("an image child leads no session", without(os.setsid), f"{FORKS}::{LIMITED}"),
    (
        "an image child survives its parent",
        without_element("_PR_SET_PDEATHSIG"),
        f"{ZYGOTE}::test_one_that_dies_during_a_request_takes_the_fork_along_and_says_so",
    ),
    (
        "an image child may gain privileges",
        without_element("_PR_SET_NO_NEW_PRIVS"),
        f"{ZYGOTE}::test_it_can_gain_no_privileges",
    ),
    (
        "an image child has our files open",
        without(os.closerange),
        f"{FORKS}::test_it_has_nothing_open_but_its_own_two_pipes",
    ),
    ("an image child has all memory", without_element("RLIMIT_AS"), f"{FORKS}::{LIMITED}"),
    ("an image child fills the disk", without_element("RLIMIT_FSIZE"), f"{FORKS}::{LIMITED}"),
    (
        "an image child opens any number of files",
        without_element("RLIMIT_NOFILE"),
        f"{FORKS}::{LIMITED}",
    ),
    ("an image child computes for ever", without(limits._lower, 1), f"{FORKS}::{LIMITED}"),
):
    fence(name, at(limits.limit_fork, change), test=test, in_children=True)
