"""Receives webhooks on this machine, shows each, and says whether its signature is right."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook, WebhookVerificationError

from harness.laptop import local_settings
from harness.laptop.port import port, refuse_unusable
from harness.laptop.refusal import Refusal
from harness.rig import family
from harness.rig.project import ROOT
from harness.rig.receiver import WORDS, Received, Receiver, checked, receiving
from integrations.secret_keys import SecretKeys, in_webhook_letters
from jobs.endpoint import OPERATOR

FIRST_VERSION = 1
HELP = f"""
what --fail takes, for one request each, in this order; the requests after them are accepted:
  a status such as 500, or 503:30 with a Retry-After of 30 seconds, or {", ".join(WORDS)}
"""


def main() -> int:
    """Returns the exit status: 0 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="listen",
        description=__doc__,
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=port, default=8900, help="where it listens (8900)")
    parser.add_argument("--fail", default="", metavar="A,B,...", help="do not accept at first")
    parser.add_argument(
        "--secret",
        action="append",
        help="what to verify with, as GET /api/webhooks tells it; several are tried"
        " (that of WEBHOOK_URL, by local.settings.json)",
    )
    given = parser.parse_args()
    family.interrupt_on_stop_signals()
    try:
        behaviours = checked(word for word in given.fail.split(",") if word)
        listen(given.port, behaviours, given.secret or _operators_secret())
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0
    except ValueError as fault:
        print(f"listen: --fail does not know {fault}; see --help", file=sys.stderr)
    except (Refusal, OSError) as reason:
        print(f"listen: {reason}", file=sys.stderr)
    return 1


def listen(number: int, behaviours: Sequence[str], secrets: Sequence[str]) -> None:
    """Until it is interrupted."""
    refuse_unusable(number)
    receiver = Receiver(number)
    receiver.behave(*behaviours)
    receiver.on_request = lambda received, behaviour: _show(received, behaviour, secrets)
    with receiving(receiver):
        print(
            f"Listening on {receiver.url}\n"
            "For all jobs, put these two into local.settings.json and start the app again:\n"
            f'  "WEBHOOK_URL": "{receiver.url}/", "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8"\n'
            "Ctrl-C stops.",
            flush=True,
        )
        while True:
            time.sleep(1)


def verdict(received: Received, secrets: Sequence[str]) -> str:
    """In words: whether one of these secrets signed it."""
    if not secrets:
        return "not verified: give --secret"
    reason = ""
    for secret in secrets:
        try:
            Webhook(secret).verify(received.body, dict(received.headers), json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            reason = str(error)
        else:
            return "signature verified"
    return f"SIGNATURE WRONG: {reason}"


def _show(received: Received, behaviour: str, secrets: Sequence[str]) -> None:
    try:
        event = json.loads(received.body)
        shown = json.dumps(event, indent=2, ensure_ascii=False)
    except ValueError:
        event, shown = {}, repr(received.body[:2000])
    kind = event.get("type", "?") if isinstance(event, dict) else "?"
    print(
        f"\n{datetime.now().astimezone():%H:%M:%S} {kind} {received.id or '(no webhook-id)'}:"
        f" {verdict(received, secrets)}; answered with {behaviour}\n{shown}",
        flush=True,
    )


def _operators_secret() -> list[str]:
    """Of the webhook that is there by WEBHOOK_URL, as long as nobody has replaced it."""
    if not (ROOT / local_settings.NAME).exists():
        return []
    values = local_settings.ensure(ROOT)
    root = values.get("SECRETS_KEY") or values.get("API_KEY", "")
    keys = SecretKeys(root.encode())
    return [in_webhook_letters(keys.webhook_secret(OPERATOR, FIRST_VERSION))]


if __name__ == "__main__":
    sys.exit(main())
