"""The values of a network, from names of many kinds to those of the layout, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.model.layout import COUNTER, HEAD, value_shapes
from napari_fncells.model.refusal import refused

Values = dict[str, NDArray[np.float32]]
"""Values by the names of the layout, those of counters left out."""

_WRAPPERS = ("module.", "_orig_mod.")


def checked(found: Mapping[str, NDArray[Any]], file: str) -> tuple[Values, tuple[str, ...]]:
    """Values in the order and with the names of the layout.

    Names may begin as those of a wrapped network do, and the head may have two channels: then
    the probability is what softmax gives the second.

    Parameters
    ----------
    found
        Arrays by name.
    file
        Where they come from, for refusals.

    Returns
    -------
    dict
        float32 arrays, contiguous.
    tuple of str
        What was assumed, in sentences.

    Raises
    ------
    ModelError
        A value is missing, unknown, of another shape or kind, not finite, or a variance below 0.
    """
    named = {_plain_name(name): array for name, array in found.items()}
    if len(named) != len(found):
        raise refused(file, "names some of its values twice")
    notes = _fold_head(named)
    wanted = {name: shape for name, shape in value_shapes().items() if not name.endswith(COUNTER)}
    unknown = next((name for name in named if name not in value_shapes()), None)
    if unknown is not None:
        raise refused(file, f"holds {unknown[:80]!r}, which a c-ResUnet does not have")
    missing = [name for name in wanted if name not in named]
    if missing:
        raise refused(file, f"lacks {len(missing)} values of a c-ResUnet, first {missing[0]!r}")
    values = {name: _value(named[name], name, shape, file) for name, shape in wanted.items()}
    return values, notes


def _plain_name(name: str) -> str:
    """Name as in the layout."""
    stripped = True
    while stripped:
        before = name
        for wrapper in _WRAPPERS:
            name = name.removeprefix(wrapper)
        stripped = name != before
    part = name.rpartition(".")[2]
    return f"{HEAD}.{part}" if name.startswith("head.") else name


def _fold_head(named: dict[str, NDArray[Any]]) -> tuple[str, ...]:
    """Make one logit of two, in place: softmax of two is the logistic of their difference."""
    kernel, bias = named.get(f"{HEAD}.weight"), named.get(f"{HEAD}.bias")
    if kernel is None or bias is None or bias.shape != (2,) or kernel.shape[:1] != (2,):
        return ()
    if kernel.dtype.kind != "f" or bias.dtype.kind != "f":
        return ()
    for part, array in (("weight", kernel), ("bias", bias)):
        named[f"{HEAD}.{part}"] = array[1:] - array[:1]
    return ("The head has two channels; the second was taken for cells, by softmax.",)


def _value(
    array: NDArray[Any], name: str, shape: tuple[int, ...], file: str
) -> NDArray[np.float32]:
    if array.shape != shape:
        raise refused(file, f"has {name!r} of shape {array.shape}, which should be {shape}")
    if array.dtype.kind != "f":
        raise refused(file, f"has {name!r} of kind {array.dtype.name}, not of fractions")
    with np.errstate(over="ignore"):
        value = np.ascontiguousarray(array, dtype=np.float32)
    if not np.isfinite(value).all():
        raise refused(file, f"holds values in {name!r} that are no finite numbers")
    if name.endswith("running_var") and (value < 0).any():
        raise refused(file, f"has variances below zero in {name!r}")
    return value
