"""File > Save of a single mask, under a name and in a format the user chose."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

import numpy as np

from napari_fncells.core.errors import UserError
from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import ObjectState, Origin
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.binary_png import encode_binary, verify_binary
from napari_fncells.io.images import Image
from napari_fncells.io.proof import VerificationError
from napari_fncells.session.export import content_of
from napari_fncells.session.found_mask import cells_in
from napari_fncells.session.target import guard_target


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
        Where the target is a picture, cannot be written or does not read back as the mask.
    UserError
        For labels that are not flat.
    """
    _refuse_stacks(labels)
    facts = Image(labels, path=source, name=source.name if source else "")
    guard_target(target, facts, replace=True)
    earlier = put_aside(target)
    write_atomic(
        target,
        encode_binary(labels),
        replace=earlier is not None,
        verify=lambda path: verify_binary(path, labels),
    )
    return earlier


def save_cells(target: Path, labels: Labels, image: Image | None, form: str) -> Path | None:
    """Write labels in another format with one file a picture, where the user chose.

    Parameters
    ----------
    target
        The file. One that is there is kept under another name.
    labels
        (Y, X) instance labels.
    image
        The picture they belong to; None for one of which nothing is known.
    form
        Name of a format in `EXPORTERS`.

    Returns
    -------
    Path or None
        Where the earlier file went, if there was one.

    Raises
    ------
    SaveError
        Where it cannot be written or does not read back.
    UserError
        For labels that are not flat, or that the format cannot hold.
    """
    # Many libraries, for which opening a window need not wait
    from napari_fncells.io.exporters import EXPORTERS, GroundTruth, PerPicture

    _refuse_stacks(labels)
    exporter, params = EXPORTERS[form], ExportParams()
    if not isinstance(exporter, PerPicture):
        raise ValueError(f"{form} has no file for one picture")
    if labels.dtype not in (np.uint16, np.uint32):
        labels = labels.astype(np.uint32)
    truth = GroundTruth(
        image.name if image is not None else target.stem,
        target.stem,
        labels,
        cells_in(labels, ObjectState.ADDED, Origin.HAND),
        lambda: image or Image(np.zeros(labels.shape, np.uint8), name=target.stem),
        pixel_size=None if image is None else image.pixel_size,
    )

    def check(path: Path) -> None:
        found = exporter.compare(path, truth, params)
        if found.problem:
            raise VerificationError(found.problem)

    data = exporter.encode(truth, params)
    earlier = put_aside(target)
    write_atomic(target, data, replace=earlier is not None, verify=check)
    return earlier


def _refuse_stacks(labels: Labels) -> None:
    if labels.ndim != 2:
        raise UserError(
            f"A mask has the axes (Y, X), not the shape {labels.shape}.", "Save one plane of it."
        )


def put_aside(target: Path) -> Path | None:
    """Keep a file that is in the way under a name with its time."""
    content = content_of(target)
    if content is None:
        return None
    stamp = datetime.fromtimestamp(target.stat().st_mtime, UTC).strftime("%Y%m%d-%H%M%S")
    earlier = _free_name(target.with_name(f"{target.stem}.{stamp}{target.suffix}"))
    write_atomic(earlier, content, replace=False)
    return earlier


def _free_name(path: Path) -> Path:
    """The path, or with a number where it is taken."""
    numbered = (path.with_name(f"{path.stem}-{n}{path.suffix}") for n in count(2))
    return next(p for p in chain([path], numbered) if not os.path.lexists(p))
