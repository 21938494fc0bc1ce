"""The HDF5 file in which Keras saves a model: its arrays and nothing else.

Only what lies in the file itself is followed and read: hard links, arrays stored inside, by
filters that HDF5 brings along, of sizes that a c-ResUnet has. The description of the model, which
Keras would build objects from, is never looked at.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.model.keras import Named, from_layers
from napari_fncells.model.refusal import ModelError, refused, required

MAGIC = b"\x89HDF\r\n\x1a\n"
_MOST_LAYERS = 1000
_MOST_WEIGHTS = 16
_MOST_VALUES = 1_000_000
_NAME_BYTES = 256
# gzip, shuffle, Fletcher's checksum: others are looked for among the libraries of the system
_FILTERS = {1, 2, 3}


def read_keras_hdf(data: bytes, file: str) -> dict[str, NDArray[Any]]:
    """Arrays by the names of the layout.

    Parameters
    ----------
    data
        The whole file.
    file
        Its name, for refusals.

    Raises
    ------
    ModelError
        It is damaged, not of Keras, not a c-ResUnet, or refers to what lies outside.
    """
    h5py = required("h5py")
    try:
        with h5py.File(io.BytesIO(data), "r") as root:
            return from_layers(_layers(root, file), file)
    except ModelError:
        raise
    except Exception as error:  # whatever a damaged file can make HDF5 and h5py raise
        raise refused(file, "is a damaged or incomplete HDF5 file") from error


def _layers(root: Any, file: str) -> list[list[Named]]:
    """Arrays of each layer that has any, in the order of the layers."""
    # A whole model keeps its weights in a group, weights alone lie at the top
    top = _inside(root, "model_weights", file) if "model_weights" in root else root
    layers = []
    for name in _names(top, "layer_names", _MOST_LAYERS, file):
        group = _inside(top, name, file)
        weights = _names(group, "weight_names", _MOST_WEIGHTS, file)
        if weights:
            layers.append([(each, _array(group, each, file)) for each in weights])
    return layers


def _inside(group: Any, path: str, file: str) -> Any:
    """What a path of hard links leads to."""
    import h5py

    place = group
    for part in path.split("/"):
        if part in ("", ".", "..") or not isinstance(place, h5py.Group):
            raise refused(file, f"has a name that leads nowhere: {path[:80]!r}")
        link = place.get(part, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise refused(file, f"refers to another place or file by {path[:80]!r}")
        place = place[part]
    return place


def _names(group: Any, attribute: str, most: int, file: str) -> list[str]:
    """A list of names that Keras notes; its size is looked at before it is read."""
    if attribute not in group.attrs:
        raise refused(file, f"is an HDF5 file, but not of a Keras model: no {attribute!r}")
    described = group.attrs.get_id(attribute)
    short = described.dtype.kind == "O" or described.dtype.itemsize <= _NAME_BYTES
    count = int(np.prod(described.shape, dtype=object)) if described.shape is not None else 0
    if len(described.shape or ()) > 1 or count > most or not short:
        raise refused(file, f"has {attribute!r} of a size that no c-ResUnet has")
    if count == 0:
        return []
    return [_text(name) for name in np.atleast_1d(group.attrs[attribute])]


def _text(name: Any) -> str:
    return name.decode("utf-8") if isinstance(name, bytes) else str(name)


def _array(group: Any, path: str, file: str) -> NDArray[Any]:
    import h5py

    dataset = _inside(group, path, file)
    if not isinstance(dataset, h5py.Dataset):
        raise refused(file, f"has no array at {path[:80]!r}")
    plan = dataset.id.get_create_plist()
    filters = {plan.get_filter(number)[0] for number in range(plan.get_nfilters())}
    if dataset.is_virtual or plan.get_external_count():
        raise refused(file, f"keeps {path[:80]!r} in another file")
    if not filters <= _FILTERS:
        raise refused(file, f"packs {path[:80]!r} in a way that is not known")
    if dataset.shape is None or dataset.size > _MOST_VALUES or dataset.dtype.kind != "f":
        raise refused(file, f"has {path[:80]!r} of a size or kind that no c-ResUnet has")
    return np.asarray(dataset[()])
