"""A mask to compare one's own with: the data set's ground truth, or another annotator's."""

from __future__ import annotations

from pathlib import Path

from napari_fncells.core.errors import UserError
from napari_fncells.core.labels import Labels
from napari_fncells.io.images import Image
from napari_fncells.io.working import WorkingFiles, read
from napari_fncells.session.truth import load_truth
from napari_fncells.store.working_folder import working_folder


def truth_labels(image: Image) -> Labels:
    """Labels of the ground truth that came with a picture.

    Raises
    ------
    UserError
        There is none, or it cannot be read.
    """
    truth = load_truth(image)
    if truth is None:
        raise UserError(f"{image.name} has no ground truth.", "Choose other colours.")
    return truth.labels


def labels_of_annotator(image: Image, annotator: str, root: Path | None = None) -> Labels:
    """Labels that another annotator has saved of a picture.

    Parameters
    ----------
    image
        The picture.
    annotator
        Whose.
    root
        The data folder, where it is not the usual one.

    Raises
    ------
    UserError
        There are none, or they cannot be read.
    """
    found = None
    if image.path is not None:
        names = WorkingFiles.of(working_folder(image.path.parent, root), image.name, annotator)
        rows, columns = image.pixels.shape[:2]
        found = read(names, (rows, columns), image.sha256)
    if found is None:
        raise UserError(f"{annotator} has saved no mask of {image.name}.", "Choose other colours.")
    return found.state.labels
