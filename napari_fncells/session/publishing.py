"""A set gets its name when all of it is on the disk and proved, and never before.

Beside the target lie, while an export runs, a lock and the folder `.<name>.fncells-new`. When
that is whole, the former set is renamed to `.<name>.fncells-former`, the new one to the target,
and the former is taken away. Whatever moment a crash comes at, the next export, or `recover`,
finds by these names alone what is to be done: where the target is missing, the former set is put
back; else it is taken away.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Self

from napari_fncells.io.atomic import sync_name
from napari_fncells.io.save_error import SaveCode, SaveError, explain_os_error
from napari_fncells.io.set_files import is_set, walk
from napari_fncells.session.former_set import kept_place, strangers_in, take_away
from napari_fncells.session.target import prepare_folder
from napari_fncells.store.locks import Claim

_LONGEST = 180  # bytes of a name to which others are added
_LEFT = re.compile(r"\.(.+)\.fncells-(?:new|former)", re.DOTALL)
_HASHED = re.compile(r"[0-9a-f]{20}")  # a longer name, which cannot be known again from this


@dataclass(frozen=True)
class Names:
    """The folders and the lock that belong to a target."""

    target: Path
    new: Path
    former: Path
    lock: Path

    @classmethod
    def of(cls, target: Path) -> Self:
        """Of a target."""
        # The folder itself, not a link to it
        target = target.resolve()
        name = target.name
        if len(os.fsencode(name)) > _LONGEST:
            name = sha256(os.fsencode(name)).hexdigest()[:20]
        new, former, lock = (
            target.parent / f".{name}.fncells-{what}" for what in ("new", "former", "lock")
        )
        return cls(target, new, former, lock)


@dataclass
class Stage:
    """A set that is being written.

    Attributes
    ----------
    names
        Where everything lies.
    notes
        What was found and done before, in sentences.
    kept
        Where files of the former set go that are not as its report says; None where all are.
    """

    names: Names
    notes: list[str] = field(default_factory=list)
    kept: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the files go."""
        return self.names.new

    def look_at_former(self) -> None:
        """Note what is not as it was in the set that is about to be replaced."""
        if not os.path.lexists(self.names.target):
            return
        strangers = strangers_in(self.names.target)
        if not strangers:
            return
        self.kept = kept_place(self.names.target)
        shown = ", ".join(strangers[:5]) + (", ..." if len(strangers) > 5 else "")
        self.notes.append(
            f"The set that this one replaces held {len(strangers)} files that were changed or "
            f"added since ({shown}): they are kept in {self.kept.name}."
        )

    def publish(self) -> None:
        """Give the new set the name of the target, and take the former one away.

        Raises
        ------
        SaveError
            It could not be renamed; the former set is where it was.
        """
        names = self.names
        _sync_folders(names.new)
        try:
            had = os.path.lexists(names.target) and not _removed_empty(names.target)
            if had:
                names.target.rename(names.former)
            try:
                names.new.rename(names.target)
            except BaseException:
                _put_back(names)
                raise
        except OSError as error:
            raise explain_os_error(error, names.target) from error
        sync_name(names.target)
        # The new one is there: what is left of the former is taken away at the latest next time
        with suppress(OSError):
            if had:
                take_away(names.former, names.new, self.kept or kept_place(names.target))


@contextmanager
def staging(target: Path, *, replace: bool) -> Iterator[Stage]:
    """Write a set beside its target; what is not published is taken away.

    Parameters
    ----------
    target
        The folder that the set is to be.
    replace
        Whether a set that is there may be replaced: the user's word.

    Raises
    ------
    SaveError
        The target is something else than a set, or may not be replaced, or another export is
        writing it, or nothing can be written there.
    """
    names = Names.of(target)
    if not names.target.name:
        raise SaveError(
            SaveCode.BAD_NAME, target, f"{target} cannot be a set.", "Choose a folder in it."
        )
    prepare_folder(names.target.parent)
    recover_in(names.target.parent)
    with _held(names):
        try:
            notes = _recover(names)
            _check(names.target, replace=replace)
            names.new.mkdir()
        except OSError as error:
            raise explain_os_error(error, names.target) from error
        try:
            yield Stage(names, notes)
        finally:
            shutil.rmtree(names.new, ignore_errors=True)


def recover(target: Path) -> list[str]:
    """Bring a target in order that a dead process left half-way.

    Returns
    -------
    list of str
        What was done, in sentences; nothing is done while another export writes there.
    """
    names = Names.of(target)
    if not any(os.path.lexists(place) for place in (names.new, names.former)):
        return []
    try:
        with _held(names):
            return _recover(names)
    except (SaveError, OSError):
        return []


def recover_in(folder: Path) -> list[str]:
    """Bring every target in a folder in order that a dead process left half-way."""
    found = (_LEFT.fullmatch(path.name) for path in folder.glob(".*.fncells-*"))
    names = {match[1] for match in found if match is not None and not _HASHED.fullmatch(match[1])}
    return [note for name in sorted(names) for note in recover(folder / name)]


@contextmanager
def _held(names: Names) -> Iterator[None]:
    """Let no other export write there meanwhile."""
    claim = Claim(names.lock)
    try:
        owner = claim.take()
    except OSError as error:
        raise explain_os_error(error, names.target) from error
    if owner is not None:
        raise SaveError(
            SaveCode.IN_USE,
            names.target,
            f"Another export is writing {names.target}.",
            "Wait until it is done, or choose another folder.",
        )
    try:
        yield
    finally:
        claim.release()


def _recover(names: Names) -> list[str]:
    notes = []
    if os.path.lexists(names.former) and not os.path.lexists(names.target):
        names.former.rename(names.target)
        sync_name(names.target)
        notes.append(
            f"An earlier export was cut short: the set {names.target.name} was put back as it "
            "was before."
        )
    if os.path.lexists(names.new):
        shutil.rmtree(names.new)
    if os.path.lexists(names.former):
        kept = kept_place(names.target)
        if take_away(names.former, names.new, kept):
            notes.append(
                f"Files of a former set that were changed or added since are kept in {kept.name}."
            )
    return notes


def _check(target: Path, *, replace: bool) -> None:
    """Refuse a target that may not be replaced."""
    if not os.path.lexists(target):
        return
    if not target.is_dir():
        reason, remedy = "is a file", "Choose another folder."
    elif not any(target.iterdir()):
        return
    elif not is_set(target):
        reason = "holds other files than an exported set, so it is not replaced"
        remedy = "Choose a new folder, or an empty one."
    elif not replace:
        reason, remedy = "holds a set already", "Allow replacing it, or choose another folder."
    else:
        return
    raise SaveError(SaveCode.EXISTS, target, f"{target} {reason}.", remedy)


def _removed_empty(target: Path) -> bool:
    try:
        target.rmdir()
    except OSError:
        return False
    return True


def _put_back(names: Names) -> None:
    if os.path.lexists(names.former) and not os.path.lexists(names.target):
        with suppress(OSError):
            names.former.rename(names.target)


def _sync_folders(folder: Path) -> None:
    """Let the disk acknowledge all names; the files are on it, see `facts_of`."""
    for path, _, is_folder in walk(folder):
        if is_folder:
            sync_name(folder / path / "any")
    sync_name(folder / "any")
