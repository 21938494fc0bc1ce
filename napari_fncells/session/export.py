"""Export of one mask with its record, proved by reading back."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

import numpy as np
from PIL import Image as PilImage

from napari_fncells.core.binary import binary_mask, component_count, touching_pairs
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.labels import Labels
from napari_fncells.io.atomic import SaveCode, SaveError, write_atomic
from napari_fncells.io.exporters import EXPORTERS, Exporter
from napari_fncells.io.images import Image, list_images
from napari_fncells.io.record import CellFacts, DraftFacts, ImageFacts, MaskFacts, Record
from napari_fncells.io.samples import is_sample
from napari_fncells.io.save_error import explain_os_error

_PICTURE_MODES = ("RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "P", "PA")


@dataclass(frozen=True)
class ExportReport:
    """What was written, after it was read back.

    Attributes
    ----------
    mask, record
        The two files.
    cells
        Cells in the mask.
    components
        8-connected components of the mask file.
    touching
        Pairs of cells that touch in the mask on screen.
    gap
        Whether they were kept apart in the file.
    """

    mask: Path
    record: Path
    cells: int
    components: int
    touching: int
    gap: bool

    @property
    def sentence(self) -> str:
        """The outcome for a person."""
        cells = f"{self.cells} cell{'s' if self.cells != 1 else ''}"
        text = f"Saved {self.mask.name} ({cells}), read back and found equal."
        if self.components != self.cells:
            text += f" The file has {self.components} separate pieces: "
            reason = "touching cells run together" if not self.gap else "some cells are in pieces"
            text += f"{reason}."
        return text


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
        Where a file exists and may not be replaced, or cannot be written. Earlier files stay
        as they were.
    VerificationError
        Where a file does not read back as the mask.
    """
    exporter = EXPORTERS["binary-png-gap" if gap else "binary-png"]
    target = folder / output_name(image, exporter.suffix, siblings)
    record_path = target.with_suffix(".json")
    guard_target(target, image, replace=replace)
    if not replace and record_path.exists():
        raise _exists(record_path)
    data = exporter.encode(document.labels)
    record = make_record(image, document, exporter, target.name, data)
    _write_pair(target, data, record_path, record.to_bytes(), exporter, document, replace=replace)
    return ExportReport(
        mask=target,
        record=record_path,
        cells=record.cells.final,
        components=record.mask.components,
        touching=record.mask.touching_pairs,
        gap=gap,
    )


def save_mask(target: Path, labels: Labels, source: Path | None) -> Path | None:
    """Write labels as a binary PNG where the user chose in a file dialog.

    Such a dialog asks before it replaces a file only if the name was typed in full, so an
    earlier mask is kept beside the new one.

    Returns
    -------
    Path or None
        Where the earlier mask went, if there was one.

    Raises
    ------
    SaveError
        Where the target is a picture, or cannot be written.
    VerificationError
        Where it does not read back as the mask.
    """
    exporter = EXPORTERS["binary-png"]
    facts = Image(labels, path=source, name=source.name if source else "")
    guard_target(target, facts, replace=True)
    earlier = None
    if target.exists():
        stamp = datetime.fromtimestamp(target.stat().st_mtime, UTC).strftime("%Y%m%d-%H%M%S")
        earlier = _free_name(target.with_name(f"{target.stem}.{stamp}{target.suffix}"))
        write_atomic(earlier, target.read_bytes(), replace=False)
    write_atomic(
        target,
        exporter.encode(labels),
        replace=earlier is not None,
        verify=lambda path: exporter.verify(path, labels),
    )
    return earlier


def _free_name(path: Path) -> Path:
    """The path, or with a number where it is taken."""
    numbered = (path.with_name(f"{path.stem}-{n}{path.suffix}") for n in count(2))
    return next(p for p in chain([path], numbered) if not os.path.lexists(p))


