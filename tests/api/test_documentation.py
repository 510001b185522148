"""docs/api.md names exactly the options, fields, stages and codes that there are."""

import re
from pathlib import Path

from api.app import create_api
from api.blob_name import MOST_NAMES
from api.events import STREAM_S
from api.limits import LimitsView
from api.schema import error_codes
from api.status import JobStatus
from api.status_route import MOST_WAIT_S, PROCESSING_RETRY_S, QUEUED_RETRY_S
from api.upload_models import FileToUpload, Grant
from errors import InvalidOptionError
from jobs.stage import Stage
from lifecycle.services import Services
from lifecycle.watch import MOST_WATCHES
from order import METADATA_PREFIX, OPTIONS, Option
from settings import Settings

TEXT = (Path(__file__).parents[2] / "docs/api.md").read_text()


def first_column(heading: str) -> set[str]:
    table = TEXT.partition(heading)[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))


def test_every_field_of_the_status_is_described() -> None:
    assert first_column("| field | means |") == set(JobStatus.model_fields)


def test_every_code_is_described() -> None:
    assert first_column("| code | again | means |") == set(error_codes())


def test_every_stage_is_described() -> None:
    (row,) = re.findall(r"^\| `stage` \| (.*) \|$", TEXT, re.MULTILINE)

    assert re.findall(r"`(\w+)`", row) == [*Stage]


def test_every_option_is_described_as_it_is_declared() -> None:
    table = TEXT.partition("| metadata | values | default | means |\n")[2].partition("\n\n")[0]

    assert table.splitlines()[1:] == [
        f"| `{METADATA_PREFIX}{each.name}` | {each.values} | {default_of(each)} | {each.meaning} |"
        for each in OPTIONS
    ]


def default_of(option: Option) -> str:
    """The setting that decides where nothing is asked, and what it is where nobody sets it."""
    usual = Settings(  # type: ignore[call-arg]
        API_KEY="0123456789abcdef-tested", AzureWebJobsStorage="UseDevelopmentStorage=true"
    )
    default = getattr(usual.default_order, option.name)
    if default is None:
        return "none"
    (setting,) = [
        field.alias
        for name, field in Settings.model_fields.items()
        if decides(usual, name, option, another_than(default, option))
    ]
    return f"`{setting}` ({option.values.write(default)})"


def another_than(value: object, option: Option) -> object:
    schema = option.values.schema()
    if schema["type"] == "string":
        return next(word for word in schema["enum"] if word != value)
    return not value if schema["type"] == "boolean" else value + 1


def decides(usual: Settings, name: str, option: Option, other: object) -> bool:
    """Whether an operator who sets `name` to that changes the option, where nothing is asked."""
    try:
        order = usual.model_copy(update={name: other}).default_order
    except InvalidOptionError:
        return False  # a setting of another kind
    return getattr(order, option.name) != getattr(usual.default_order, option.name)


def test_every_limit_is_described() -> None:
    assert first_column("| limit | means |") == set(LimitsView.model_fields)


def test_every_route_is_listed_with_what_its_key_must_allow(services: Services) -> None:
    table = TEXT.partition("| route | key may | does |")[2].partition("\n\n")[0]
    listed = {
        (method, path.partition("?")[0].rstrip("/"))
        for method, path in re.findall(r"`(GET|POST|PATCH|DELETE) ([^`]+)`", table)
    }

    described = {
        (method.upper(), path)
        for path, methods in create_api(services).openapi()["paths"].items()
        for method in methods
    }

    assert listed == described


def test_every_member_of_a_grant_is_described() -> None:
    uploads = (Path(__file__).parents[2] / "docs/uploads.md").read_text()

    def members(heading: str) -> set[str]:
        table = uploads.partition(heading)[2].partition("\n\n")[0]
        return set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))

    assert members("| member of `files` | means |") == set(Grant.model_fields)
    assert members("| member of a file | means |") == set(FileToUpload.model_fields)


def test_the_figures_of_waiting_are_those_of_the_code() -> None:
    (section,) = re.findall(r"^### Waiting instead.*?^## ", TEXT, re.DOTALL | re.MULTILINE)
    said = " ".join(section.split())

    assert f"at most {MOST_WAIT_S})" in said
    assert f"lets {MOST_WATCHES:,} requests wait" in said
    assert said.count(f"up to {MOST_NAMES}") == 2
    assert f"After {STREAM_S:.0f} seconds it ends" in said
    assert f"{PROCESSING_RETRY_S} seconds while the job is processed" in said
    assert f"{QUEUED_RETRY_S[0]} to {QUEUED_RETRY_S[-1]} while it is queued" in said
