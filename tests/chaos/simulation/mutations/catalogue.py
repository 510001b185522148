"""Every mutation by its name, which says what goes wrong in it."""

from tests.chaos.simulation.mutations import blobs, conditions, course, rows
from tests.chaos.simulation.mutations.registry import MUTATIONS

ROOMS = (rows, blobs, conditions, course)
__all__ = ["MUTATIONS", "ROOMS"]
