"""The snippets of docs/uploads.md and docs/learning-platforms.md, run as they stand."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from harness.laptop.pages import let_pages_reach
from harness.rig.project import ROOT
from harness.rig.service import Service

SERVICE_KEY = "5f1e2d3c4b5a69788796a5b4c3d2e1f0"
# scripts/setup puts Node.js beside our Python where the machine has none.
PATH = os.pathsep.join((f"{sys.prefix}/bin", os.environ["PATH"]))
# What stands around the page's part: its server's, which holds the key.
SERVER_OF_THE_PAGE = """
import { openAsBlob } from "node:fs";
const key = { "X-API-Key": process.env.API_KEY, "Content-Type": "application/json" };
const ask = async (method, path, body) => {
  const answer = await fetch(process.env.APP + path, { method, headers: key, body });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
};
const files = await Promise.all(process.env.FILES.split(":").map((path) => openAsBlob(path)));
const wanted = files.map((file) => ({ name: "a.png", size: file.size, mode: process.env.MODE }));
const { files: links } = await ask("POST", "/api/uploads", JSON.stringify({ files: wanted }));
for (const link of links) link.block_size = 10000;
"""


def snippets(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def environment(service: Service, photo: Path) -> dict[str, str]:
    return os.environ | {
        "PATH": PATH,
        "APP": f"http://127.0.0.1:{service.host.port}",
        "API_KEY": service.host.api_key,
        "INTERNAL_SERVICE_KEY": service.host.api_key,
        "FILE": str(photo),
        "FILES": f"{photo}:{photo}",
        "NO_PROXY": "127.0.0.1",
    }


def run(command: list[str], environment: dict[str, str]) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize("mode", ["single", "blocks"])
def test_a_page_uploads_as_documented(service, environment, tmp_path, mode) -> None:
    (snippet,) = snippets("uploads.md", "js")
    end = "await uploadAll(files, links, (path) => ask('POST', path));"
    say = "console.log(JSON.stringify(links.map((link) => link.blob_name)));"
    script = tmp_path / "page.mjs"
    script.write_text(f"{SERVER_OF_THE_PAGE}\n{snippet}\n{end}\n{say}")

    names = json.loads(run(["node", str(script)], environment | {"MODE": mode}))

    assert len(names) == 2
    assert {service.settled(name)["status"] for name in names} == {"completed"}


def test_a_page_goes_on_where_it_broke_off(service, environment, tmp_path) -> None:
    (snippet,) = snippets("uploads.md", "js")
    course = """
    const [file] = files, [link] = links;
    let sent = 0;
    await upload(file, link, { onProgress: () => { if (++sent === 2) throw new Error("gone"); } })
      .catch(() => {});
    const state = await ask("GET", `/api/uploads?blob_name=${encodeURIComponent(link.blob_name)}`);
    const there = new Set(state.blocks.map((block) => block.id));
    state.grant.block_size = link.block_size;
    let again = 0;
    const original = globalThis.fetch;
    globalThis.fetch = (...args) => { again += 1; return original(...args); };
    await upload(file, state.grant, { there });
    console.log(JSON.stringify({ name: link.blob_name, there: there.size, again,
      blocks: Math.ceil(file.size / link.block_size) }));
    await ask("POST", link.complete_url);
    """
    script = tmp_path / "page.mjs"
    script.write_text(f"{SERVER_OF_THE_PAGE}\n{snippet}\n{course}")

    told = json.loads(run(["node", str(script)], environment | {"MODE": "blocks"}))

    assert told["there"] == 2
    assert told["again"] == told["blocks"] - 2
    assert service.settled(told["name"])["status"] == "completed"


def test_a_program_uploads_as_documented(service, environment) -> None:
    (snippet,) = snippets("uploads.md", "python")

    name = run([sys.executable, "-c", snippet], environment).strip()

    assert name.endswith("/photo.png")
    assert service.settled(name)["status"] == "completed"


def test_a_program_uploads_in_blocks_as_documented(service, environment) -> None:
    (snippet,) = snippets("uploads.md", "python")
    in_blocks = snippet.replace('"size": path', '"mode": "blocks", "size": path')
    assert in_blocks != snippet

    name = run([sys.executable, "-c", in_blocks], environment).strip()

    assert service.settled(name)["status"] == "completed"


def test_a_back_end_writes_to_storage_as_documented(service, environment, photo) -> None:
    (snippet,) = [each for each in snippets("api.md", "python") if "DefaultAzureCredential" in each]
    account = "f\"https://{os.environ['STORAGE_ACCOUNT']}.blob.core.windows.net\""
    here = snippet.replace(account, repr(service.blobs.url))
    # The emulator knows no identities: its key stands in for one.
    here = here.replace("DefaultAzureCredential()", repr(service.blobs.credential.account_key))
    here = here.replace('"holiday.jpg"', repr(str(photo)))
    assert here.count("DefaultAzureCredential") == 1

    run([sys.executable, "-c", here], environment)

    assert service.settled("2026/holiday.jpg")["status"] == "completed"


def test_curl_uploads_as_documented(service, environment) -> None:
    (snippet,) = snippets("uploads.md", "bash")

    answer = json.loads(run(["bash", "-eu", "-c", snippet], environment))

    assert service.settled(answer["blob_name"])["status"] == "completed"


def test_a_learning_platform_sends_and_asks_as_documented(service, environment) -> None:
    send, ask, *_ = snippets("learning-platforms.md", "bash")
    sent, asked, *_ = snippets("learning-platforms.md", "json")

    assert json.loads(run(["bash", "-eu", "-c", send], environment)) == json.loads(sent)

    def completed() -> bool:
        answer = json.loads(run(["bash", "-eu", "-c", ask], environment))
        assert answer.keys() == json.loads(asked).keys()
        return answer["status"] == "completed"

    service.wait_for("the end of abc123", completed)


def test_a_learning_platform_confirms_as_documented(service, environment, long_clip) -> None:
    receive, confirm = snippets("learning-platforms.md", "bash")[2:]
    received, confirmed = snippets("learning-platforms.md", "json")[3:]
    environment["FILE"] = str(long_clip)

    assert json.loads(run(["bash", "-eu", "-c", receive], environment)) == json.loads(received)

    url, headers = f"{environment['APP']}/video/status/12345", {"X-API-Key": environment["API_KEY"]}
    service.wait_for(
        "the end of 12345",
        lambda: httpx2.get(url, headers=headers).json()["status"] == "completed",
    )
    assert json.loads(run(["bash", "-eu", "-c", confirm], environment)) == json.loads(confirmed)


def test_a_browser_is_let_through_to_the_emulator(service, environment, photo) -> None:
    """As a page of another origin would: the question first, then the upload."""
    let_pages_reach(service.host.storage)
    wanted = {"files": [{"name": "a.png", "size": photo.stat().st_size}]}
    headers = {"X-API-Key": environment["API_KEY"]}
    link = httpx2.post(f"{environment['APP']}/api/uploads", json=wanted, headers=headers).json()
    url, origin = link["files"][0]["upload_url"], "Origin: http://localhost:3000"

    question = run(
        [
            *("curl", "--silent", "--include", "--request", "OPTIONS", url, "--header", origin),
            *("--header", "Access-Control-Request-Method: PUT"),
            *("--header", "Access-Control-Request-Headers: content-type,x-ms-blob-type"),
        ],
        environment,
    ).lower()
    upload = run(
        [
            *("curl", "--silent", "--include", "--upload-file", str(photo), url),
            *("--header", origin, "--header", "x-ms-blob-type: BlockBlob"),
        ],
        environment,
    ).lower()

    assert " 200 ok" in question
    assert "access-control-allow-origin:" in question
    assert "put" in re.search(r"access-control-allow-methods: (.*)", question)[1]
    assert "x-ms-blob-type" in re.search(r"access-control-allow-headers: (.*)", question)[1]
    assert " 201 created" in upload
    assert "access-control-allow-origin:" in upload
