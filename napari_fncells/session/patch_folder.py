"""A folder of patches gets its name when all of it is on the disk and proved, never before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from napari_fncells.core.errors import UserError
from napari_fncells.io.atomic import sync_name
from napari_fncells.io.patches.manifest import differences
from napari_fncells.io.patches.plain_file import confirm_all
from napari_fncells.io.save_error import SaveCode, SaveError, explain_os_error
from napari_fncells.session.target import prepare_folder
from napari_fncells.store.locks import Claim

_LONGEST = 180  # bytes of a name to which others are added


@dataclass(frozen=True)
class Stage:
    """A folder that is being written.

    Attributes
    ----------
    target
        What it will be.
    folder
        What it is until then.
    former
        Where the folder that it replaces is meanwhile.
    """

    target: Path
    folder: Path
    former: Path

    def publish(self) -> None:
        """Give the new folder the name of the target, and remove the former one.

        Raises
        ------
        SaveError
            It could not be renamed; the former one is where it was.
        """
        try:
            confirm_all(self.folder)
            if os.path.lexists(self.target):
                self.target.rename(self.former)
            try:
                self.folder.rename(self.target)
            except BaseException:
                self._put_back()
                raise
        except OSError as error:
            raise explain_os_error(error, self.target) from error
        sync_name(self.target)
        shutil.rmtree(self.former, ignore_errors=True)

    def recover(self) -> None:
        """Bring in order what a dead process left half-way."""
        self._put_back()
        shutil.rmtree(self.former, ignore_errors=True)
        if os.path.lexists(self.folder):
            shutil.rmtree(self.folder)

    def _put_back(self) -> None:
        if os.path.lexists(self.former) and not os.path.lexists(self.target):
            with suppress(OSError):
                self.former.rename(self.target)


@contextmanager
def patch_folder(target: Path, *, replace: bool) -> Iterator[Stage]:
    """Write a folder beside its target; what is not published is taken away.

    Parameters
    ----------
    target
        The folder that it is to be.
    replace
        Whether patches that are there may be replaced: the user's word. They are only while
        every file is as it was written, and none was added.

    Raises
    ------
    SaveError
        The target is something else, or may not be replaced, or others write there, too.
    """
    target = target.resolve()
    if not target.name:
        raise SaveError(
            SaveCode.BAD_NAME, target, f"{target} cannot hold patches.", "Choose a folder in it."
        )
    prepare_folder(target.parent)
    name = target.name
    if len(os.fsencode(name)) > _LONGEST:
        name = sha256(os.fsencode(name)).hexdigest()[:20]
    new, former, lock = (
        target.parent / f".{name}.fncells-patches-{what}" for what in ("new", "former", "lock")
    )
    stage = Stage(target, new, former)
    with _held(lock, target):
        try:
            stage.recover()
            _check(target, replace=replace)
            new.mkdir()
        except OSError as error:
            raise explain_os_error(error, target) from error
        try:
            yield stage
        finally:
            shutil.rmtree(new, ignore_errors=True)


@contextmanager
def _held(lock: Path, target: Path) -> Iterator[None]:
    claim = Claim(lock)
    try:
        owner = claim.take()
    except OSError as error:
        raise explain_os_error(error, target) from error
    if owner is not None:
        raise SaveError(
            SaveCode.IN_USE,
            target,
            f"Patches are being written to {target} already.",
            "Wait until that is done, or choose another folder.",
        )
    try:
        yield
    finally:
        claim.release()


def _check(target: Path, *, replace: bool) -> None:
    """Refuse a target that may not be replaced; an empty folder may."""
    if not os.path.lexists(target):
        return
    if not target.is_dir():
        reason = "is a file"
    elif not any(target.iterdir()):
        target.rmdir()
        return
    else:
        reason = _kept(target, replace=replace)
    if reason:
        raise SaveError(
            SaveCode.EXISTS, target, f"{target} {reason}.", "Choose another folder, or remove it."
        )


def _kept(target: Path, *, replace: bool) -> str:
    """Why a folder that holds something is not replaced; empty where it may be."""
    try:
        changed = differences(target)
    except UserError:
        return "holds other files than patches, so it is not replaced"
    if changed:
        return f"is not as it was written, so it is not replaced: {changed[0].rstrip('.')}"
    return "" if replace else "holds patches already, and replacing was not allowed"
