"""Every campaign at a small size, some side by side: most of their time they wait."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

from harness.chaos.campaigns.catalogue import CAMPAIGNS, Campaign

# Two cores are busy then; more would only make each other late.
AT_A_TIME = 3


def run_side_by_side(seed: int) -> Iterator[bool]:
    """Whether each kept its promises, as they end; prints what it found then."""
    began_s = time.monotonic()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        runs = [pool.submit(_run, each, seed) for each in CAMPAIGNS]
        for done, each in enumerate(as_completed(runs), 1):
            ended = each.result()
            print(ended.stdout, flush=True)
            line = f"short: {done} of {len(runs)} campaigns, {time.monotonic() - began_s:.0f} s"
            print(line, file=sys.stderr, flush=True)
            yield ended.returncode == 0


def _run(campaign: Campaign, seed: int) -> subprocess.CompletedProcess[str]:
    order = [campaign.name, "--seed", str(seed), "--count", str(campaign.short)]
    return subprocess.run(
        [sys.executable, "-P", "-m", "harness.chaos.campaigns", *order],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
