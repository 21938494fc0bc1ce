"""Export of one mask with its record, proved by reading back."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_fncells.core.binary import binary_mask, component_count, touching_pairs
from napari_fncells.core.document import Document
from napari_fncells.core.labels import Labels
from napari_fncells.core.steps import finish
from napari_fncells.io.atomic import SaveError, write_atomic
from napari_fncells.io.binary_png import encode_binary, verify_binary
from napari_fncells.io.images import Image
from napari_fncells.io.printable import printable
from napari_fncells.io.record import DraftFacts, ImageFacts, MaskFacts, Record
from napari_fncells.io.save_error import explain_os_error
from napari_fncells.session.snapshot import Snapshot
from napari_fncells.session.target import (
    guard_target,
    may_replace,
    output_name,
    prepare_folder,
    suggest_folder,
)

__all__ = [
    "ExportReport",
    "export_mask",
    "export_steps",
    "make_record",
    "may_replace",
    "output_name",
    "prepare_folder",
    "suggest_folder",
]


@dataclass(frozen=True)
class ExportReport:
    """What was written, after it was read back.

    Attributes
    ----------
    mask, record
        The two files.
    cells
        Cells that count, in the file.
    components
        8-connected components of the mask file.
    touching
        Pairs of cells that touch in the mask on screen.
    gap
        Whether they were kept apart in the file.
    ignored
        Cells in ignored regions, which are not in the file.
    """

    mask: Path
    record: Path
    cells: int
    components: int
    touching: int
    gap: bool
    ignored: int = 0

    @property
    def sentence(self) -> str:
        """The outcome for a person."""
        cells = f"{self.cells} cell{'s' if self.cells != 1 else ''}"
        text = f"Saved {self.mask.name} ({cells}), read back and found equal."
        if self.ignored:
            few = "1 cell" if self.ignored == 1 else f"{self.ignored} cells"
            text += f" {few} in ignored regions {'is' if self.ignored == 1 else 'are'} left out."
        if self.components == self.cells:
            return text
        if self.components > self.cells:
            reason = "some cells are in pieces"
        else:
            reason = "the gap took thin cells" if self.gap else "touching cells run together"
        return f"{text} The file has {self.components} separate pieces: {reason}."


def export_mask(
    image: Image,
    document: Document,
    folder: Path,
    *,
    gap: bool = False,
    replace: bool = False,
    siblings: Iterable[str] | None = None,
) -> ExportReport:
    """Write the binary mask of a picture and the record beside it, and prove the mask.

    Parameters
    ----------
    image, document
        The picture and its mask.
    folder
        Where to; must exist.
    gap
        Whether to keep touching cells apart by a line one pixel wide.
    replace
        Whether an earlier export of the same name may be replaced: the user's word.
    siblings
        Names of the other pictures exported to the folder; by default those beside the
        picture. Where stems collide, the output keeps the picture's suffix in its name.

    Returns
    -------
    ExportReport
        Only after the file was read back equal to the mask.

    Raises
    ------
    SaveError
        Where a file exists and may not be replaced, or cannot be written, or does not read
        back as the mask. Earlier files stay as they were.
    VerificationError
        Where the mask does not read back under its final name. Earlier files are put back.
    """
    mask = Snapshot.of(document)
    return finish(export_steps(image, mask, folder, gap=gap, replace=replace, siblings=siblings))


def export_steps(
    image: Image,
    mask: Snapshot,
    folder: Path,
    *,
    gap: bool = False,
    replace: bool = False,
    siblings: Iterable[str] | None = None,
) -> Generator[str, None, ExportReport]:
    """Do what `export_mask` does in steps, yielding in words what comes next.

    The snapshot lets work on the mask go on meanwhile.
    """
    yield "Encoding the mask"
    target = folder / output_name(image, ".png", siblings)
    record_path = target.with_suffix(".json")
    for path in (target, record_path):
        guard_target(path, image, replace=replace)
    labels, _ = mask.counted
    data = encode_binary(labels, gap=gap)
    record = make_record(image, mask, target.name, data, gap=gap)
    yield "Writing and reading back"
    _write_pair(target, data, record_path, record.to_bytes(), labels, gap=gap, replace=replace)
    return ExportReport(
        mask=target,
        record=record_path,
        cells=record.cells.final,
        components=record.mask.components,
        touching=record.mask.touching_pairs,
        gap=gap,
        ignored=record.cells.ignored,
    )


def make_record(image: Image, mask: Snapshot, name: str, data: bytes, *, gap: bool) -> Record:
    """Gather all that is known about a mask."""
    draft = mask.draft
    labels, _ = mask.counted
    return Record(
        annotator=mask.author,
        image=_image_facts(image),
        draft=None
        if draft is None
        else DraftFacts(
            method=draft.change.details["method"],
            params=draft.change.details["params"],
            cutoff=draft.change.details["cutoff"],
            time=draft.time,
        ),
        cells=mask.counts,
        edits=mask.edits,
        effort=mask.effort,
        mask=MaskFacts(
            name=printable(name),
            sha256=hashlib.sha256(data).hexdigest(),
            gap=gap,
            components=component_count(binary_mask(labels, gap=gap)),
            touching_pairs=len(touching_pairs(labels)),
        ),
        note=mask.note,
    )


def _image_facts(image: Image) -> ImageFacts:
    pixels = image.pixels
    return ImageFacts(
        name=printable(image.name),
        sha256=image.sha256,
        height=pixels.shape[0],
        width=pixels.shape[1],
        channels=1 if pixels.ndim == 2 else pixels.shape[2],
        dtype=np.dtype(pixels.dtype).name,
        pixel_size_um=image.pixel_size,
        notes=image.notes,
    )


def _write_pair(
    target: Path,
    data: bytes,
    record_path: Path,
    record: bytes,
    labels: Labels,
    *,
    gap: bool,
    replace: bool,
) -> None:
    """Write mask and record so that on failure both earlier files are there again."""

    def check(path: Path) -> None:
        verify_binary(path, labels, gap=gap)

    earlier = {path: content_of(path) for path in (target, record_path)}
    written: list[Path] = []
    try:
        write_atomic(target, data, replace=replace, verify=check)
        written.append(target)
        write_atomic(record_path, record, replace=replace)
        written.append(record_path)
        # The proof is of the file under its final name
        check(target)
    except BaseException:
        for path in written:
            _put_back(path, earlier[path])
        raise


def content_of(path: Path) -> bytes | None:
    """Bytes of a file, or None where there is none.

    Raises
    ------
    SaveError
        Where it cannot be read, so that it could not be put back.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain_os_error(error, path) from error


def _put_back(path: Path, earlier: bytes | None) -> None:
    with suppress(OSError, SaveError):
        if earlier is None:
            path.unlink()
        else:
            write_atomic(path, earlier, replace=True)