def suggest_folder(image: Image) -> Path:
    """Folder to offer for the masks: `masks` beside the picture where one may write there."""
    if image.path is not None and not is_sample(image.path):
        parent = image.path.parent
        if os.access(parent, os.W_OK):
            return parent / "masks"
    return Path.home() / "fncells-masks"


def prepare_folder(folder: Path) -> Path:
    """Make a folder where it is missing.

    Raises
    ------
    SaveError
        Where it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain_os_error(error, folder) from error
    return folder


def may_replace(path: Path, image: Image) -> bool:
    """Whether a file that is in the way is an earlier export, which the user may give up."""
    own = image.path is not None and _same_file(path, image.path)
    return not own and not is_picture(path)


def output_name(image: Image, suffix: str, siblings: Iterable[str] | None = None) -> str:
    """Name of an export: the picture's stem, or its whole name where stems collide."""
    path = Path(image.name)
    if siblings is None:
        folder = image.path.parent if image.path else None
        siblings = [p.name for p in list_images(folder)] if folder and folder.is_dir() else []
    others = {Path(name).stem.casefold() for name in siblings if name != image.name}
    return (path.name if path.stem.casefold() in others else path.stem) + suffix


def guard_target(target: Path, image: Image, *, replace: bool) -> None:
    """Refuse a target that is a picture, or that exists and may not be replaced.

    Raises
    ------
    SaveError
        With the code 'exists'.
    """
    if not os.path.lexists(target):
        return
    if image.path is not None and _same_file(target, image.path):
        raise SaveError(
            SaveCode.EXISTS,
            target,
            f"{target} is the picture itself, which is never written to.",
            "Choose another folder for the masks.",
        )
    if is_picture(target):
        raise SaveError(
            SaveCode.EXISTS,
            target,
            f"{target} is a colour picture, not a mask, so it is not replaced.",
            "Choose another folder for the masks.",
        )
    if not replace:
        raise _exists(target)


def is_picture(path: Path) -> bool:
    """Whether a file is a colour image, which no mask is."""
    try:
        with PilImage.open(path) as image:
            return image.mode in _PICTURE_MODES
    except (OSError, ValueError, PilImage.DecompressionBombError):
        return False


def make_record(
    image: Image, document: Document, exporter: Exporter, name: str, data: bytes
) -> Record:
    """Gather all that is known about a mask."""
    gap = exporter.name.endswith("gap")
    labels = document.labels
    draft = document.last_in_force(EditKind.DRAFT)
    return Record(
        annotator=document.author,
        image=_image_facts(image),
        draft=None
        if draft is None
        else DraftFacts(
            method=draft.change.details["method"],
            params=draft.change.details["params"],
            cutoff=draft.change.details["cutoff"],
            time=draft.time,
        ),
        cells=CellFacts.model_validate(vars(document.counts)),
        edits=len(document.history),
        mask=MaskFacts(
            name=name,
            sha256=hashlib.sha256(data).hexdigest(),
            gap=gap,
            components=component_count(binary_mask(labels, gap=gap)),
            touching_pairs=len(touching_pairs(labels)),
        ),
    )


def _image_facts(image: Image) -> ImageFacts:
    pixels = image.pixels
    return ImageFacts(
        name=image.name,
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
    exporter: Exporter,
    document: Document,
    *,
    replace: bool,
) -> None:
    """Write mask and record so that on failure both earlier files are there again."""
    earlier = target.read_bytes() if target.exists() else None
    labels = document.labels
    write_atomic(target, data, replace=replace, verify=lambda path: exporter.verify(path, labels))
    try:
        write_atomic(record_path, record, replace=replace)
    except BaseException:
        with suppress(OSError, SaveError):
            if earlier is None:
                target.unlink()
            else:
                write_atomic(target, earlier, replace=True)
        raise
    # The proof is of the file under its final name
    exporter.verify(target, labels)


def _exists(path: Path) -> SaveError:
    return SaveError(
        SaveCode.EXISTS,
        path,
        f"{path} exists already and was not replaced.",
        "Allow replacing it, or choose another folder.",
    )


def _same_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False
