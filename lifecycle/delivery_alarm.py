"""The net under deliveries: while anything is due at an endpoint, an alarm of it stands."""

from datetime import datetime, timedelta

from jobs.alarm import TRIGGER_DELAY, Alarm, Kind, alarm_of_endpoint
from jobs.breaker import Breaker
from jobs.delivery import Delivery
from lifecycle.services import Services
from lifecycle.tick import Done


def set_alarm_for(services: Services, endpoint_id: str, due: datetime) -> Alarm:
    """Makes sure that somebody looks at the endpoint soon after `due`; returns the alarm."""
    alarm = alarm_of_endpoint(endpoint_id, due)
    _set(services, alarm)
    return alarm


def set_alarm_to_forget(services: Services, endpoint_id: str) -> None:
    """Makes sure that what is written today is removed when its time is over.

    One alarm a day for each endpoint, at the end of the day after.
    """
    today = services.clock().replace(hour=0, minute=0, second=0, microsecond=0)
    at = today + timedelta(days=services.settings.delivery_log_days + 2)
    _set(services, alarm_of_endpoint(endpoint_id, at, Kind.ENDED))


def answer_endpoint_alarm(services: Services, alarm: Alarm) -> Done | None:
    """Wakes a dispatcher if anything is due; the alarm is cleared once another is set, if needed.

    Of one endpoint once in a tick: that look has seen what all its alarms were set for.
    """
    if alarm.kind is Kind.ENDED:
        return _forget(services, alarm)
    endpoint_id, waiting = str(alarm.endpoint_id), None
    if endpoint_id not in services.looked_at:
        waiting = services.outbox.waiting(endpoint_id, 1)
    if alarm.at > services.clock():
        return None  # our clock was ahead until that answer: what it is for is still to come
    done = None
    if waiting and waiting.deliveries:
        done = _follow(services, waiting.deliveries[0], waiting.breaker)
    services.looked_at.add(endpoint_id)
    services.alarms.clear(alarm)
    return done


def _follow(services: Services, first: Delivery, breaker: Breaker) -> Done | None:
    """Another alarm for what is left, and a dispatcher if it is due."""
    now = services.clock()
    begins = max(first.due, breaker.open_until or first.due)
    set_alarm_for(services, first.endpoint_id, max(begins, now))
    if begins > now:
        return None
    services.delivery_queue.wake([first.endpoint_id])
    return Done.DISPATCHER_WOKEN


def _set(services: Services, alarm: Alarm) -> None:
    if not services.set_alarms.stands(alarm, services.clock()):
        services.alarms.set(alarm)
        services.set_alarms.add(alarm)


def _forget(services: Services, alarm: Alarm) -> Done | None:
    """What is not at its end by then is looked at again the day after."""
    endpoint_id, now = str(alarm.endpoint_id), services.clock()
    if alarm.at > now:
        return None
    before = now - timedelta(days=services.settings.delivery_log_days)
    gone, is_waiting = services.outbox.forget(endpoint_id, before)
    if is_waiting:
        _set(services, alarm_of_endpoint(endpoint_id, now + timedelta(days=1), Kind.ENDED))
    services.alarms.clear(alarm)
    return Done.DELIVERIES_FORGOTTEN if gone else None


def is_late(alarm: Alarm, now: datetime) -> bool:
    """Whether it may have rung, and been cleared, before what it was set for was written."""
    return alarm.at - now < TRIGGER_DELAY / 2
