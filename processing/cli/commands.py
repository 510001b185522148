"""The command line of the media core: its words, its commands, its exit statuses."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from compression_config import LIGHTER_STEPS, PROFILES
from processing.cli.compress import compress_files
from processing.cli.failure import INTERRUPTED, TRY_LATER, UNREAD
from processing.cli.plan import plan_files
from processing.cli.streams import close_streams, open_streams, tell_unwritable
from processing.rendition import IMAGE_OUTPUTS, VIDEO_OUTPUTS, Options

_DEFAULTS: Final = Options()
_MOST_THREADS: Final = 64
_STATUSES: Final = """\
exit status: 0 done; 2 the command line is to blame (no such file, OUT exists); 65 the file is;
70 we are; 75 trying again later may help; 130 interrupted. Of several files, the highest.
"""


def main(words: Sequence[str] | None = None) -> int:
    """Carry out `words` (None: those this process was started with); the exit status comes back."""
    open_streams()
    parser = _parser()
    arguments = parser.parse_args(words)
    try:
        options = _options(arguments)
    except ValueError as error:
        parser.error(str(error))
    with _ending_tidily():
        try:
            if arguments.command == "plan":
                return plan_files(arguments.files, options, as_json=arguments.json)
            return compress_files(arguments, options)
        except KeyboardInterrupt:
            sys.stderr.write("\ninterrupted\n")
            return INTERRUPTED
        except BrokenPipeError:  # whoever read our answers has left
            close_streams()
            return UNREAD
        except OSError as error:  # of our output: what is wrong with a file has been told
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
    plan = commands.add_parser(
        "plan", help="say what a file is, what would be made of it, and why", epilog=_STATUSES
    )
    compress = commands.add_parser(
        "compress", help="make the small file; the source stays as it is", epilog=_STATUSES
    )
    for command in (plan, compress):
        command.add_argument("files", nargs="+", type=_name, metavar="FILE")
        command.add_argument(
            "--json", action="store_true", help="one JSON object on a line of stdout for each FILE"
        )
        _add_options(command)
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


def _add_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    for word, choices, default, text in (
        ("--profile", sorted(PROFILES), _DEFAULTS.profile, "the set of rules"),
        ("--image-output", IMAGE_OUTPUTS, _DEFAULTS.image_output, "format of pictures"),
        ("--video-output", VIDEO_OUTPUTS, _DEFAULTS.video_output, "codec of videos"),
    ):
        add(word, choices=choices, default=default, help=f"{text} (default: {default})")
    add("--target-quality", action="store_true", help="search each video's own quality setting")
    add("--keep-copyright", action="store_true", help="keep the notices of author and rights")
    add(
        "--time-limit",
        type=_positive,
        default=_DEFAULTS.time_limit_s,
        metavar="SECONDS",
        help="for each file; a long video gets its own length (default: %(default)g)",
    )
    add(
        "--threads",
        type=_whole(_MOST_THREADS),
        default=_DEFAULTS.threads,
        metavar="N",
        help="of the video encoder (default: 0, as many as there are cores)",
    )
    add(
        "--lighter",
        type=_whole(len(LIGHTER_STEPS)),
        default=_DEFAULTS.lighter,
        metavar="N",
        help=f"steps down in effort and size, 0 to {len(LIGHTER_STEPS)}",
    )


def _name(text: str) -> str:
    if not text:  # of a shell's variable that was never set
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


def _options(arguments: argparse.Namespace) -> Options:
    return Options(
        profile=arguments.profile,
        image_output=arguments.image_output,
        video_output=arguments.video_output,
        target_quality=arguments.target_quality,
        keep_copyright=arguments.keep_copyright,
        lighter=arguments.lighter,
        time_limit_s=arguments.time_limit,
        longest_time_limit_s=max(arguments.time_limit, _DEFAULTS.longest_time_limit_s),
        threads=arguments.threads,
    )


@contextmanager
def _ending_tidily() -> Iterator[None]:
    """Ctrl-C, and being asked to end, stop the child and remove the work folder; once is enough."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # What nohup and background jobs ignore stays ignored.
    numbers = [number for number in wanted if signal.getsignal(number) is not signal.SIG_IGN]
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            if signal.getsignal(number) is interrupt:  # else we are ending, and were told so
                signal.signal(number, handler)
