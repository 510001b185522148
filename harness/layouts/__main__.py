"""Has every layout of TIFF and PNG decoded and compared pixel by pixel: `layouts`.

Exit status 1 when a sound file was shown wrongly, or called damaged.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from harness.layouts.corpus import samples
from harness.layouts.judging import Verdict, verdict

_SHOWN_AT_ONCE = 500


def main() -> None:
    parser = argparse.ArgumentParser(prog="layouts", description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N'th (1)")
    given = parser.parse_args()
    found: Counter[Verdict] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for sample in samples(given.every):
            became = verdict(sample, Path(folder))
            found[became] += 1
            if became is Verdict.WRONG:
                print(f"wrong: {sample.layout}", flush=True)
            if sum(found.values()) % _SHOWN_AT_ONCE == 0:
                print(f"{sum(found.values()):,} files", flush=True)
    print(", ".join(f"{found[each]:,} {each.value}" for each in Verdict))
    sys.exit(1 if found[Verdict.WRONG] else 0)


if __name__ == "__main__":
    main()
