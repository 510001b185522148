"""Progress: the shares of an attempt's stages are the whole, and it never goes back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.stage import COMPRESSION, DOWNLOAD, READING_BACK, UPLOAD_OF_RESULT, Share, Stage

SHARES = [DOWNLOAD, COMPRESSION, UPLOAD_OF_RESULT, READING_BACK]
DONE = st.floats(allow_nan=False)


def test_the_shares_cover_the_whole_without_gaps() -> None:
    assert (SHARES[0].begin, SHARES[-1].end) == (0, 100)
    assert all(before.end == after.begin for before, after in pairwise(SHARES))
    assert all(share.begin < share.end for share in SHARES)


@pytest.mark.parametrize("share", SHARES)
@given(one=DONE, other=DONE)
def test_more_done_is_never_less_progress_and_stays_within_the_share(
    share: Share, one: float, other: float
) -> None:
    less, more = sorted([one, other])

    assert share.begin <= share.percent(less) <= share.percent(more) <= share.end


@pytest.mark.parametrize("share", SHARES)
def test_a_share_begins_and_ends_where_it_says(share: Share) -> None:
    assert (share.percent(0), share.percent(1)) == (share.begin, share.end)


def test_the_stages_have_the_words_that_clients_poll() -> None:
    assert [*Stage] == ["downloading", "probing", "encoding", "verifying", "storing"]
