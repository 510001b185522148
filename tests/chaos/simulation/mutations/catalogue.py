"""Every mutation by its name, which says what goes wrong in it."""

from tests.chaos.simulation.mutations import blobs, conditions, course, rows, steps
from tests.chaos.simulation.mutations.registry import MUTATIONS

ROOMS = (rows, blobs, conditions, course, steps)
__all__ = ["MUTATIONS", "ROOMS"]
