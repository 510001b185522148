"""A message that came too early comes again later; its copies end."""

from dataclasses import replace
from datetime import datetime, timedelta

from jobs.job import Job
from lifecycle import failpoints
from lifecycle.failpoints import Point
from lifecycle.services import Services

# A message may arrive this much before the row says so: delays count in whole seconds, and the
# clocks of machines differ a little.
EARLY = timedelta(seconds=2)


def come_back(services: Services, job: Job, at: datetime) -> bool:
    """Sends a message for that time, unless the row says that one will come: then False.

    Else every copy of a message would send another for as long as the job waits, and copies of
    those would do so again. Raises FencedError when the row changed.
    """
    now = services.clock()
    if job.enqueued_at - now > EARLY:
        return False
    delayed = services.jobs.replace(replace(job, enqueued_at=at))
    failpoints.reached(Point.COME_BACK_ROW)
    services.wake(delayed, at - now)
    failpoints.reached(Point.COME_BACK_MESSAGE)
    return True
