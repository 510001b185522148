"""A reason to stop that a person can act on."""


class Refusal(Exception):
    """Shown as one line, without a traceback; the exit status is 1."""
