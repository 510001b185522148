"""What every test of deliveries may ask for."""

from collections.abc import Callable

import pytest

from lifecycle.failpoints import Point

from .delivering import delivering, dying_at

post = pytest.fixture(name="post")(delivering)


@pytest.fixture
def die(monkeypatch: pytest.MonkeyPatch) -> Callable[[Point], None]:
    """Lets the process die when it next comes to that moment."""
    return dying_at(monkeypatch)
