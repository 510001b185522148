"""The command line of the media core: its words, its commands, its exit statuses."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from compression_config import LIGHTER_STEPS
from option_values import Choice, Flag
from order import OPTIONS, Option, Order
from processing.allowance import Allowance
from processing.cli.compress import compress_files
from processing.cli.failure import INTERRUPTED, TRY_LATER, UNREAD
from processing.cli.plan import plan_files
from processing.cli.streams import close_streams, open_streams, tell_unwritable

_ALLOWANCE: Final = Allowance()
_OF_A_FILE: Final = tuple(option for option in OPTIONS if option.concerns == "file")
_MOST_THREADS: Final = 64
_STATUSES: Final = """\
exit status: 0 done; 2 wrong use (no such file, OUT exists); 65 the file cannot be processed;
70 internal error; 75 try again later; 130 interrupted. Of several files, the highest.
"""


def main(words: Sequence[str] | None = None) -> int:
    """Carry out `words` (None: those this process was started with); the exit status comes back."""
    open_streams()
    arguments = _parser().parse_args(words)
    order, allowance = _order(arguments), _allowance(arguments)
    with _ending_tidily():
        try:
            if arguments.command == "plan":
                return plan_files(arguments.files, order, allowance, as_json=arguments.json)
            return compress_files(arguments, order, allowance)
        except KeyboardInterrupt:
            sys.stderr.write("\ninterrupted\n")
            return INTERRUPTED
        except BrokenPipeError:  # The reader of our answers has left.
            close_streams()
            return UNREAD
        except OSError as error:  # It is of our output: what is wrong with a file has been told.
            tell_unwritable(error)
            return TRY_LATER


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m processing",
        description="Makes photos and videos small and ready for the web, or says how it would.",
        epilog=_STATUSES,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    # `prog` is what people type: scripts/plan and scripts/compress.
    plan = commands.add_parser(
        "plan",
        prog="plan",
        help="say what a file is, what would be made of it, and why",
        epilog=_STATUSES,
    )
    compress = commands.add_parser(
        "compress",
        prog="compress",
        help="make the small file; the source stays as it is",
        epilog=_STATUSES,
    )
    for command in (plan, compress):
        command.add_argument("files", nargs="+", type=_name, metavar="FILE")
        command.add_argument(
            "--json", action="store_true", help="one JSON object on a line of stdout for each FILE"
        )
        for option in _OF_A_FILE:
            _add_option(command, option)
        _add_allowance(command)
    compress.add_argument(
        *("-o", "--output"),
        required=True,
        type=_name,
        metavar="OUT",
        help="the file to write, or a folder that exists",
    )
    compress.add_argument("--force", action="store_true", help="overwrite what is there")
    compress.add_argument("--quiet", action="store_true", help="say nothing but errors")
    return parser


def _add_option(command: argparse.ArgumentParser, option: Option) -> None:
    flag = f"--{option.name.replace('_', '-')}"
    meaning = option.meaning.replace("%", "%%")
    match option.values:
        case Flag():
            command.add_argument(flag, action="store_true", help=meaning)
        case Choice(words):
            with_default = f"{meaning} (default: %(default)s)"
            command.add_argument(flag, choices=words, default=option.default, help=with_default)
        case values:
            raise TypeError(f"{flag} takes {values}, which the command line cannot read yet")


def _add_allowance(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--time-limit",
        type=_positive,
        default=_ALLOWANCE.time_limit_s,
        metavar="SECONDS",
        help="for each file; a long video gets its own length (default: %(default)g)",
    )
    add(
        "--threads",
        type=_whole(_MOST_THREADS),
        default=_ALLOWANCE.threads,
        metavar="N",
        help="of the video encoder (default: 0, as many as there are cores)",
    )
    add(
        "--lighter",
        type=_whole(len(LIGHTER_STEPS)),
        default=_ALLOWANCE.lighter_steps,
        metavar="N",
        help=f"0 normal; up to {len(LIGHTER_STEPS)}: faster and smaller, as after a timeout",
    )


def _name(text: str) -> str:
    if not text:  # It is of a shell's variable that was never set.
        raise argparse.ArgumentTypeError("it is empty")
    return text


def _positive(text: str) -> float:
    with suppress(ValueError):
        if 0 < (value := float(text)) < float("inf"):
            return value
    raise argparse.ArgumentTypeError("give a number of seconds above 0")


def _whole(most: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        with suppress(ValueError):
            if 0 <= (value := int(text)) <= most:
                return value
        raise argparse.ArgumentTypeError(f"give a whole number from 0 to {most}")

    return whole


def _order(arguments: argparse.Namespace) -> Order:
    return Order(**{option.name: getattr(arguments, option.name) for option in _OF_A_FILE})


def _allowance(arguments: argparse.Namespace) -> Allowance:
    return Allowance(
        time_limit_s=arguments.time_limit,
        longest_time_limit_s=max(arguments.time_limit, _ALLOWANCE.longest_time_limit_s),
        threads=arguments.threads,
        lighter_steps=arguments.lighter,
    )


@contextmanager
def _ending_tidily() -> Iterator[None]:
    """Ctrl-C, and being asked to end, stop the child and remove the work folder; once is enough."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # Signals that nohup and background jobs ignore stay ignored.
    numbers = [number for number in wanted if signal.getsignal(number) is not signal.SIG_IGN]
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            if signal.getsignal(number) is interrupt:  # Else we are ending, and were told so.
                signal.signal(number, handler)
