"""The OpenAPI document, as those read it who make clients from it."""

import json
import re

import httpx2
import pytest
from openapi_spec_validator import validate


@pytest.fixture
def document(stranger: httpx2.Client) -> dict:
    return stranger.get("/api/openapi.json").json()


def test_it_is_valid(document: dict) -> None:
    validate(document)


def test_it_is_the_same_however_often_it_is_asked_for(
    document: dict, stranger: httpx2.Client
) -> None:
    assert stranger.get("/api/openapi.json").json() == document


def test_every_schema_is_used_and_has_a_name_for_people(document: dict) -> None:
    used = re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document))

    assert set(used) == set(document["components"]["schemas"])
    assert [name for name in used if "__" in name] == []
    assert "$defs" not in json.dumps(document)  # a reference is read from the document's root


def test_every_refusal_is_the_same_problem(document: dict) -> None:
    refusals = [
        answer["content"]
        for path, methods in document["paths"].items()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        if not status.startswith("2") and not path.endswith("/health")  # which refuses nothing
    ]

    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    assert refusals
    assert all(content == {"application/problem+json": problem} for content in refusals)
    assert "code" in document["components"]["schemas"]["Problem"]["required"]


def test_the_name_of_a_blob_is_required_wherever_it_is_asked(document: dict) -> None:
    parameters = [
        parameter
        for methods in document["paths"].values()
        for operation in methods.values()
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "blob_name"
    ]

    assert parameters
    assert all(each["required"] and each["schema"]["type"] == "string" for each in parameters)
