"""What napari.yaml points at: reader, writer, samples and menu commands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import napari
import numpy as np
from napari.layers import Labels as LabelsLayer
from napari.utils.notifications import show_info
from napari.viewer import Viewer
from numpy.typing import NDArray

from napari_fncells.core.attention.clean import CleanMask
from napari_fncells.core.errors import UserError
from napari_fncells.core.ignore import counted
from napari_fncells.io.chosen import read_chosen
from napari_fncells.io.images import IMAGE_SUFFIXES, Image, ImageReadError, list_images, read_image
from napari_fncells.io.masks import load_labels
from napari_fncells.io.samples import (
    SAMPLE_WITH_DRAFT,
    sample_draft_path,
    sample_folder,
    sample_image_path,
    sample_truth_path,
)
from napari_fncells.session.save_as import save_cells, save_mask
from napari_fncells.session.words import cells_in_words
from napari_fncells.viewer.pictures import KEY, NO_LAYER, LayerData, image_layer_data
from napari_fncells.viewer.workspace import Workspace, existing_workspace, workspace_of

PLUGIN = "napari-fncells"
DOCK = "Curate masks"


def get_reader(path: str | list[str]) -> Callable[[Any], list[LayerData]] | None:
    """Give napari a reader for a picture or a folder of them, or None."""
    if not isinstance(path, str):
        return None
    place = Path(path)
    if place.is_dir():
        return _read_folder if list_images(place) else None
    return _read_picture if place.suffix.lower() in IMAGE_SUFFIXES else None


def _read_picture(path: str) -> list[LayerData]:
    """One picture; where it is one of several in its file, the window asks which."""
    try:
        image = read_chosen(Path(path))
    except ImageReadError as error:
        workspace = _asked_workspace(error)
        if workspace is None or not workspace.parts.asks(error):
            raise
        return [NO_LAYER]
    _tell(image.name, image.notes)
    return [image_layer_data(image)]


def _read_folder(path: str) -> list[LayerData]:
    """The first picture of a folder; the dock goes on to the others."""
    try:
        first = read_chosen(list_images(Path(path))[0])
    except ImageReadError as error:
        workspace = _asked_workspace(error)
        if workspace is None:
            raise
        workspace.open_folder(Path(path))
        return [NO_LAYER]
    _tell(first.name, first.notes)
    return [image_layer_data(first, folder=path)]


def _asked_workspace(error: ImageReadError) -> Workspace | None:
    """The workspace of the window that can ask for the part that is wanted of a file."""
    viewer = napari.current_viewer()
    if error.parts is None or viewer is None:
        return None
    show_dock(viewer)
    return workspace_of(viewer)


def _tell(name: str, notes: tuple[str, ...]) -> None:
    for note in notes:
        show_info(f"{name}: {note}")


def write_mask(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write a labels layer as a binary 0/255 PNG, read back before it counts as saved.

    A mask of that name that is there already is kept under another name. Of a mask that is
    worked on, ignored cells are left out.
    """
    source = facts_of_meta(meta).get("image")
    labels = _without_ignored(np.asarray(data))
    _tell_kept(path, save_mask(Path(path), labels, getattr(source, "path", None)))
    return [path]


def write_cells(form: str, path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write a labels layer in another format, as `write_mask` does."""
    source = facts_of_meta(meta).get("image")
    labels = _without_ignored(np.asarray(data))
    image = source if isinstance(source, Image) else None
    _tell_kept(path, save_cells(Path(path), labels, image, form))
    return [path]


write_geojson = partial(write_cells, "qupath-geojson")
write_rois = partial(write_cells, "imagej-roi")
write_voc = partial(write_cells, "voc")
write_boxes = partial(write_cells, "boxes-csv")


def _tell_kept(path: str, earlier: Path | None) -> None:
    if earlier is not None:
        show_info(f"The earlier {Path(path).name} is kept as {earlier.name}.")


def _without_ignored(data: NDArray[Any]) -> NDArray[Any]:
    """Labels of a mask layer of ours without its ignored cells; other labels as they are."""
    viewer = napari.current_viewer()
    workspace = existing_workspace(viewer) if viewer is not None else None
    for picture in workspace.pictures if workspace is not None else ():
        layer = picture.mask_layer
        if layer is None or not layer.gave(data):
            continue
        document = layer.document
        if document.attended or document.ignored_cells:
            clean = CleanMask(document)
            kept, _ = counted(clean.labels(), clean.cells, document.ignored > 0)
            if not document.ignored_cells:
                return kept[layer.area.slices]
            few = cells_in_words(len(document.ignored_cells))
            show_info(f"{few.capitalize()} in ignored regions left out.")
            return kept[layer.area.slices]
    return data


def facts_of_meta(meta: dict[str, Any]) -> dict[str, Any]:
    """What this plugin noted in the metadata of a layer data tuple."""
    found = meta.get("metadata", {}).get(KEY)
    return found if isinstance(found, dict) else {}


def open_sample(name: str) -> list[LayerData]:
    """One sample picture."""
    return [image_layer_data(read_image(sample_image_path(name)))]


open_sparse = partial(open_sample, "sparse")
open_crowded = partial(open_sample, "crowded")
open_artefacts = partial(open_sample, "artefacts")
open_dim = partial(open_sample, "dim")
open_empty = partial(open_sample, "empty")


def open_draft_and_truth() -> list[LayerData]:
    """A sample with a draft that has known errors, and its truth (hidden at first)."""
    name = SAMPLE_WITH_DRAFT
    draft = {"name": f"{name} draft", "opacity": 0.5, "metadata": {KEY: {"role": "draft"}}}
    truth = {"name": f"{name} truth", "visible": False, "metadata": {KEY: {"role": "truth"}}}
    return [
        *open_sample(name),
        (load_labels(sample_truth_path(name)).values, truth, "labels"),
        (load_labels(sample_draft_path(name)).values, draft, "labels"),
    ]


def open_five_to_curate() -> list[LayerData]:
    """A folder of five pictures, with the dock that goes through them."""
    viewer = napari.current_viewer()
    if viewer is not None:
        show_dock(viewer)
    return _read_folder(str(sample_folder()))


def show_dock(viewer: Any) -> None:
    """Open the dock of this plugin where there is a window."""
    window = getattr(viewer, "window", None)
    if window is not None:
        with suppress(RuntimeError):
            window.add_plugin_dock_widget(PLUGIN, DOCK)


def draft_mask(viewer: Viewer) -> None:
    """Menu: draft a mask of the picture on screen."""
    show_dock(viewer)
    workspace_of(viewer).drafting.draft()


def correct_labels(viewer: Viewer) -> None:
    """Menu: take the active labels layer as the draft and correct it."""
    layer = viewer.layers.selection.active
    if not isinstance(layer, LabelsLayer):
        raise UserError("The active layer is no labels layer.", "Click one in the layer list.")
    show_dock(viewer)
    workspace_of(viewer).drafting.adopt(layer)


def undo_correction(viewer: Viewer) -> None:
    """Menu: take back the newest edit of the mask, whichever layer is active."""
    workspace_of(viewer).undo()


def redo_correction(viewer: Viewer) -> None:
    """Menu: do again what was undone last."""
    workspace_of(viewer).redo()
