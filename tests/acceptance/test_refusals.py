"""A start with settings that cannot work ends at once, and says everything that is wrong."""

import subprocess
import sys

from harness.rig.project import ROOT, environment

START_LIMIT_S = 180


def start(**settings):
    """The host's exit status and what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "devhost", "--root", ROOT, "--port", "0"],
        cwd=ROOT,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=START_LIMIT_S,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_every_fault_is_named_at_once(storage):
    status, said = start(
        AzureWebJobsStorage=storage,
        API_KEY="your-api-key-goes-here-your-api-key",
        MAX_UPLOAD_MEGABYTES="0",
        PROCESSED_RETENTION_MINUTES="soon",
        SWEEP_SCHEDULE="every five minutes",
        LEASE_SECONDS="10",
        HEARTBEAT_SECONDS="10",
    )

    assert status != 0
    for name in (
        "API_KEY: is an example",
        "MAX_UPLOAD_MEGABYTES: ",
        "PROCESSED_RETENTION_MINUTES: ",
        "SWEEP_SCHEDULE: must be an NCRONTAB",
        "LEASE_SECONDS: must be at least three times",
    ):
        assert f"- {name}" in said
    assert "Functions:" not in said


def test_a_missing_key_and_an_unreadable_connection_are_refused_without_showing_secrets():
    status, said = start(API_KEY="", AzureWebJobsStorage="AccountName=a;AccountKey=top~secret")

    assert status != 0
    assert "- API_KEY: is missing" in said
    assert "- AzureWebJobsStorage: is not a storage connection string" in said
    assert "top~secret" not in said
