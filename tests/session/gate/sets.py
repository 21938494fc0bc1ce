"""Small sets of pictures with masks whose faults are known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from napari_fncells.core.document import Document
from napari_fncells.core.judge import finish
from napari_fncells.core.redraft import apply_draft
from napari_fncells.core.steps import finish as run
from napari_fncells.io.images import read_image
from napari_fncells.session.gate import GateReport, check_folder
from napari_fncells.session.keeping import Keeper

SHAPE = (120, 140)


def blobs(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Labels with a rectangle of each top, left, bottom, right."""
    labels = np.zeros(SHAPE, np.int32)
    for i, (top, left, bottom, right) in enumerate(boxes, 1):
        labels[top:bottom, left:right] = i
    return labels


def ring() -> np.ndarray:
    """Labels of one good cell and one with a hole of 4 px²."""
    labels = blobs((10, 10, 30, 30), (50, 50, 70, 80))
    labels[60:62, 60:62] = 0
    return labels


def picture(folder: Path, name: str, seed: int | None = None) -> Path:
    """A picture that is like no other, unless it has the seed of one."""
    rng = np.random.default_rng(abs(hash(name)) if seed is None else seed)
    path = folder / name
    Image.fromarray(rng.integers(0, 60, SHAPE, dtype=np.uint8)).save(path)
    return path


def worked_on(
    path: Path,
    labels: np.ndarray,
    act: Callable[[Document], None] | None = None,
    *,
    done: bool = True,
    annotator: str = "",
) -> None:
    """Write a mask as this program does, drafted and then worked on."""
    keeper = Keeper.open(read_image(path), annotator)
    document = keeper.document
    document.commit(apply_draft(document, labels, {"method": "test"}))
    if act is not None:
        act(document)
    change = finish(document) if done else None
    if change is not None:
        document.commit(change)
    keeper.close()


def given(folder: Path, name: str, labels: np.ndarray) -> None:
    """Put a mask of another program beside the pictures."""
    (folder / "masks").mkdir(exist_ok=True)
    Image.fromarray(labels.astype(np.uint16)).save(folder / "masks" / name)


def checked(folder: Path, annotator: str = "") -> GateReport:
    return run(check_folder(folder, annotator=annotator))


def told(folder: Path, annotator: str = "") -> list[tuple[str, str]]:
    """Pictures and kinds of what is told of."""
    open_ = checked(folder, annotator).open
    return [(item.picture, item.finding.kind.value) for item in open_]
