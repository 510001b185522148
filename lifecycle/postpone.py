"""A message that came too early comes again later; its copies end."""

from datetime import datetime, timedelta

from jobs.job import Job
from jobs.transitions import postponed
from lifecycle import failpoints
from lifecycle.failpoints import Point
from lifecycle.services import Services

# A message may arrive this much before the row says so: delays count in whole seconds, and the
# clocks of machines differ a little.
EARLY = timedelta(seconds=2)


def postpone(services: Services, job: Job, at: datetime) -> bool:
    """Sends a message for that time, unless the row says that one will come: then False.

    Else every copy of a message would send another for as long as the job waits, and copies of
    those would do so again. Raises FencedError when the row changed.
    """
    now = services.clock()
    if job.enqueued_at - now > EARLY:
        return False
    delayed = services.jobs.replace(postponed(job, at, now))
    failpoints.reached(Point.POSTPONED_ROW)
    services.send_message(delayed, at - now)
    failpoints.reached(Point.POSTPONED_MESSAGE)
    return True
