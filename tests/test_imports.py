"""What an import brings in, and what it must not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import napari_fncells

HEAVY = {"torch", "qtpy", "PyQt5", "PyQt6", "napari", "skimage", "scipy", "cv2"}


def loaded_after(statement: str) -> set[str]:
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return {name.split(".")[0] for name in json.loads(done.stdout)}


def test_importing_the_package_brings_in_nothing_heavy() -> None:
    assert not loaded_after("import napari_fncells") & (HEAVY | {"numpy", "pydantic"})


@pytest.mark.parametrize(
    "module", ["core.segment", "io.images", "session.batch", "cli", "model.predict"]
)
def test_logic_brings_in_no_window_and_no_torch(module: str) -> None:
    loaded = loaded_after(f"import napari_fncells.{module}")
    assert not loaded & {"torch", "h5py", "safetensors", "qtpy", "PyQt5", "PyQt6", "napari"}


def test_viewer_layer_brings_in_no_qt() -> None:
    assert not loaded_after("import napari_fncells.viewer.workspace") & {"PyQt5", "PyQt6"}


@pytest.mark.parametrize("name", napari_fncells.__all__)
def test_public_names_are_there(name: str) -> None:
    assert getattr(napari_fncells, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = napari_fncells.no_such_thing


def test_public_names_are_listed() -> None:
    assert set(napari_fncells.__all__) <= set(dir(napari_fncells))
