"""What host.json says of logs, which are billed by their bytes."""

import json
from pathlib import Path

import pytest

from api.app import create_api
from api.http_route import http_routes
from lifecycle.services import connect
from settings import Settings

LOGGING = json.loads((Path(__file__).parents[2] / "host.json").read_text())["logging"]
# What is asked again and again, by clients, monitors and scanners, or runs twice a minute.
OFTEN = {
    *("status", "media_status", "video_status", "upload_state", "limits", "health", "health_bare"),
    *("docs", "openapi", "without_route", "on_rescue"),
}


@pytest.fixture(scope="module")
def functions() -> set[str]:
    settings = Settings(  # type: ignore[call-arg]
        API_KEY="0123456789abcdef-tested", AzureWebJobsStorage="UseDevelopmentStorage=true"
    )
    return {each.name for each in http_routes(create_api(connect(settings)))} | {"on_rescue"}


def test_requests_and_lines_are_sampled_and_exceptions_are_not() -> None:
    sampling = LOGGING["applicationInsights"]["samplingSettings"]

    assert sampling == {"isEnabled": True, "excludedTypes": "Exception"}


def test_the_host_tells_nothing_of_what_is_asked_often(functions: set[str]) -> None:
    quiet = {
        category.removeprefix("Function.")
        for category, level in LOGGING["logLevel"].items()
        if category.startswith("Function.") and level == "Warning"
    }

    assert quiet == OFTEN
    assert quiet <= functions


def test_the_apps_own_lines_are_kept() -> None:
    levels = LOGGING["logLevel"]

    assert levels["default"] == "Information"
    assert {levels[f"Function.{name}.User"] for name in OFTEN} == {"Information"}
