"""Fences around those who read strangers' bytes: encoders, and the child that decodes images."""

from tests.chaos.fences.fence import Fence

ENCODER, LEASH, WATCH = (
    "processing/child/encoder.py",
    "processing/pillow/leash.py",
    "processing/child/watch.py",
)
ENCODERS, WARM = "processing/test_encoder.py", "processing/test_child_warm.py"
LIMITED = "test_it_leads_a_session_of_its_own_and_is_limited_in_everything"
STOPPED = "test_it_is_stopped_at_the_deadline_with_all_its_children"


CHILDREN = {
    "an encoder survives its worker": Fence(
        ENCODER,
        '        "--pdeathsig=KILL",\n',
        f"{ENCODERS}::test_it_dies_with_us",
    ),
    "an encoder may gain privileges": Fence(
        ENCODER,
        '        "--no-new-privs",\n',
        f"{ENCODERS}::test_it_can_gain_no_privileges",
    ),
    "an encoder has all memory": Fence(
        ENCODER,
        '        f"--as={_allowed(resource.RLIMIT_AS, bounds.memory_bytes)}",\n',
        f"{ENCODERS}::test_memory_has_a_limit",
    ),
    "an encoder fills the disk": Fence(
        ENCODER,
        '        f"--fsize={_allowed(resource.RLIMIT_FSIZE, bounds.file_bytes)}",\n',
        f"{ENCODERS}::test_files_have_a_limit",
    ),
    "an encoder computes for ever": Fence(
        ENCODER,
        '        f"--cpu={_allowed(resource.RLIMIT_CPU, bounds.cpu_s)}",\n',
        f"{ENCODERS}::{LIMITED}",
    ),
    "an encoder opens any number of files": Fence(
        ENCODER,
        '        f"--nofile={_allowed(resource.RLIMIT_NOFILE, OPEN_FILES)}",\n',
        f"{ENCODERS}::{LIMITED}",
    ),
    "an encoder is stopped without its children": Fence(
        ENCODER,
        "            start_new_session=True,\n",
        f"{ENCODERS}::{LIMITED}",
    ),
    "an encoder knows our environment": Fence(
        ENCODER,
        "            env=environment,\n",
        f"{ENCODERS}::test_it_sees_nothing_of_our_environment_and_reads_nothing",
    ),
    "an encoder reads our input": Fence(
        ENCODER,
        "            stdin=subprocess.DEVNULL,\n",
        f"{ENCODERS}::test_it_reads_nothing_of_ours",
    ),
    "others may read what an encoder writes": Fence(
        ENCODER,
        "            umask=0o077,\n",
        f"{ENCODERS}::test_it_sees_nothing_of_our_environment_and_reads_nothing",
    ),
    "a child has no deadline": Fence(
        WATCH,
        "left_s = self._bounds.deadline - now",
        f"{ENCODERS}::{STOPPED}",
        "left_s = 3600.0",
    ),
    "a child may hang": Fence(
        WATCH,
        "left_s = min(left_s, self._alive_at + self._bounds.stall_s - now)",
        f"{ENCODERS}::test_it_is_stopped_when_it_makes_no_progress",
        "pass",
    ),
    "a child may talk for ever": Fence(
        WATCH,
        "len(self._output) > _STDOUT_LIMIT_BYTES",
        f"{ENCODERS}::test_endless_words_are_cut_off",
        "False",
    ),
    "an image child leads no session": Fence(
        LEASH,
        "    os.setsid()\n",
        f"{WARM}::{LIMITED}",
    ),
    "an image child survives its parent": Fence(
        LEASH,
        "(_PR_SET_PDEATHSIG, signal.SIGKILL), ",
        "processing/test_child_nursery.py::test_one_that_dies_during_a_picture_takes_the_child"
        "_along_and_says_so",
    ),
    "an image child may gain privileges": Fence(
        LEASH,
        ", (_PR_SET_NO_NEW_PRIVS, 1)):",
        "processing/test_child_nursery.py::test_it_can_gain_no_privileges",
        ",):",
    ),
    "an image child has our files open": Fence(
        LEASH,
        '    os.closerange(3, os.sysconf("SC_OPEN_MAX"))\n',
        f"{WARM}::test_it_has_nothing_open_but_its_own_two_pipes",
    ),
    "an image child has all memory": Fence(
        LEASH,
        "        (resource.RLIMIT_AS, order.memory_bytes),\n",
        f"{WARM}::{LIMITED}",
    ),
    "an image child fills the disk": Fence(
        LEASH,
        "        (resource.RLIMIT_FSIZE, order.file_bytes),\n",
        f"{WARM}::{LIMITED}",
    ),
    "an image child opens any number of files": Fence(
        LEASH,
        "        (resource.RLIMIT_NOFILE, order.open_files),\n",
        f"{WARM}::{LIMITED}",
    ),
    "an image child computes for ever": Fence(
        LEASH,
        "    _lower(resource.RLIMIT_CPU, order.cpu_s, order.cpu_s + _CPU_GRACE_S)\n",
        f"{WARM}::{LIMITED}",
    ),
}
