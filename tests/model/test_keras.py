"""Keras' orders of arrays become the layout's; nothing of a Keras file is built or followed."""

from __future__ import annotations

import io
import os
import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_fncells.model.refusal import ModelError
from napari_fncells.model.values import Values
from napari_fncells.model.weights import import_weights
from tests.model.weights_of import keras_dict, keras_layers, random_values

h5py = pytest.importorskip("h5py")
pytest.importorskip("safetensors")


def same(found: Values, expected: Values) -> None:
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize("form", [OrderedDict, lambda d: list(d.values()), lambda d: d])
def test_the_pickle_of_112_arrays(tmp_path: Path, form: Callable[..., Any]) -> None:
    values = random_values()
    file = tmp_path / "c-ResUnet_state_dict.pkl"
    file.write_bytes(pickle.dumps(form(keras_dict(values))))
    found, card = import_weights(file)
    same(found, values)
    assert card.name == "c-ResUnet_state_dict"
    assert card.cutoff == 0.875


def test_the_pickle_with_names_that_say_nothing(tmp_path: Path) -> None:
    values = random_values()
    file = tmp_path / "x.pkl"
    file.write_bytes(pickle.dumps(dict(enumerate(keras_dict(values).values()))))
    same(import_weights(file)[0], values)


def test_a_pickle_whose_parts_are_swapped_is_refused(tmp_path: Path) -> None:
    entries = list(keras_dict(random_values()).items())
    place = next(i for i, (name, _) in enumerate(entries) if "gamma" in name)
    entries[place], entries[place + 1] = entries[place + 1], entries[place]
    file = tmp_path / "x.pkl"
    file.write_bytes(pickle.dumps(dict(entries)))
    with pytest.raises(ModelError, match="a layer that a c-ResUnet does not have"):
        import_weights(file)


