"""OME-XML: which page of this file is which channel, depth and time point, and the pixel size.

Only names and numbers are taken from it. Files that it names are reported, never opened.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field

from napari_fncells.io.raster import Source
from napari_fncells.io.read_error import ReadCode

_MAX_XML_CHARACTERS = 64 << 20
_UNITS_UM = {
    "m": 1e6,
    "dm": 1e5,
    "cm": 1e4,
    "mm": 1e3,
    "µm": 1.0,
    "μm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "nm": 1e-3,
    "pm": 1e-6,
    "Å": 1e-4,
    "in": 25_400.0,
}


@dataclass
class OmeImage:
    """One image of the metadata, as far as it lies in this file.

    Parameters
    ----------
    planes
        Page number in the file by (time, depth, channel).
    channel_names
        Names of the channels, empty where not given.
    pixel_size
        Side of a pixel in µm, None where not stated or not square.
    expected
        Number of planes that the metadata promise.
    elsewhere
        Names of other files that hold planes.
    """

    planes: dict[tuple[int, int, int], int] = field(default_factory=dict)
    channel_names: tuple[str, ...] = ()
    pixel_size: float | None = None
    expected: int = 0
    elsewhere: set[str] = field(default_factory=set)


def refuse_unsafe(source: Source, description: str) -> None:
    """Refuse XML that declares its own entities, before anything parses it.

    Raises
    ------
    ImageReadError
        The text holds a DOCTYPE or an ENTITY declaration, or is absurdly long.
    """
    lowered = description.lower()
    if "<!doctype" in lowered or "<!entity" in lowered:
        raise source.error(
            ReadCode.UNSAFE,
            "carries XML metadata with a DOCTYPE or ENTITY declaration, a known way to attack "
            "programs",
            "If you trust the picture, save it again as a plain TIFF with Fiji.",
        )
    if len(description) > _MAX_XML_CHARACTERS:
        raise source.error(
            ReadCode.TOO_LARGE,
            f"carries {len(description) / 1e6:.0f} MB of metadata",
            "Save the picture again as a plain TIFF with Fiji.",
        )


def is_ome(description: str) -> bool:
    """Tell whether a TIFF description is OME-XML."""
    return description.rstrip("\0 \t\r\n").endswith("OME>")


def parse(description: str, own_name: str, pages: int) -> list[OmeImage] | None:
    """Read OME-XML that `refuse_unsafe` let pass.

    Parameters
    ----------
    description
        The XML.
    own_name
        Name of the file that holds it.
    pages
        Number of pages in that file.

    Returns
    -------
    list of OmeImage or None
        None where the XML cannot be understood.
    """
    try:
        root = ET.fromstring(description.strip("\0 \t\r\n"))
        uuid = root.get("UUID", "")
        images = [
            _image(pixels, own_name, uuid, pages)
            for image in _children(root, "Image")
            for pixels in _children(image, "Pixels")
        ]
    except (ET.ParseError, ValueError, KeyError, RecursionError):
        return None
    return images or None


def _children(element: ET.Element, name: str) -> Iterator[ET.Element]:
    return (child for child in element if child.tag.rpartition("}")[2] == name)


def _image(pixels: ET.Element, own_name: str, uuid: str, pages: int) -> OmeImage:
    channels = list(_children(pixels, "Channel"))
    samples = max([1, *(_integer(c, "SamplesPerPixel", 1) for c in channels)])
    sizes = {axis: max(1, _integer(pixels, f"Size{axis}", 1)) for axis in "CZT"}
    sizes["C"] = max(1, sizes["C"] // samples)
    image = OmeImage(
        channel_names=tuple(c.get("Name", "") for c in channels),
        pixel_size=_pixel_size(pixels),
        expected=math.prod(sizes.values()),
    )
    order = pixels.get("DimensionOrder", "XYCZT")[2:]
    if sorted(order) != ["C", "T", "Z"]:
        raise ValueError(order)
    blocks = list(_children(pixels, "TiffData"))
    if not blocks:
        _fill(image, order, sizes, first=0, page=0, count=min(image.expected, pages))
    for block in blocks:
        other = _other_file(block, own_name, uuid)
        if other:
            image.elsewhere.add(other)
            continue
        firsts = {axis: _integer(block, f"First{axis}", 0) for axis in "CZT"}
        default_count = 1 if "IFD" in block.attrib else image.expected
        page = _integer(block, "IFD", 0)
        count = min(_integer(block, "PlaneCount", default_count), pages - page)
        _fill(image, order, sizes, _linear(firsts, order, sizes), page, count)
    return image


def _fill(
    image: OmeImage, order: str, sizes: dict[str, int], first: int, page: int, count: int
) -> None:
    for offset in range(count):
        rest = first + offset
        at: dict[str, int] = {}
        for axis in order:
            rest, at[axis] = divmod(rest, sizes[axis])
        if rest or page < 0:
            raise ValueError(first)
        image.planes[at["T"], at["Z"], at["C"]] = page + offset


def _linear(firsts: dict[str, int], order: str, sizes: dict[str, int]) -> int:
    linear, stride = 0, 1
    for axis in order:
        linear += firsts[axis] * stride
        stride *= sizes[axis]
    return linear


def _other_file(block: ET.Element, own_name: str, own_uuid: str) -> str:
    """Give the name of the other file that holds a block, or nothing for this one."""
    for element in _children(block, "UUID"):
        name = element.get("FileName", "")
        same_uuid = (element.text or "").strip() == own_uuid.strip()
        if name and name != own_name and not same_uuid:
            return name
        if not name and not same_uuid:
            return "another file"
    return ""


def _integer(element: ET.Element, name: str, default: int) -> int:
    value = int(element.get(name, default))
    if not 0 <= value < 1 << 31:
        raise ValueError(name)
    return value


def _pixel_size(pixels: ET.Element) -> float | None:
    across, down = (_length_um(pixels, axis) for axis in "XY")
    if across is None or (down is not None and abs(across - down) > 0.01 * across):
        return None
    return across


def _length_um(pixels: ET.Element, axis: str) -> float | None:
    try:
        value = float(pixels.get(f"PhysicalSize{axis}", ""))
    except ValueError:
        return None
    factor = _UNITS_UM.get(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
    if factor is None or not math.isfinite(value) or value <= 0:
        return None
    return value * factor
