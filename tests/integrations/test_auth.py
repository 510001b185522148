"""The API key: two headers, one answer."""

import pytest

from integrations.auth import is_authorized

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


@pytest.mark.parametrize(
    ("x_api_key", "authorization"),
    [
        (KEY, None),
        (None, f"Bearer {KEY}"),
        (None, f"bearer {KEY}"),
        (KEY, "Basic abc"),
        ("wrong", f"Bearer {KEY}"),
    ],
)
def test_the_key_is_taken_from_either_header(
    x_api_key: str | None, authorization: str | None
) -> None:
    assert is_authorized(x_api_key, authorization, KEY)


@pytest.mark.parametrize(
    ("x_api_key", "authorization"),
    [
        (None, None),
        ("", ""),
        (KEY[:-1], None),
        (KEY + "0", None),
        (KEY.upper(), None),
        (None, KEY),
        (None, f"Basic {KEY}"),
        (None, "Bearer "),
        ("\udcff" * 10, None),
    ],
)
def test_anything_else_is_refused(x_api_key: str | None, authorization: str | None) -> None:
    assert not is_authorized(x_api_key, authorization, KEY)
