"""Tries the media core on files from a command line: `python -m processing`."""

import sys

from processing.cli.commands import main

if __name__ == "__main__":
    sys.exit(main())
