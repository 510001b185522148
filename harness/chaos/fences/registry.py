"""All fences by their names."""

from harness.chaos.fences.fence import Edit, Fence, StandIn, function_of

FENCES: dict[str, Fence] = {}


def fence(
    name: str, *edits: Edit | StandIn, test: str | None = None, in_children: bool = False
) -> None:
    """Registers one; `name` says what goes wrong without it."""
    if name in FENCES:
        raise ValueError(f"there are two fences called {name!r}")
    if len({function_of(edit.place) for edit in edits}) != len(edits):
        raise ValueError(f"{name!r} edits a function twice")
    FENCES[name] = Fence(name, edits, test, in_children)
