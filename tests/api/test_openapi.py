"""The OpenAPI document, as those read it who make clients from it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from api.schema import PASSTHROUGH_WORDS, error_codes
from jobs.delivery import DeliveryState
from jobs.stage import Stage
from notes import NoteCode
from processing.rendition import PassthroughReason


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
        if status[0] not in "23" and not path.endswith("/health")  # which refuses nothing
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
    assert all(each["required"] for each in parameters)
    assert {each["schema"]["type"] for each in parameters} == {"string", "array"}  # one, or several


def every(part: Any) -> Iterator[dict]:
    """The part and all that is in it."""
    if isinstance(part, dict):
        yield part
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from every(each)


def test_every_field_and_parameter_is_described(document: dict) -> None:
    fields = [
        (name, field)
        for schema in every(document)
        if isinstance(schema.get("properties"), dict)
        for name, field in schema["properties"].items()
        if isinstance(field, dict)
    ]
    # Parameters, and the headers that a key is sent in.
    parameters = [(each["in"], each) for each in every(document) if "in" in each]

    assert len(fields) > 100
    assert [name for name, each in fields + parameters if not each.get("description")] == []


def test_words_are_listed_as_the_code_has_them(document: dict) -> None:
    schemas = document["components"]["schemas"]
    status = schemas["JobStatus"]["properties"]

    assert schemas["ErrorCode"]["enum"] == error_codes()
    assert schemas["NoteCode"]["enum"] == [code.name for code in NoteCode]
    assert schemas["Stage"]["enum"] == [*Stage]
    assert schemas["DeliveryState"]["enum"] == [*DeliveryState]
    assert status["status"]["enum"] == ["queued", "processing", "completed", "failed"]
    assert status["passthrough"]["anyOf"][0]["enum"] == list(PASSTHROUGH_WORDS)
    assert list(PASSTHROUGH_WORDS) == [*PassthroughReason]
    assert schemas["Problem"]["properties"]["code"]["$ref"] == "#/components/schemas/ErrorCode"


def test_every_error_code_of_an_answer_is_one_of_the_list(document: dict) -> None:
    fields = [
        schema["properties"]["error_code"]
        for schema in every(document)
        if isinstance(schema.get("properties"), dict) and "error_code" in schema["properties"]
    ]

    assert fields
    assert all({"$ref": "#/components/schemas/ErrorCode"} in each["anyOf"] for each in fields)


def test_a_key_may_be_sent_in_each_of_three_headers(document: dict) -> None:
    schemes = document["components"]["securitySchemes"]

    assert document["paths"]["/api/status"]["get"]["security"] == [{each: []} for each in schemes]
    assert {each.get("name") or each["scheme"] for each in schemes.values()} == {
        "X-API-Key",
        "X-Internal-Service-Key",
        "bearer",
    }


def test_what_is_always_sent_is_required(document: dict) -> None:
    schemas = document["components"]["schemas"]

    for name in ("JobStatus", "Grant", "Health", "LimitsView", "DeliveryView", "Accepted"):
        assert set(schemas[name]["required"]) == set(schemas[name]["properties"])


def test_an_example_is_what_its_schema_says(document: dict) -> None:
    with_examples = [schema for schema in every(document) if "examples" in schema]

    assert with_examples
    for schema in with_examples:
        for example in schema["examples"]:
            Draft202012Validator({**document, **schema}).validate(example)
