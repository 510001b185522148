"""In which statuses a transition begins: any other use of it is a fault of the program."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from jobs.job import Job, Status

P = ParamSpec("P")
Change = Callable[Concatenate[Job, P], Job]


class TransitionError(Exception):
    """No job of that status changes in that way: whoever asked for it is at fault."""


def begins_in(*statuses: Status) -> Callable[[Change[P]], Change[P]]:
    """Lets the transition begin in these statuses only: what is settled has no way back."""

    def guarded(change: Change[P]) -> Change[P]:
        @wraps(change)
        def checked(job: Job, /, *args: P.args, **options: P.kwargs) -> Job:
            if job.status not in statuses:
                raise TransitionError(f"{job.blob_name} is {job.status}, not {change.__name__}")
            return change(job, *args, **options)

        return checked

    return guarded
