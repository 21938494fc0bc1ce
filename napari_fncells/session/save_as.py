"""File > Save of a single mask, under a name the user chose."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from napari_fncells.core.errors import UserError
from napari_fncells.core.labels import Labels
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.exporters.binary_png import encode_binary, verify_binary
from napari_fncells.io.images import Image
from napari_fncells.session.export import content_of
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
    if labels.ndim != 2:
        raise UserError(
            f"A mask has the axes (Y, X), not the shape {labels.shape}.", "Save one plane of it."
        )
    facts = Image(labels, path=source, name=source.name if source else "")
    guard_target(target, facts, replace=True)
    earlier = keep_earlier(target)
    write_atomic(
        target,
        encode_binary(labels),
        replace=earlier is not None,
        verify=lambda path: verify_binary(path, labels),
    )
    return earlier


def keep_earlier(target: Path) -> Path | None:
    """Keep a file that is to be replaced, under another name beside it.

    Returns
    -------
    Path or None
        Where it went, if there was one.

    Raises
    ------
    SaveError
        Where it cannot be read, or kept.
    """
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
