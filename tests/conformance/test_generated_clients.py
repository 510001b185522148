"""The OpenAPI document in the hands of foreign generators of clients, and of one of requests."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from api.app import create_api
from lifecycle.services import connect
from settings import Settings
from tests.api.conftest import served
from tests.conformance.integrator import NPM, PATH, install
from tests.conformance.made_once import make_once

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
BESIDE_OUR_PYTHON = Path(sys.executable).parent
LIMIT_S = 300.0
# Not those of keys, as one is in the header of every request, nor of what is valid, as an address
# or a name is refused by more than its schema can say.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
EXAMPLES = 2  # of each operation


@pytest.fixture(scope="module")
def address(account: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API on an account of its own: what is made by chance disturbs nobody."""
    settings = Settings(  # type: ignore[call-arg]
        API_KEY=KEY,
        AzureWebJobsStorage=account,
        ENABLE_TEST_ENDPOINT=True,
        WORK_DIR=tmp_path_factory.mktemp("work"),
    )
    services = connect(settings)
    services.uploads.create()
    services.results.create()
    with served(create_api(services)) as address:
        yield address


@pytest.fixture(scope="module")
def document(address: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    path.write_bytes(httpx2.get(f"{address}/api/openapi.json").content)
    return path


def run(*command: object, cwd: Path | None = None) -> str:
    ended = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=os.environ | {"PATH": PATH},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


TYPESCRIPT = """
import type { components, operations } from "./api.js";

type Status = components["schemas"]["JobStatus"];
const asked: operations["status"]["parameters"]["query"] = { blob_name: "a.png" };
// @ts-expect-error: the name is required
const nothing: operations["status"]["parameters"]["query"] = {};

export function advice(status: Status, problem: components["schemas"]["Problem"]): string {
    if (problem.code === "EXPIRED") return "upload it again";
    // @ts-expect-error: there is no such code
    if (problem.code === "EXPIRE") return "";
    switch (status.status) {
        case "queued":
        case "processing": return `${status.stage} ${asked.blob_name} ${nothing}`;
        case "completed": return status.output_url ?? "";
        case "failed": return status.error_message ?? "";
    }
}
"""


def test_the_typescript_that_is_made_of_it_compiles(document: Path, tmp_path: Path) -> None:
    make_once(NPM / "node_modules", NPM / "package-lock.json", install)
    programs = NPM / "node_modules/.bin"
    run(programs / "openapi-typescript", document, "-o", tmp_path / "api.d.ts")
    (tmp_path / "client.mts").write_text(TYPESCRIPT)

    run(
        programs / "tsc", "--noEmit", "--strict", "--module", "nodenext", "client.mts", cwd=tmp_path
    )


def test_the_python_that_is_made_of_it_reads_answers(
    document: Path, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run(
        BESIDE_OUR_PYTHON / "openapi-python-client",
        *("generate", "--meta", "none", "--path", document),
        *("--output-path", tmp_path / "made_client", "--config", without_formatter(tmp_path)),
    )
    monkeypatch.syspath_prepend(tmp_path)
    made = importlib.import_module("made_client")
    status = importlib.import_module("made_client.api.jobs.status")
    client = made.AuthenticatedClient(address, KEY, prefix="", auth_header_name="X-API-Key")

    with client:
        answer = status.sync_detailed(client=client, blob_name="never.png")

    assert "arning" not in said
    assert answer.status_code == 404
    assert answer.parsed.code.value == "UNKNOWN_JOB"


def without_formatter(folder: Path) -> Path:
    config = folder / "config.json"
    config.write_text(json.dumps({"post_hooks": []}))
    return config


def test_requests_made_by_chance_are_answered_as_the_document_says(
    document: Path, address: str, tmp_path: Path
) -> None:
    run(
        BESIDE_OUR_PYTHON / "schemathesis",
        *("run", document, "--url", address, "--header", f"X-API-Key: {KEY}"),
        *("--phases", "examples,fuzzing", "--max-examples", EXAMPLES),
        *("--seed", "1", "--generation-deterministic", "--no-shrink", "--workers", "1"),
        *("--continue-on-failure", "--checks", ",".join(CHECKS)),
        cwd=tmp_path,
    )
