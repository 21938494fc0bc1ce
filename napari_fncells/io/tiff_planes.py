"""Which planes a TIFF file holds, and which of them are channels of one picture."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tifffile

from napari_fncells.io import ome
from napari_fncells.io.parts import Parts
from napari_fncells.io.raster import Source, page_density_size
from napari_fncells.io.read_error import ReadCode

_MAX_PAGES = 32_768
_REDUCED_OR_MASK = 0b101
_METAMORPH_PLANES_TAG = 33629
_IMAGEJ_UNITS_UM = {
    "micron": 1.0,
    "microns": 1.0,
    "um": 1.0,
    "µm": 1.0,
    "μm": 1.0,
    "\\u00b5m": 1.0,
    "nm": 1e-3,
    "mm": 1e3,
    "cm": 1e4,
}
_METRES_BY_UNIT_TAG = {2: 0.0254, 3: 0.01}


@dataclass(frozen=True)
class Plane:
    """One plane: a page, or the n-th of several planes that follow it without pages."""

    page: Any
    frame: int = 0


@dataclass(frozen=True)
class Layout:
    """The pictures of a file.

    Parameters
    ----------
    pictures
        Each picture's planes, one for each channel.
    pixel_size
        Side of a pixel in µm, None where the file does not say.
    notes
        What was left out or assumed.
    page_names, channel_names
        What the file calls the pictures and channels, as far as it does.
    """

    pictures: tuple[tuple[Plane, ...], ...]
    pixel_size: float | None = None
    notes: tuple[str, ...] = ()
    page_names: tuple[str, ...] = ()
    channel_names: tuple[str, ...] = ()

    def parts(self, page: int = 0) -> Parts:
        """What there is to choose from, with the channels of this picture."""
        planes = self.pictures[page]
        samples = int(planes[0].page.samplesperpixel)
        # three or four samples of one page are colours, a second one is alpha
        channels = len(planes) if len(planes) > 1 else samples if samples > 4 else 1
        return Parts(len(self.pictures), channels, self.page_names, self.channel_names)


def layout(source: Source, tif: tifffile.TiffFile) -> Layout:
    """Find the pictures of a TIFF file and the channels of each.

    Only pages of this file count, whatever its metadata say about others.

    Raises
    ------
    ImageReadError
        The metadata are unsafe, promise planes that the file does not hold, or there are no
        pages or too many.
    """
    pages, notes = _pages(source, tif)
    description = _description(pages[0])
    ome.refuse_unsafe(source, description)
    if ome.is_ome(description):
        return _ome_layout(source, pages, description, notes)
    main = [page for page in pages if not int(page.subfiletype) & _REDUCED_OR_MASK] or pages[:1]
    if len(main) < len(pages):
        notes = (*notes, f"{len(pages) - len(main)} preview or mask pages were left out.")
    if description.startswith("ImageJ="):
        return _imagej_layout(source, main, description, notes)
    return _plain_layout(source, main, description, notes)


def _pages(source: Source, tif: tifffile.TiffFile) -> tuple[list[Any], tuple[str, ...]]:
    pages: list[Any] = []
    notes: tuple[str, ...] = ()
    seen: set[int] = set()
    for page in tif.pages:
        if page.offset in seen:
            notes = ("The list of pages leads back into itself; each page was taken once.",)
            break
        seen.add(page.offset)
        _check_numbers(source, page)
        pages.append(page)
        if len(pages) > _MAX_PAGES:
            raise source.unsupported(f"more than {_MAX_PAGES:,} pages")
    if not pages:
        raise source.truncated("is a TIFF file whose directory is missing or lies past its end")
    return pages, notes


def _check_numbers(source: Source, page: Any) -> None:
    """A tag that should be one number may hold a list, which arithmetic would then repeat."""
    names = (
        "imagewidth",
        "imagelength",
        "imagedepth",
        "samplesperpixel",
        "rowsperstrip",
        "tilewidth",
        "tilelength",
        "tiledepth",
    )
    if not all(isinstance(getattr(page, name), int) for name in names):
        raise source.damaged("is a TIFF file with lists where single numbers belong")


def _description(page: Any) -> str:
    value = page.tags.valueof(270, "")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value) if isinstance(value, str) else str(page.description)


def _ome_layout(
    source: Source, pages: list[Any], description: str, notes: tuple[str, ...]
) -> Layout:
    images = ome.parse(description, source.path.name, len(pages))
    if images is None or not any(image.planes for image in images):
        note = "The OME metadata could not be understood; the pages are taken as they stand."
        return Layout(tuple((Plane(page),) for page in pages), notes=(*notes, note))
    pictures: list[tuple[Plane, ...]] = []
    names: list[str] = []
    for number, image in enumerate(images, 1):
        by_position: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for (time, depth, channel), page in sorted(image.planes.items()):
            by_position.setdefault((time, depth), []).append((channel, page))
        pictures += [tuple(Plane(pages[n]) for _, n in at) for at in by_position.values()]
        prefix = f"image {number}" if len(images) > 1 else ""
        names += _position_names(list(by_position), prefix)
    notes = (*notes, *_ome_notes(images, len(pages)))
    return Layout(
        tuple(pictures), images[0].pixel_size, notes, tuple(names), images[0].channel_names
    )


def _position_names(positions: list[tuple[int, int]], prefix: str = "") -> list[str]:
    """What to call pictures at (time, depth), counted from 1 as microscopes do."""
    times, depths = ({at[axis] for at in positions} for axis in (0, 1))
    names = []
    for time, depth in positions:
        parts = [prefix] if prefix else []
        parts += [f"time {time + 1}"] if len(times) > 1 else []
        parts += [f"depth {depth + 1}"] if len(depths) > 1 else []
        names.append(", ".join(parts))
    return names


def _ome_notes(images: list[ome.OmeImage], page_count: int) -> tuple[str, ...]:
    held = {number for image in images for number in image.planes.values()}
    notes = []
    missing = sum(max(0, image.expected - len(image.planes)) for image in images)
    if missing:
        others = sorted(set().union(*(image.elsewhere for image in images)))
        named = f" (in {', '.join(others[:3])}{' …' if len(others) > 3 else ''})" if others else ""
        planes = "1 more plane" if missing == 1 else f"{missing} more planes"
        notes.append(f"The metadata speak of {planes}{named}; only this file was read.")
    if len(held) < page_count:
        notes.append(
            f"{page_count - len(held)} pages without a place in the metadata were left out."
        )
    return tuple(notes)


def _imagej_layout(
    source: Source, pages: list[Any], description: str, notes: tuple[str, ...]
) -> Layout:
    fields = dict(
        line.split("=", 1) for line in description.splitlines() if "=" in line and len(line) < 1000
    )
    promised = _positive(fields.get("images"))
    planes = _planes(source, pages, promised)
    unit = _IMAGEJ_UNITS_UM.get(fields.get("unit", "").strip().lower())
    size = None if unit is None else _scaled(pages[0], unit)
    channels = _positive(fields.get("channels"))
    if len(planes) % channels or promised != len(planes):
        channels = 1
    pictures = _group(planes, channels)
    slices, frames = (_positive(fields.get(name)) for name in ("slices", "frames"))
    names: list[str] = []
    if slices * frames == len(pictures):
        names = _position_names([(t, z) for t in range(frames) for z in range(slices)])
    return Layout(pictures, size, notes, tuple(names))


def _plain_layout(
    source: Source, pages: list[Any], description: str, notes: tuple[str, ...]
) -> Layout:
    shape, axes = _shaped(description)
    per_page = math.prod(pages[0].shape)
    promised = max(1, math.prod(shape) // per_page) if shape and per_page else 1
    tag = pages[0].tags.get(_METAMORPH_PLANES_TAG)
    if tag is not None:
        promised = max(promised, int(tag.count))
    planes = _planes(source, pages, promised)
    channels = len(planes) if axes in {"CYX", "CYXS", "CSYX"} and promised == len(planes) else 1
    return Layout(_group(planes, channels), _print_size(pages[0]), notes)


def _planes(source: Source, pages: list[Any], promised: int) -> list[Plane]:
    """Give the planes; some writers store many behind a single page."""
    if len(pages) > 1 or promised <= 1:
        return [Plane(page) for page in pages]
    page = pages[0]
    plain = page.is_contiguous and int(page.fillorder) == 1 and int(page.predictor) == 1
    if not plain or promised > _MAX_PAGES:
        raise source.unsupported(f"{promised} planes behind a single page")
    if page.dataoffsets[0] + promised * page.nbytes > source.size:
        raise source.error(
            ReadCode.TRUNCATED,
            f"promises {promised} planes but does not hold them",
            "Copy or export the file again.",
        )
    return [Plane(page, frame) for frame in range(promised)]


def _group(planes: Sequence[Plane], channels: int) -> tuple[tuple[Plane, ...], ...]:
    return tuple(
        tuple(planes[start : start + channels]) for start in range(0, len(planes), channels)
    )


def _shaped(description: str) -> tuple[tuple[int, ...], str]:
    """Read the shape and axes that tifffile writes as JSON."""
    if not description.startswith('{"shape":'):
        return (), ""
    try:
        record = json.loads(description)
        shape = tuple(int(side) for side in record["shape"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return (), ""
    return (shape if all(side > 0 for side in shape) else ()), str(record.get("axes", ""))


def _positive(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and 0 < int(text) < 1 << 31 else 1


def _density(page: Any) -> float:
    """Give the resolution in pixels per unit; 0 where not stated or not square."""
    across, down = (page.tags.valueof(code, (0, 1)) for code in (282, 283))
    try:
        x, y = (float(n) / float(d) for n, d in (across, down))
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0
    return x if x > 0 and abs(x - y) <= 0.01 * x else 0.0


def _scaled(page: Any, unit_um: float) -> float | None:
    density = _density(page)
    return unit_um / density if density > 0 else None


def _print_size(page: Any) -> float | None:
    metres = _METRES_BY_UNIT_TAG.get(int(page.tags.valueof(296, 0) or 0))
    return None if metres is None else page_density_size(_density(page) / metres)
