"""Pictures as napari layers, and back."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer
from numpy.typing import NDArray

from napari_fncells.core.contrast import brightened, contrast_limits
from napari_fncells.core.errors import UserError
from napari_fncells.io.images import Image
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper
from napari_fncells.viewer.area import work_area
from napari_fncells.viewer.layer import MaskLayer
from napari_fncells.viewer.palette import MASK_OPACITY

KEY = "fncells"
HEAT = "heat"
"""Role of the layer that shows what a model makes of a picture."""
COVERAGE = "coverage"
"""Role of the layer that marks what of a picture was not looked at yet."""
LayerData = tuple[Any, dict[str, Any], str]

NO_LAYER: LayerData = (np.empty((0, 1, 1)), {"channel_axis": 0}, "image")
"""A picture of no channel, for which napari adds no layer: it wants something in return for a
sample or a file, and the pictures come later, by a dialog."""


@dataclass(eq=False)
class Picture:
    """A picture of the workspace: on disk only, or open.

    Attributes
    ----------
    name
        As shown to the user.
    path
        Its file, where it can be read again from there: it is one of a folder.
    file
        The file it was opened from, where it has one.
    session
        While the picture is open, once a mask was begun.
    keeper
        Keeps the session's document on disk; opened before it.
    image_layer, mask_layer
        While they are in the viewer.
    """

    name: str
    path: Path | None = None
    file: Path | None = None
    session: ImageSession | None = None
    keeper: Keeper | None = None
    image_layer: Any = None
    mask_layer: MaskLayer | None = None

    @classmethod
    def shown_by(cls, layer: Any, *, in_folder: bool) -> Self:
        """The picture of an image layer; one of a folder can be read again from its file."""
        known = facts_of(layer).get("image")
        path = known.path if known is not None and in_folder else None
        file = known.path if known is not None else None
        name = known.name if known is not None else layer.name
        return cls(name, path, file, image_layer=layer)

    def show(self, shown: LayerData) -> None:
        """Make the image layer."""
        data, meta, _ = shown
        self.image_layer = ImageLayer(data, **meta)

    def take_image_layer(self, other: Picture, shown: LayerData) -> bool:
        """Show this picture in the layer of another one, where it is of the same kind."""
        layer = other.image_layer
        data, meta, _ = shown
        former = layer.data
        rgb = bool(meta.get("rgb"))
        kinds = (former.dtype, former.ndim, bool(layer.rgb), bool(layer.multiscale))
        if kinds != (data.dtype, data.ndim, rgb, False):
            return False
        layer.data = data
        layer.name, layer.metadata = meta["name"], meta["metadata"]
        if not rgb:
            layer.contrast_limits = meta["contrast_limits"]
        self.image_layer, other.image_layer = layer, None
        return True

    def take_mask_layer(self, other: Picture) -> None:
        """Show this picture's mask in the layer of another one's."""
        layer, other.mask_layer = other.mask_layer, None
        if layer is None or self.session is None:
            return
        document = self.session.document
        layer.show_document(document, work_area(document.shape), self.image_layer)
        layer.name = self._mask_name
        self.mask_layer = layer

    @property
    def _mask_name(self) -> str:
        return f"{Path(self.name).stem} mask"

    def make_mask_layer(self) -> MaskLayer:
        """Mask layer on the session's document, aligned with the picture.

        Raises
        ------
        UserError
            Where no mask was begun.
        """
        if self.session is None:
            raise UserError("No mask was begun for this picture.", "Draft one first.")
        placed = {}
        if self.image_layer is not None:
            placed = {
                "scale": self.image_layer.scale[-2:],
                "translate": self.image_layer.translate[-2:],
            }
        document = self.session.document
        layer = MaskLayer(
            document,
            work_area(document.shape),
            name=self._mask_name,
            opacity=MASK_OPACITY,
            **placed,
        )
        layer.editable = not document.read_only
        layer.help = "Shift+click a cell to remove it, the ground to add one"
        return layer


def image_layer_data(image: Image, **facts: Any) -> LayerData:
    """Layer data of a picture, visible at once however dark it is.

    Parameters
    ----------
    image
        The picture. A colour one is shown by a brightened copy; the original travels in the
        layer's metadata, from where every analysis takes it.
    **facts
        More for the metadata, e.g. `folder`.
    """
    if image.pixels.ndim == 3 and image.pixels.shape[2] >= 3:
        return colour_layer_data(image, brightened(image.pixels), **facts)
    stem = Path(image.name).stem
    metadata = {KEY: {"image": image, **facts}}
    plane = image.pixels if image.pixels.ndim == 2 else image.pixels.max(axis=2)
    meta = {"name": stem, "contrast_limits": contrast_limits(plane), "metadata": metadata}
    return plane, meta, "image"


def colour_layer_data(image: Image, shown: NDArray[np.uint8], **facts: Any) -> LayerData:
    """Layer data of a colour picture, with the copy that is shown of it."""
    name = f"{Path(image.name).stem} (brightened)"
    metadata = {KEY: {"image": image, **facts}}
    return shown, {"name": name, "rgb": True, "metadata": metadata}, "image"


def image_of(layer: ImageLayer) -> Image:
    """The picture that an image layer shows.

    Raises
    ------
    UserError
        For a layer that is no single flat picture.
    """
    known = facts_of(layer).get("image")
    if isinstance(known, Image):
        return known
    flat = layer.data.ndim == (3 if layer.rgb else 2)
    if layer.multiscale or not flat:
        raise UserError(
            f"{layer.name} has more dimensions than a flat picture.",
            "Choose one plane of it and open that alone.",
        )
    path = Path(layer.source.path) if layer.source.path else None
    name = path.name if path else layer.name
    return Image(np.asarray(layer.data), path, name, _sha256(path))


def facts_of(layer: Any) -> dict[str, Any]:
    """What this plugin noted in a layer's metadata."""
    found = layer.metadata.get(KEY)
    return found if isinstance(found, dict) else {}


def is_known(layer: Any) -> bool:
    """Whether an image layer shows a picture that was read by this plugin."""
    return isinstance(facts_of(layer).get("image"), Image)


def is_picture(layer: Any) -> bool:
    """Whether a layer shows a picture one could draft a mask for."""
    return isinstance(layer, ImageLayer) and facts_of(layer).get("role") not in (HEAT, COVERAGE)


def is_draft(layer: Any) -> bool:
    """Whether a labels layer was opened to become the mask that is worked on."""
    return isinstance(layer, LabelsLayer) and facts_of(layer).get("role") == "draft"


def _sha256(path: Path | None) -> str | None:
    """Hash of a layer's source file, where it has one that can be read."""
    if path is not None:
        with suppress(OSError):
            return hashlib.sha256(path.read_bytes()).hexdigest()
    return None
