"""CZI, ND2 and LIF through bioio, where its plug-in for the format is installed."""

from __future__ import annotations

import importlib
import math
from contextlib import suppress
from typing import Any

import numpy as np

from napari_fncells.io.parts import Parts
from napari_fncells.io.raster import Raster, Source, channel_note
from napari_fncells.io.read_error import ImageReadError, ReadCode

_MOST_SCENES = 10_000
_READERS = {"CZI": "bioio_czi", "ND2": "bioio_nd2", "LIF": "bioio_lif"}


def read_bioio(source: Source, kind: str, page: int | None, channel: int | None) -> Raster:
    """Read one picture of a microscope's file.

    The plug-in opens the file by its path, and nothing else that the file may name.

    Parameters
    ----------
    source
        The file.
    kind
        'CZI', 'ND2' or 'LIF'.
    page
        Which picture (scene, time point, depth), counted from 0, where there are several.
    channel
        Which channel, counted from 0; None for all of them.

    Returns
    -------
    Raster
        (Y, X) or (Y, X, C) in the stored dtype.

    Raises
    ------
    ImageReadError
        The plug-in is missing or fails, the picture is too large, or none was chosen.
    """
    opened = _open(source, kind)
    scenes = tuple(str(scene) for scene in opened.scenes)[:_MOST_SCENES]
    places, names = _pages(opened, scenes)
    channels = int(getattr(opened.dims, "C", 1))
    parts = Parts(len(places), channels, names, _channel_names(opened))
    scene, time, depth = places[source.check_page(page, parts)]
    opened.set_scene(scene)
    channels = int(getattr(opened.dims, "C", 1))
    parts = Parts(len(places), channels, names, _channel_names(opened))
    wanted = range(channels) if channel is None else [source.check_channel(channel, parts)]
    source.check_stack(len(wanted), parts)
    colours = int(getattr(opened.dims, "S", 1))
    height, width = int(opened.dims.Y), int(opened.dims.X)
    source.check_size(height, width, len(wanted) * colours, np.dtype(opened.dtype).itemsize)
    order = "YXS" if colours > 1 else "YX"
    planes = [
        np.asarray(opened.get_image_dask_data(order, T=time, Z=depth, C=number).compute())
        for number in wanted
    ]
    if any(plane.shape[:2] != (height, width) for plane in planes):
        raise source.damaged("declares another size than its pictures have")
    pixels = planes[0] if len(planes) == 1 else np.dstack(planes)
    notes: tuple[str, ...] = (f"Read by {_READERS[kind].replace('_', '-')}.",)
    if channel is not None and channels > 1:
        notes = (*notes, channel_note(channel, channels))
    return Raster(pixels, notes, _pixel_size(opened), parts)


def _open(source: Source, kind: str) -> Any:
    module = _READERS[kind]
    try:
        bioio, plugin = importlib.import_module("bioio"), importlib.import_module(module)
    except ImportError as error:
        raise _not_installed(source, kind) from error
    # A path with '::' or '://' would be taken for a chain of places, some on the network
    place = str(source.path.absolute())
    if "::" in place or "://" in place:
        raise source.error(
            ReadCode.UNSUPPORTED,
            "has '::' or '://' in its path, which bioio would take for an address",
            "Rename the file or its folder.",
        )
    try:
        return bioio.BioImage(place, reader=plugin.Reader)
    except ImageReadError:
        raise
    except Exception as error:
        raise source.damaged(f"could not be read by {module.replace('_', '-')}") from error


def _not_installed(source: Source, kind: str) -> ImageReadError:
    package = _READERS[kind].replace("_", "-")
    return source.error(
        ReadCode.UNSUPPORTED,
        f"is a {kind} file, and the plug-in that reads these is not installed",
        f"Install it with: pip install bioio {package}; or save the picture as TIFF with Fiji.",
    )


def _pages(
    opened: Any, scenes: tuple[str, ...]
) -> tuple[list[tuple[int, int, int]], tuple[str, ...]]:
    """(scene, time, depth) of every picture, and what to call it."""
    places: list[tuple[int, int, int]] = []
    names: list[str] = []
    for number, scene in enumerate(scenes):
        opened.set_scene(number)
        times, depths = (int(getattr(opened.dims, axis, 1)) for axis in "TZ")
        for time in range(times):
            for depth in range(depths):
                places.append((number, time, depth))
                words = [f"scene {scene}"] if len(scenes) > 1 else []
                words += [f"time {time + 1}"] if times > 1 else []
                words += [f"depth {depth + 1}"] if depths > 1 else []
                names.append(", ".join(words))
    return places, tuple(names)


def _channel_names(opened: Any) -> tuple[str, ...]:
    with suppress(Exception):  # names are a help, not a need
        return tuple(str(name) for name in opened.channel_names)
    return ()


def _pixel_size(opened: Any) -> float | None:
    """Side of a pixel in µm, which is the unit of bioio's plug-ins for these formats."""
    with suppress(Exception):
        sizes = opened.physical_pixel_sizes
        across, down = float(sizes.X), float(sizes.Y)
        if math.isfinite(across) and across > 0 and abs(across - down) <= 0.01 * across:
            return across
    return None
