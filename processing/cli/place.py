"""Decides where a result goes, and puts it there whole or not at all."""

import contextlib
import errno
import os
import stat
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from processing.cli.failure import UsageError

_SAME: Final = {"jpeg": "jpg", "jpe": "jpg", "tif": "tiff", "heif": "heic", "m4v": "mp4"}
# Filesystems without hard links answer with one of these.
_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the result of one file goes."""

    given: str  # the source, as it was named
    folder: Path
    name: str  # with its extension, unless `takes_extension`
    takes_extension: bool  # that of the result's format is added
    may_overwrite: bool

    @property
    def source(self) -> Path:
        """The file to be read."""
        return Path(self.given)

    def target(self, extension: str) -> Path:
        """The file to be made, for a result whose format has this extension."""
        return self.folder / (f"{self.name}.{extension}" if self.takes_extension else self.name)

    def lies_about(self, extension: str) -> bool:
        """Whether the name asked for belongs to another format than the result's."""
        given = Path(self.name).suffix[1:].lower()
        return not self.takes_extension and _SAME.get(given, given) != extension

    def refuse_taken(self, extension: str) -> None:
        """Raise UsageError where writing there would lose something."""
        target = self.target(extension)
        if target.exists() and target.samefile(self.source):
            raise UsageError(f"{target} is the source itself; name another file or folder.")
        if target.is_dir():
            raise UsageError(f"{target} is a folder.")
        if os.path.lexists(target) and not stat.S_ISREG(target.lstat().st_mode):
            raise UsageError(f"{target} is no plain file, and nothing else is overwritten.")
        if os.path.lexists(target) and not self.may_overwrite:
            raise UsageError(f"{target} exists; --force overwrites it.")


def places(given: Sequence[str], wanted: str, *, may_overwrite: bool) -> list[Place]:
    """Where each result goes: `wanted` itself, or files inside it when it is a folder.

    In a folder a result is called like its source with the extension of its own format; sources
    that differ in nothing else keep theirs before it. Raises UsageError.
    """
    if wanted == "-":
        raise UsageError("a result is not written to the standard output; ./- is a file's name.")
    out = Path(wanted)
    if not out.is_dir():
        if len(given) > 1:
            raise UsageError(f"{out} is not a folder; several results need one that exists.")
        folder = out if wanted.endswith("/") else out.parent
        if not folder.is_dir():
            raise UsageError(f"there is no folder {folder}.")
        return [Place(given[0], out.parent, out.name, False, may_overwrite)]
    sources = [Path(each) for each in given]
    stems = Counter(source.stem.casefold() for source in sources)
    names = [one.stem if stems[one.stem.casefold()] == 1 else one.name for one in sources]
    twice = [name for name, times in Counter(map(str.casefold, names)).items() if times > 1]
    if twice:
        raise UsageError(f"several results would be called {twice[0]} in {out}.")
    return [
        Place(source, out, name, True, may_overwrite)
        for source, name in zip(given, names, strict=True)
    ]


@contextlib.contextmanager
def work_folder(folder: Path) -> Iterator[Path]:
    """A private folder in `folder`, so that a result is moved, not copied; gone afterwards."""
    try:
        work = tempfile.TemporaryDirectory(prefix=".compressing-", dir=folder)
    except PermissionError as error:
        raise UsageError(f"{folder} cannot be written to.") from error
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        raise UsageError(f"{folder} cannot be written to.") from error
    with work as path:
        yield Path(path)


def put(made: Path, place: Place, extension: str) -> Path:
    """Move `made` to its place, in one step; where that was taken meanwhile, raise UsageError."""
    target = place.target(extension)
    umask = os.umask(0o077)
    os.umask(umask)
    made.chmod(0o666 & ~umask)
    place.refuse_taken(extension)
    if place.may_overwrite:
        made.replace(target)
        return target
    try:
        target.hardlink_to(made)  # unlike a rename, this fails where something stands
    except FileExistsError as error:
        raise UsageError(f"{target} exists; --force overwrites it.") from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        made.rename(target)
    return target
