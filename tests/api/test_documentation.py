"""docs/api.md names exactly the fields and the codes that there are."""

import re
from pathlib import Path

import errors
import jobs.retry
from api.status import JobStatus

TEXT = (Path(__file__).parents[2] / "docs/api.md").read_text()


def first_column(heading: str) -> set[str]:
    table = TEXT.partition(heading)[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))


def test_every_field_of_the_status_is_described() -> None:
    assert first_column("| field | means |") == set(JobStatus.model_fields)


def test_every_code_is_described() -> None:
    classes = [*vars(errors).values(), *vars(jobs.retry).values()]
    codes = {each.code for each in classes if isinstance(each, type) and hasattr(each, "code")}

    assert first_column("| code | again | means |") == codes
