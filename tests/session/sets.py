"""Small sets to export, for tests."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as PilImage

from napari_fncells.core.objects import ObjectState, Origin
from napari_fncells.io.exporters.base import GroundTruth
from napari_fncells.io.images import Image, read_image
from napari_fncells.session.curated import Curated
from napari_fncells.session.entry import EntryState
from napari_fncells.session.found_mask import cells_in
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper


def labels_of(seed: int, shape: tuple[int, int] = (24, 30)) -> NDArray[np.uint16]:
    """Three cells, two of which touch."""
    labels = np.zeros(shape, np.uint16)
    shift = seed % 5
    labels[2 + shift : 9, 2:8], labels[2:9, 8:12], labels[14:20, 3 + shift : 15] = 3, 7, 300
    return labels


def curated(labels: NDArray[Any], name: str = "a.png", **facts: Any) -> Curated:
    """A picture in memory with its truth."""
    pixels = np.full((*labels.shape, 3), 40, np.uint8)
    cells = cells_in(labels, ObjectState.ACCEPTED, Origin.HAND)
    truth = GroundTruth(name, name.rpartition(".")[0], labels, cells, lambda: Image(pixels))
    return Curated(truth, EntryState.DONE, **facts)


def small_set(count: int = 2, seed: int = 0) -> list[Curated]:
    """Pictures in memory; no two seeds give the same."""
    return [curated(labels_of(n, (24 + seed, 30)), f"{n}.png") for n in range(count)]


def saved_picture(folder: Path, name: str = "a.png", seed: int = 0) -> Image:
    """A picture on the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 99, (24, 30, 3), dtype=np.uint8)
    PilImage.fromarray(pixels).save(folder / name, format="PNG")
    return read_image(folder / name)


def worked_on(
    folder: Path, name: str = "a.png", seed: int = 0, author: str = "", *, done: bool = True
) -> Image:
    """A picture on the disk with three cells in its journal and mask files."""
    image = saved_picture(folder, name, seed)
    keeper = Keeper.open(image, author)
    session = ImageSession(image, author, keeper.document)
    session.adopt(labels_of(seed), "test")
    if done:
        session.finish()
    assert keeper.close()
    return image


def tree(folder: Path) -> dict[str, str]:
    """Hash of every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@st.composite
def any_labels(draw: st.DrawFn) -> NDArray[np.unsignedinteger]:
    """Label arrays of all sorts: tiny, empty, at the borders, in parts, touching, many ids."""
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    top = draw(st.sampled_from([1, 3, 65_535, 70_000]))
    dtype = np.uint16 if top <= 65_535 else np.uint32
    values = st.sampled_from([0, 0, 0, 1, min(2, top), top])
    flat = draw(st.lists(values, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    return np.array(flat, dtype=dtype).reshape(shape)