class Canary:
    """Leaves a file where it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.place),)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_carries_code_runs_nothing(tmp_path: Path, protocol: int) -> None:
    canary = tmp_path / "canary"
    arrays = keras_dict(random_values())
    arrays["conv2d_1/kernel:0"] = Canary(canary)  # type: ignore[assignment]
    file = tmp_path / "x.pkl"
    file.write_bytes(pickle.dumps(arrays, protocol))
    with pytest.raises(ModelError, match=r"x\.pkl"):
        import_weights(file)
    assert not canary.exists()


@pytest.mark.parametrize("found", [{"a": np.zeros(3)}, [1] * 112, 3, {}])
def test_pickles_of_something_else(tmp_path: Path, found: Any) -> None:
    file = tmp_path / "x.pkl"
    file.write_bytes(pickle.dumps(found))
    with pytest.raises(ModelError, match="not of the 112 arrays"):
        import_weights(file)


# HDF5


def save_keras(root: Any, values: Values, *, order: Callable[[Any], Any] = list) -> None:
    """As Keras 2.2 writes: layers without weights between, names as attributes."""
    layers = order(keras_layers(values))
    layers.insert(0, ("input_1", {}))
    layers.insert(5, ("elu_1", {}))
    root.attrs["layer_names"] = [name.encode() for name, _ in layers]
    for name, arrays in layers:
        group = root.create_group(name)
        group.attrs["weight_names"] = [f"{name}/{word}:0".encode() for word in arrays]
        for word, array in arrays.items():
            group.create_dataset(f"{name}/{word}:0", data=array)


def by_name(layers: list[Any]) -> list[Any]:
    """An order between kinds of layers other than that of the layout, each kind in its own."""
    return sorted(layers, key=lambda layer: layer[0].rpartition("_")[0])


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("order", [list, by_name])
def test_an_hdf5_file_of_keras(tmp_path: Path, whole: bool, order: Callable[..., Any]) -> None:
    values = random_values()
    file = tmp_path / "c-ResUnet.h5"
    with h5py.File(file, "w") as root:
        root.attrs["model_config"] = "{}"
        save_keras(root.create_group("model_weights") if whole else root, values, order=order)
    found, card = import_weights(file)
    same(found, values)
    assert card.source is not None
    assert card.source.kind == "Keras model"


def test_arrays_packed_by_hdf5_itself(tmp_path: Path) -> None:
    values = random_values()
    file = tmp_path / "x.h5"
    with h5py.File(file, "w") as root:
        save_keras(root, values)
        for name, arrays in keras_layers(values):
            for word, array in arrays.items():
                del root[name][f"{name}/{word}:0"]
                root[name].create_dataset(
                    f"{name}/{word}:0", data=array, compression="gzip", shuffle=True
                )
    same(import_weights(file)[0], values)


FIRST = "conv2d_1/conv2d_1/kernel:0"


def soft(root: Any, _: Path) -> None:
    root["kept"] = np.zeros((1, 1, 3, 1), np.float32)
    root[FIRST] = h5py.SoftLink("/kept")


def outside(root: Any, folder: Path) -> None:
    with h5py.File(folder / "other.h5", "w") as other:
        other["kept"] = np.zeros((1, 1, 3, 1), np.float32)
    root[FIRST] = h5py.ExternalLink(str(folder / "other.h5"), "/kept")


def stored_outside(root: Any, folder: Path) -> None:
    (folder / "secret").write_bytes(b"x" * 12)
    root.create_dataset(
        FIRST, (1, 1, 3, 1), np.float32, external=[(str(folder / "secret"), 0, 12)]
    )


def virtual(root: Any, folder: Path) -> None:
    with h5py.File(folder / "other.h5", "w") as other:
        other["kept"] = np.zeros((1, 1, 3, 1), np.float32)
    layout = h5py.VirtualLayout((1, 1, 3, 1), np.float32)
    layout[:] = h5py.VirtualSource(folder / "other.h5", "kept", (1, 1, 3, 1))
    root.create_virtual_dataset(FIRST, layout)


def bomb(root: Any, _: Path) -> None:
    shape = (40_000, 40_000, 3, 1)
    root.create_dataset(FIRST, shape, np.float32, chunks=(1000, 1000, 1, 1), compression="gzip")


def group_for_array(root: Any, _: Path) -> None:
    root.create_group(FIRST)


def text(root: Any, _: Path) -> None:
    root.create_dataset(FIRST, data="x")


def nowhere(root: Any, _: Path) -> None:
    root["conv2d_1"].attrs["weight_names"] = [b"../conv2d_1/kernel:0", b"conv2d_1/bias:0"]


def many_names(root: Any, _: Path) -> None:
    root.attrs.create("layer_names", np.full(7000, b"a"))


def no_names(root: Any, _: Path) -> None:
    del root.attrs["layer_names"]


def one_layer_less(root: Any, _: Path) -> None:
    root["conv2d_1"].attrs["weight_names"] = np.zeros(0, "S1")


def wrong_filter(root: Any, _: Path) -> None:
    root.create_dataset(FIRST, data=np.zeros((1, 1, 3, 1), np.float32), compression="lzf")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (soft, "refers to another place"),
        (outside, "refers to another place"),
        (stored_outside, "in another file"),
        (virtual, "in another file"),
        (bomb, "size or kind"),
        (group_for_array, "no array"),
        (text, "size or kind"),
        (nowhere, "leads nowhere"),
        (many_names, "'layer_names' of a size"),
        (no_names, "no 'layer_names'"),
        (one_layer_less, "4 layers where a c-ResUnet has 5"),
        (wrong_filter, "packs"),
    ],
)
def test_hdf5_files_that_are_refused(
    tmp_path: Path, change: Callable[..., None], problem: str
) -> None:
    file = tmp_path / "x.h5"
    with h5py.File(file, "w") as root:
        save_keras(root, random_values())
        del root[FIRST]
        change(root, tmp_path)
    with pytest.raises(ModelError, match=rf"x\.h5 .*{problem}.*it was not taken"):
        import_weights(file)


def test_a_link_to_a_layer_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.h5"
    with h5py.File(file, "w") as root:
        save_keras(root, random_values())
        root.move("conv2d_1", "elsewhere")
        root["conv2d_1"] = h5py.SoftLink("/elsewhere")
    with pytest.raises(ModelError, match="refers to another place"):
        import_weights(file)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.99])
def test_a_truncated_hdf5_file(tmp_path: Path, share: float) -> None:
    whole = io.BytesIO()
    with h5py.File(whole, "w") as root:
        save_keras(root, random_values())
    data = whole.getvalue()
    file = tmp_path / "x.h5"
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ModelError, match=r"x\.h5"):
        import_weights(file)
