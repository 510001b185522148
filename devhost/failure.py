"""Says why devhost cannot start or go on, in words for its user."""


class StartFailure(Exception):
    """The app or its settings cannot be run; the message is what the user is shown."""


class WorkerLost(Exception):
    """The worker process ended while it was needed."""
