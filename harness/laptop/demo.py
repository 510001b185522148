"""Shows the whole pipeline at work on a few files: storage, app, progress, results."""

import argparse
import contextlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from devhost.azurite import Azurite, AzuriteError
from harness.laptop import comparison, deliver, pages, view
from harness.laptop.deliver import Sending
from harness.laptop.journey import Follower, Journey
from harness.laptop.refusal import Refusal
from harness.laptop.source import what_is_wrong_with
from harness.rig import family
from harness.rig.host import AppNotStartedError
from harness.rig.platform import platform_running
from harness.rig.project import ROOT
from harness.rig.running import Setup, app_running
from harness.rig.service import Service
from harness.samples import demo as samples

AT_ONCE = 8
REFRESH_S = 0.2
# Livelier progress, and quicker recovery of a killed worker, than in production.
LIVELY = {
    "HEARTBEAT_SECONDS": "1",
    "LEASE_SECONDS": "8",
    "SWEEP_SCHEDULE": "*/15 * * * * *",
}


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A storage account and an app of the demo's own."""

    azurite: Azurite
    app: Service


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the user asked for."""

    files: tuple[Path, ...]
    output: Path
    keep: bool
    deliver: bool
    time_limit_s: float


def main() -> int:
    """Returns the exit status: 0 when every file came back, 1 otherwise, 130 after Ctrl-C."""
    arguments = parse(sys.argv[1:])
    family.interrupt_on_stop_signals()
    family.adopt_orphans()
    try:
        return run(arguments)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130
    except (Refusal, AzuriteError, AppNotStartedError) as reason:
        print(f"demo: {view.shown(str(reason))}", file=sys.stderr)
    except OSError as error:
        print(
            f"demo: {view.shown(str(error.filename or 'system'))}: {error.strerror}",
            file=sys.stderr,
        )
    finally:
        family.ignore_stop_signals()
        family.end_family()
    return 1


def parse(words: Sequence[str]) -> Arguments:
    """Reads the command line; leaves with status 2 when it makes no sense."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="photos and videos")
    parser.add_argument("--keep", action="store_true", help="leave it running until Ctrl-C")
    parser.add_argument(
        "--deliver", action="store_true", help="also to an SFTP server and a receiver of webhooks"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "demo-output", metavar="DIR")
    parser.add_argument("--time-limit", type=float, default=900, metavar="S", help="for each file")
    given = parser.parse_args(words)
    for file in given.files:
        if problem := what_is_wrong_with(file):
            parser.error(f"{view.shown(str(file))} {problem}")
    return Arguments(tuple(given.files), given.output, given.keep, given.deliver, given.time_limit)


def run(arguments: Arguments) -> int:
    """Takes every file through the pipeline and shows what became of it."""
    arguments.output.mkdir(parents=True, exist_ok=True)
    comparison.delete_last(arguments.output)
    with tempfile.TemporaryDirectory(prefix="mediaprocessor-demo-") as scratch:
        folder = Path(scratch)
        files = arguments.files or sample_files(folder / "samples")
        with contextlib.ExitStack() as stack:
            target = folder / "platform"
            platform = stack.enter_context(platform_running(target)) if arguments.deliver else None
            settings = deliver.settings_of(platform) if platform else {}
            print("Starting Azurite and the app ...", flush=True)
            running = stack.enter_context(pipeline(folder, arguments.output / "app.log", settings))
            journeys = plan(files, arguments.output)
            watch(running, journeys, arguments.time_limit_s)
            console = Console()
            view.table(console, journeys, links_live_on=arguments.keep)
            have_come_back = platform is None or deliver.send_all(
                Sending(running.app, platform, arguments.output, arguments.time_limit_s), files
            )
            print(f"\n{view.total(journeys)}")
            page = comparison.write(arguments.output, journeys)
            print(f"Sources and results: {view.in_words(arguments.output)}")
            print(f"Before and after, with a slider: open {view.in_words(page)}")
            if arguments.keep:
                keep(running)
            else:
                print("The app and its storage end now; with --keep they stay until Ctrl-C.")
    return 0 if have_come_back and not any(each.failure for each in journeys) else 1


def sample_files(folder: Path) -> tuple[Path, ...]:
    """A photo and a clip of our own; makes them, which takes seconds."""
    print("Making a sample photo and a clip ...", flush=True)
    return tuple(samples.make(folder))


@contextlib.contextmanager
def pipeline(folder: Path, log: Path, settings: Mapping[str, str]) -> Iterator[Pipeline]:
    """Azurite and the app with their files in `folder`, until the block ends."""
    log.unlink(missing_ok=True)
    # Nothing here is worth waiting for once the results are fetched, or the user has left.
    setup = Setup({**LIVELY, **settings}, log_file=log, stop_limit_s=2)
    with (
        Azurite.started(folder / "azurite") as azurite,
        app_running(azurite.connection_string, folder, setup) as app,
    ):
        pages.let_pages_reach(azurite.connection_string)
        yield Pipeline(azurite, app)


def plan(files: Iterable[Path], output: Path) -> list[Journey]:
    """One journey for each file, no two with the same blob name or output name."""
    blob_names, stems = set[str](), set[str]()
    journeys = []
    for file in files:
        name = representable(file.name)
        blob_name = unused(name, blob_names)
        stem = unused(Path(name).stem, stems)
        journeys.append(Journey(file, blob_name, output, stem))
    return journeys


def representable(name: str) -> str:
    """The name as storage accepts it: valid Unicode, no control characters, no dot at the end."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return "".join(each if each.isprintable() else "_" for each in text).rstrip(".") or "file"


def unused(name: str, taken: set[str]) -> str:
    """The name, numbered if it is taken already; takes it."""
    path, candidate, number = Path(name), name, 2
    while candidate.casefold() in taken:
        candidate = f"{path.stem}-{number}{path.suffix}"
        number += 1
    taken.add(candidate.casefold())
    return candidate


def watch(running: Pipeline, journeys: Sequence[Journey], time_limit_s: float) -> None:
    """Returns when every journey is over; raises Refusal when the app or Azurite dies."""
    follower = Follower(running.app.client, time_limit_s, threading.Event())
    pool = ThreadPoolExecutor(AT_ONCE)
    with contextlib.ExitStack() as stack:
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        stack.callback(follower.abandon.set)
        refresh = stack.enter_context(view.live(Console(), journeys))
        for journey in journeys:
            pool.submit(follower.follow, journey)
        while not all(each.is_over for each in journeys):
            refuse_dead(running)
            refresh()
            time.sleep(REFRESH_S)
        refresh()


def refuse_dead(running: Pipeline) -> None:
    """Raises Refusal when there is nobody left to wait for."""
    if running.app.host.has_ended():
        raise Refusal("the app ended by itself; its words are in app.log beside the results.")
    if running.azurite.process.poll() is not None:
        raise Refusal("Azurite ended by itself.")


def keep(running: Pipeline) -> None:
    """Leaves everything running until Ctrl-C, which is the good end here."""
    host = running.app.host
    print(f"Still running: {host.url}/api/docs (API key {host.api_key}).")
    print("Results are kept for 10 minutes. Ctrl-C stops it.", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            refuse_dead(running)
            time.sleep(REFRESH_S)


if __name__ == "__main__":
    sys.exit(main())
