"""docs/deliveries.md: its examples work as they stand there, and its tables are true."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from standardwebhooks import Webhook

from harness.rig.receiver import Receiver
from integrations.secret_keys import in_webhook_letters
from jobs.delivery import SCHEDULE, DeliveryState
from jobs.event import EventType
from jobs.public import NOT_IN_EVENTS
from lifecycle.services import Services
from tests.api.conftest import KEY

from .asking import created, deliver, end_a_job

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/deliveries.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"```(bash|python|js|json)\n(.*?)```", PAGE, re.DOTALL))
SECRET = in_webhook_letters(b"a secret of thirty-two bytes ...")
OTHER = in_webhook_letters(b"another of thirty-two bytes ....")
BODY = '{"type":"job.completed","data":{"output_url":"https://a.example/ä.webp"}}'
# Reads lines of JSON, {"body", "headers"}, and prints what the example makes of each.
DRIVERS = {
    "python": (
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    given = json.loads(line)\n"
        "    print(receive(given['body'].encode(), given['headers']) == 204)\n"
    ),
    "js": (
        'import { createInterface } from "node:readline";\n'
        "for await (const line of createInterface({ input: process.stdin })) {\n"
        "  const { body, headers } = JSON.parse(line);\n"
        '  console.log(verified(body, headers)?.type === "job.completed" ? "True" : "False");\n'
        "}\n"
    ),
}
COMMANDS = {"python": (sys.executable, "example.py"), "js": ("node", "example.mjs")}


def request(secret: str = SECRET, body: str = BODY, at: datetime | None = None, **headers: str):
    at = at or datetime.now(UTC)
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, BODY),
    }
    return {"body": body, "headers": signed | headers}


@pytest.mark.parametrize("language", COMMANDS)
def test_an_example_takes_what_is_genuine_and_nothing_else(tmp_path: Path, language: str) -> None:
    both = f"{Webhook(OTHER).sign('msg_1', datetime.now(UTC), BODY)} "
    both += Webhook(SECRET).sign("msg_1", now := datetime.now(UTC), BODY)
    given = [
        request(),
        request(**{"webhook-timestamp": str(int(now.timestamp())), "webhook-signature": both}),
        request(OTHER),
        request(body=BODY.replace("a.example", "b.example")),
        request(at=datetime(2026, 1, 2, tzinfo=UTC)),
        request(**{"webhook-id": "msg_2"}),
        request(**{"webhook-signature": "v1,"}),
        request(**{"webhook-timestamp": "soon"}),
        {"body": BODY, "headers": {}},
    ]
    (tmp_path / COMMANDS[language][1]).write_text(EXAMPLES[language] + DRIVERS[language])

    printed = subprocess.run(
        COMMANDS[language],
        input="\n".join(map(json.dumps, given)),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "WEBHOOK_SECRET": SECRET},
    ).stdout

    verdicts = [line for line in printed.splitlines() if line in ("True", "False")]
    assert verdicts == ["True", "True"] + ["False"] * 7


def test_the_command_makes_a_webhook(client: httpx2.Client) -> None:
    finished = subprocess.run(
        ["bash", "-euc", EXAMPLES["bash"]],
        capture_output=True,
        text=True,
        check=True,
        env={
            **os.environ,
            "APP": str(client.base_url).rstrip("/"),
            "API_KEY": KEY,
            "NO_PROXY": "*",
        },
    )

    (listed,) = client.get("/api/webhooks").json()
    assert listed == json.loads(finished.stdout)
    assert listed["url"] == "https://lms.example/hooks/media"


def test_the_event_that_is_shown_has_fields_that_events_have(
    client: httpx2.Client, services: Services, receiver: Receiver
) -> None:
    made = created(client, receiver)
    end_a_job(services, "a.png")
    deliver(services, made)

    came, shown = json.loads(receiver.received[0].body), json.loads(EXAMPLES["json"])

    assert came.keys() == shown.keys()
    assert shown["data"].keys() - came["data"].keys() == {"output_url", "expires_at"}
    assert NOT_IN_EVENTS not in came["data"]["order"]


def test_every_type_and_every_state_is_described() -> None:
    def first_column(heading: str) -> list[str]:
        return re.findall(
            r"^\| `([\w.]+)` \|", PAGE.partition(heading)[2].partition("\n\n")[0], re.MULTILINE
        )

    assert set(first_column("| type | means |")) == set(EventType)
    assert first_column("| state | means |") == [*DeliveryState]


def test_the_schedule_is_told_as_it_is() -> None:
    units = {"s": 1, "min": 60, "h": 3600}
    (told,) = re.findall(r"repeated after (.*?), each a\s+tenth", PAGE, re.DOTALL)

    pauses = [int(n) * units[unit] for n, unit in re.findall(r"(\d+)\s+(s|min|h)\b", told)]

    assert pauses == [each.total_seconds() for each in SCHEDULE[1:]]


@pytest.mark.parametrize("place", re.findall(r"\]\(([^)h][^)]*)\)", PAGE))
def test_a_link_leads_somewhere(place: str) -> None:
    file, _, section = place.partition("#")
    text = (ROOT / "docs" / file).read_text(encoding="utf-8") if file else PAGE

    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)

    sections = {re.sub(r"[^a-z0-9 _-]", "", t.lower()).replace(" ", "-") for t in titles}
    assert not section or section in sections
