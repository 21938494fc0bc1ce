"""The Fluorescent Neuronal Cells data sets: downloaded, unpacked, recognised."""

from __future__ import annotations

from napari_fncells.io.datasets.catalogue import PUBLISHED, Colour, Published, Split, published
from napari_fncells.io.datasets.dataset import DataSet, Item, recognise
from napari_fncells.io.datasets.error import DatasetCode, DatasetError
from napari_fncells.io.datasets.places import default_folder, find_here
from napari_fncells.io.datasets.progress import Progress

__all__ = [
    "PUBLISHED",
    "Colour",
    "DataSet",
    "DatasetCode",
    "DatasetError",
    "Item",
    "Progress",
    "Published",
    "Split",
    "default_folder",
    "find_here",
    "published",
    "recognise",
]
