"""What is known of a single picture, by its name and the folders it lies in."""

from __future__ import annotations

from pathlib import Path

from napari_fncells.io.datasets.catalogue import Split
from napari_fncells.io.datasets.layout import masks_beside
from napari_fncells.io.datasets.v1_facts import V1Facts, v1_facts, v1_facts_by_number


def split_of(picture: Path) -> Split | None:
    """What the authors used a picture for.

    None where that is not known, and of a picture that belongs to no data set.
    """
    facts = v1_facts_of(picture)
    if facts is not None:
        return facts.split
    name = picture.parent.parent.name
    return Split(name) if masks_beside(picture.parent) and name in set(Split) else None


def v1_facts_of(picture: Path) -> V1Facts | None:
    """What is known of a picture of FNC v1; None for any other."""
    folder = masks_beside(picture.parent)
    if folder is None or folder.name != "masks" or folder.parent.name == "ground_truths":
        return None
    return v1_facts().get(picture.name) or v1_facts_by_number().get(picture.name)
