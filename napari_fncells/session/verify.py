"""Whether an exported set is still what it was."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from napari_fncells.core.errors import UserError
from napari_fncells.core.steps import finish
from napari_fncells.io.datasets.progress import Progress
from napari_fncells.io.report import REPORT_NAME
from napari_fncells.io.set_files import Inspection, inspect_steps
from napari_fncells.session.publishing import recover


@dataclass(frozen=True)
class Verification:
    """What came of it.

    Attributes
    ----------
    folder
        The set.
    inspection
        What differs.
    notes
        What was mended before, in sentences.
    """

    folder: Path
    inspection: Inspection
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every byte is as it was exported."""
        return self.inspection.holds

    @property
    def differences(self) -> tuple[str, ...]:
        """Everything that is not, a sentence each."""
        return self.inspection.sentences

    def __bool__(self) -> bool:
        """Return `holds`."""
        return self.holds

    def __str__(self) -> str:
        if not self.holds:
            return "\n".join(self.differences)
        return f"{len(self.inspection.equal):,} files are, byte for byte, as they were exported."


def verify(folder: Path | str) -> Verification:
    """Compare every byte of an exported set with its report.

    It finds what was changed since, by a disk or by hand; it is no signature: whoever changes
    files and report together is not found out.

    Parameters
    ----------
    folder
        The set.

    Raises
    ------
    UserError
        There is no such folder, or it cannot be read.
    """
    return finish(verify_steps(Path(folder)))


def verify_steps(folder: Path) -> Generator[str, None, Verification]:
    """Do what `verify` does in steps, yielding in words what comes next and how far it is."""
    yield Progress("Reading the report", 0.0)
    notes = recover(folder)
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder.", f"Give the folder that holds {REPORT_NAME}.")
    try:
        found = yield from inspect_steps(folder)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be read: {error.strerror or error}.", "Check the disk."
        ) from error
    return Verification(folder, found, tuple(notes))
