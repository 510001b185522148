"""A skip that shows even where skips are not listed."""

import warnings

import pytest


def skip_loudly(reason):
    """Skips with a reason, and repeats it among the warnings of the run."""
    with warnings.catch_warnings():
        # Elsewhere in the suite a warning is an error.
        warnings.simplefilter("always")
        warnings.warn(reason, stacklevel=2)
    pytest.skip(reason)
