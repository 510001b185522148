"""No sound TIFF or PNG is shown wrongly or called damaged, whichever layout its writer chose."""

import pytest

from harness.layouts import tiff_file
from harness.layouts.corpus import of_tiff, samples
from harness.layouts.judging import Verdict, verdict
from harness.layouts.tiff_file import Layout

RGB = {"samples": 3, "photometric": tiff_file.RGB}
GRAY = {"samples": 1, "photometric": tiff_file.BLACK_IS_ZERO}
NOT_SUBSAMPLED = ((530, tiff_file.SHORT, (1, 1)),)
# What was shown wrongly, or called damaged, before there was a corpus.
FOUND = [
    {**RGB, "bits": 16, "is_planar": True},
    {**RGB, "bits": 16, "is_planar": True, "samples": 4, "extra": (2,)},
    {**RGB, "bits": 8, "is_planar": True, "samples": 4, "extra": (1,)},
    {**RGB, "bits": 8, "is_planar": True, "fill_order": 2},
    {"samples": 3, "photometric": tiff_file.LAB, "bits": 8, "is_planar": True},
    {"samples": 4, "photometric": tiff_file.CMYK, "bits": 16, "is_planar": True},
    {"samples": 3, "photometric": tiff_file.YCBCR, "is_planar": True, "more_tags": NOT_SUBSAMPLED},
    {**GRAY, "bits": 16, "sample_format": tiff_file.SIGNED, "order": ">", "compression": 5},
    {**GRAY, "bits": 32, "sample_format": tiff_file.FLOAT, "order": ">", "compression": 8},
    {**GRAY, "bits": 32},
    {**GRAY, "samples": 2, "extra": (1,)},
    {**GRAY, "photometric": tiff_file.WHITE_IS_ZERO, "fill_order": 2},
]


@pytest.mark.parametrize("layout", FOUND, ids=str)
def test_a_rare_layout_is_shown_right(tmp_path, layout):
    assert verdict(of_tiff(Layout(width=0, height=0, **layout)), tmp_path) is Verdict.RIGHT


def test_every_thirteenth_layout_is_shown_right_or_refused(tmp_path):
    found = {sample.layout: verdict(sample, tmp_path) for sample in samples(every=13)}

    assert [layout for layout, became in found.items() if became is Verdict.WRONG] == []
    assert sum(became is Verdict.RIGHT for became in found.values()) > 200
