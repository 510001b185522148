"""Fences around those who read strangers' bytes: encoders, and the child that decodes images."""

from tests.chaos.fences.fence import Fence

PROGRAM, LIMITS, WATCH = (
    "processing/sandbox/program.py",
    "processing/sandbox/limits.py",
    "processing/sandbox/watch.py",
)
PROGRAMS, FORKS = (
    "processing/sandbox/test_program.py",
    "processing/sandbox/test_forked_child.py",
)
ZYGOTE = "processing/sandbox/test_zygote.py"
LIMITED = "test_it_leads_a_session_of_its_own_and_is_limited_in_everything"
STOPPED = "test_it_is_stopped_at_the_deadline_with_all_its_children"


CHILDREN = {
    "an encoder survives its worker": Fence(
        LIMITS,
        '        "--pdeathsig=KILL",\n',
        f"{PROGRAMS}::test_it_dies_with_us",
    ),
    "an encoder may gain privileges": Fence(
        LIMITS,
        '        "--no-new-privs",\n',
        f"{PROGRAMS}::test_it_can_gain_no_privileges",
    ),
    "an encoder has all memory": Fence(
        LIMITS,
        '        f"--as={_allowed(resource.RLIMIT_AS, bounds.memory_bytes)}",\n',
        f"{PROGRAMS}::test_memory_has_a_limit",
    ),
    "an encoder fills the disk": Fence(
        LIMITS,
        '        f"--fsize={_allowed(resource.RLIMIT_FSIZE, bounds.file_bytes)}",\n',
        f"{PROGRAMS}::test_files_have_a_limit",
    ),
    "an encoder computes for ever": Fence(
        LIMITS,
        '        f"--cpu={_allowed(resource.RLIMIT_CPU, bounds.cpu_s)}",\n',
        f"{PROGRAMS}::{LIMITED}",
    ),
    "an encoder opens any number of files": Fence(
        LIMITS,
        '        f"--nofile={_allowed(resource.RLIMIT_NOFILE, OPEN_FILES)}",\n',
        f"{PROGRAMS}::{LIMITED}",
    ),
    "an encoder is stopped without its children": Fence(
        PROGRAM,
        "            start_new_session=True,\n",
        f"{PROGRAMS}::{LIMITED}",
    ),
    "an encoder knows our environment": Fence(
        PROGRAM,
        "            env=environment,\n",
        f"{PROGRAMS}::test_it_sees_nothing_of_our_environment_and_reads_nothing",
    ),
    "an encoder reads our input": Fence(
        PROGRAM,
        "            stdin=subprocess.DEVNULL,\n",
        f"{PROGRAMS}::test_it_reads_nothing_of_ours",
    ),
    "others may read what an encoder writes": Fence(
        PROGRAM,
        "            umask=0o077,\n",
        f"{PROGRAMS}::test_it_sees_nothing_of_our_environment_and_reads_nothing",
    ),
    "a child has no deadline": Fence(
        WATCH,
        "left_s = self._bounds.deadline - now",
        f"{PROGRAMS}::{STOPPED}",
        "left_s = 3600.0",
    ),
    "a child may hang": Fence(
        WATCH,
        "left_s = min(left_s, self._alive_at + self._bounds.stall_s - now)",
        f"{PROGRAMS}::test_it_is_stopped_when_it_makes_no_progress",
        "pass",
    ),
    "a child may talk for ever": Fence(
        WATCH,
        "len(self._output) > _STDOUT_LIMIT_BYTES",
        f"{PROGRAMS}::test_endless_words_are_cut_off",
        "False",
    ),
    "an image child leads no session": Fence(
        LIMITS,
        "    os.setsid()\n",
        f"{FORKS}::{LIMITED}",
    ),
    "an image child survives its parent": Fence(
        LIMITS,
        "(_PR_SET_PDEATHSIG, signal.SIGKILL), ",
        f"{ZYGOTE}::test_one_that_dies_during_a_request_takes_the_fork_along_and_says_so",
    ),
    "an image child may gain privileges": Fence(
        LIMITS,
        ", (_PR_SET_NO_NEW_PRIVS, 1)):",
        f"{ZYGOTE}::test_it_can_gain_no_privileges",
        ",):",
    ),
    "an image child has our files open": Fence(
        LIMITS,
        '    os.closerange(3, os.sysconf("SC_OPEN_MAX"))\n',
        f"{FORKS}::test_it_has_nothing_open_but_its_own_two_pipes",
    ),
    "an image child has all memory": Fence(
        LIMITS,
        "        (resource.RLIMIT_AS, limits.memory_bytes),\n",
        f"{FORKS}::{LIMITED}",
    ),
    "an image child fills the disk": Fence(
        LIMITS,
        "        (resource.RLIMIT_FSIZE, limits.file_bytes),\n",
        f"{FORKS}::{LIMITED}",
    ),
    "an image child opens any number of files": Fence(
        LIMITS,
        "        (resource.RLIMIT_NOFILE, limits.open_files),\n",
        f"{FORKS}::{LIMITED}",
    ),
    "an image child computes for ever": Fence(
        LIMITS,
        "    _lower(resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + _CPU_GRACE_S)\n",
        f"{FORKS}::{LIMITED}",
    ),
}
