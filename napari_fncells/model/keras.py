"""Weights as Keras orders them: layer by layer, kernels with their channels last."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.io.read_error import ImageReadError
from napari_fncells.io.safe_pickle import Limits, read_plain
from napari_fncells.model.layout import NORM_PARTS, layers
from napari_fncells.model.refusal import KNOWN, ModelError, refused

NORM_WORDS = ("gamma", "beta", "moving_mean", "moving_variance")
"""What Keras calls the parts of a normalisation, in its order."""
_CONV_WORDS = ("kernel", "bias")
_ARRAYS = 112
_LIMITS = Limits(file_bytes=64 << 20)

Named = tuple[str, NDArray[Any]]


def read_keras_pickle(path: str | os.PathLike[str], file: str) -> dict[str, NDArray[Any]]:
    """Arrays by the names of the layout, of the authors' pickle of 112 arrays.

    Nothing in it is run: it is read by a child process that can make plain values alone.

    Raises
    ------
    ModelError
        It cannot be read, or holds anything else.
    """
    try:
        found = read_plain(path, limits=_LIMITS)
    except ImageReadError as error:
        raise ModelError(error.sentence, KNOWN) from error
    entries: list[tuple[str, Any]] = []
    if isinstance(found, dict):
        entries = [(str(name), array) for name, array in found.items()]
    elif isinstance(found, list | tuple):
        entries = [("", array) for array in found]
    if len(entries) != _ARRAYS or not all(isinstance(a, np.ndarray) for _, a in entries):
        raise refused(file, f"is a pickle, but not of the {_ARRAYS} arrays of a c-ResUnet")
    return from_layers(list(_positional(entries)), file)


def from_layers(found: Iterable[list[Named]], file: str) -> dict[str, NDArray[Any]]:
    """Give arrays of Keras layers the names and the order of axes of the layout.

    Layers of one kind depend on each other in turn, so that their order within a kind is sure
    whatever the order between kinds.

    Parameters
    ----------
    found
        For each layer its arrays, with names that end in Keras' words, such as 'kernel:0'.
    file
        Where they come from, for refusals.

    Raises
    ------
    ModelError
        Layers are not those of a c-ResUnet.
    """
    kinds: dict[str, list[list[NDArray[Any]]]] = {"norm": [], "wide": [], "point": [], "up": []}
    for layer in found:
        arrays = [array for _, array in layer]
        kind = _kind(arrays)
        words = NORM_WORDS if kind == "norm" else _CONV_WORDS
        fits = len(arrays) == len(words) and all(
            not name or name.rpartition("/")[2].partition(":")[0].startswith(word)
            for (name, _), word in zip(layer, words, strict=False)
        )
        if kind is None or not fits:
            raise refused(file, f"has a layer that a c-ResUnet does not have: {_title(layer)}")
        kinds[kind].append(arrays)
    return _named(kinds, file)


def _named(kinds: Mapping[str, list[list[NDArray[Any]]]], file: str) -> dict[str, NDArray[Any]]:
    values: dict[str, NDArray[Any]] = {}
    for kind, found in kinds.items():
        names = layers(kind)
        if len(found) != len(names):
            raise refused(file, f"has {len(found)} layers where a c-ResUnet has {len(names)}")
        parts = NORM_PARTS if kind == "norm" else ("weight", "bias")
        for name, arrays in zip(names, found, strict=True):
            for part, array in zip(parts, arrays, strict=True):
                values[f"{name}.{part}"] = (
                    array.transpose(3, 2, 0, 1) if array.ndim == 4 else array
                )
    return values


def _kind(arrays: list[NDArray[Any]]) -> str | None:
    """Kind of a layer by the shape of its first array."""
    if not arrays:
        return None
    first = arrays[0]
    if first.ndim == 1:
        return "norm"
    if first.ndim != 4 or first.shape[0] != first.shape[1]:
        return None
    return {1: "point", 2: "up", 3: "wide", 5: "wide"}.get(first.shape[0])


def _positional(entries: list[Named]) -> Iterable[list[Named]]:
    """Layers of arrays that come one after another: kernel and bias, or four vectors.

    Layers that go by names are told apart by these.
    """
    if all("/" in name for name, _ in entries):
        for _, layer in groupby(entries, key=lambda entry: entry[0].rpartition("/")[0]):
            yield list(layer)
        return
    place = 0
    while place < len(entries):
        count = 2 if entries[place][1].ndim == 4 else 4
        # Names without a layer say nothing that is known
        yield [("", array) for _, array in entries[place : place + count]]
        place += count


def _title(layer: list[Named]) -> str:
    if not layer:
        return "an empty one"
    name, array = layer[0]
    return f"{(name or 'array')[:60]} of shape {array.shape}"
