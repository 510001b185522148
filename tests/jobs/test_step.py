"""Which step a file belongs to."""

import pytest

from jobs.step import step_id_of

STEP = "3F2504E0-4f89-41d3-9a0c-0305e82c3301"


@pytest.mark.parametrize(
    ("name", "step_id"),
    [
        ("step-42-1700000000.mp4", "42"),
        ("step-a-b-1700000000.mp4", "a-b"),
        ("course/step-42-1700000000.mp4", "42"),
        (f"step-{STEP}-1700000000.mp4", STEP),
        (f"intro {STEP}.mov", STEP),
        (f"{STEP}/holiday.png", None),
        (f"{STEP}/step-7-1.png", "7"),
        ("step-42.mp4", None),
        ("step--1.mp4", None),
        ("upload-step-42-1.mp4", None),
        ("holiday.png", None),
    ],
)
def test_the_name_tells_the_step(name: str, step_id: str | None) -> None:
    assert step_id_of(name) == step_id
