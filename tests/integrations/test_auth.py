"""The key of a request: three headers, one answer."""

import pytest

from integrations.auth import holder_of, presented_keys

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
OTHER = "9" + KEY[1:]
KNOWN = [(KEY, "first"), (OTHER, "second")]


def holder(
    x_api_key: str | None, authorization: str | None, internal: str | None = None
) -> str | None:
    return holder_of(presented_keys(x_api_key, authorization, internal), KNOWN)


@pytest.mark.parametrize(
    ("x_api_key", "authorization", "internal"),
    [
        (KEY, None, None),
        (None, f"Bearer {KEY}", None),
        (None, f"bearer {KEY}", None),
        (None, None, KEY),
        (KEY, "Basic abc", None),
        ("wrong", f"Bearer {KEY}", "wrong"),
    ],
)
def test_the_key_is_taken_from_any_header(x_api_key, authorization, internal) -> None:
    assert holder(x_api_key, authorization, internal) == "first"


@pytest.mark.parametrize(
    ("x_api_key", "authorization", "internal"),
    [
        (None, None, None),
        ("", "", ""),
        (KEY[:-1], None, None),
        (KEY + "0", None, None),
        (KEY.upper(), None, None),
        (None, KEY, None),
        (None, f"Basic {KEY}", None),
        (None, "Bearer ", None),
        ("\udcff" * 10, None, None),
        (None, None, "wrong"),
    ],
)
def test_anything_else_is_refused(x_api_key, authorization, internal) -> None:
    assert holder(x_api_key, authorization, internal) is None


def test_each_key_has_its_holder_and_the_first_known_counts() -> None:
    assert holder(OTHER, None) == "second"
    assert holder(OTHER, f"Bearer {KEY}") == "first"


def test_where_no_key_is_known_nobody_holds_one() -> None:
    assert holder_of([KEY], []) is None
