"""What every decoder takes and gives: an opened file, and pixels with what was done to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from napari_fncells.io.parts import WHOLE, Parts
from napari_fncells.io.read_error import ImageReadError, ReadCode

Pixels = npt.NDArray[np.generic]

# 400 megapixels of 16-bit RGB are 2.4 GB; a bomb declares tens of GB.
MAX_BYTES = 4 << 30
MEMORY_SHARE = 0.6
# Any file with a finer resolution than print (2,540 dpi) means a microscope, not a page.
MAX_PRINT_PIXEL_UM = 10.0
_LARGEST_STACK = 16  # channels

ALPHA_NOTE = "The alpha channel was dropped."
ALPHA_PREMULTIPLIED_NOTE = (
    "The alpha channel was dropped; the colours had been multiplied by it when the file was made."
)
PALETTE_NOTE = "The palette's indices were converted to RGB colours."
CMYK_NOTE = "CMYK was converted to RGB without a colour profile."
ONE_BIT_NOTE = "One bit per pixel was read as 0 and 255."

_ORIENTATIONS = {
    2: "mirrored left to right",
    3: "turned by 180°",
    4: "mirrored top to bottom",
    5: "mirrored and turned by 90°",
    6: "turned by 90° clockwise",
    7: "mirrored and turned by 90°",
    8: "turned by 90° counter-clockwise",
}


@dataclass(frozen=True)
class Source:
    """An opened file.

    Parameters
    ----------
    path
        Where it lies.
    stream
        The open file; decoders read from it and from nothing else.
    size
        Its length in bytes.
    max_bytes
        The most that decoding may take, in bytes.
    """

    path: Path
    stream: BinaryIO
    size: int
    max_bytes: int

    def error(
        self, code: ReadCode, problem: str, remedy: str = "", parts: Parts | None = None
    ) -> ImageReadError:
        """Give the error for this file; `problem` goes on from its name."""
        return ImageReadError(code, self.path, f"{self.path.name} {problem}.", remedy, parts)

    def read_all(self) -> bytes:
        """Read the whole file, which must not be larger than decoded pixels may be."""
        if self.size > self.max_bytes:
            raise self.too_large(self.size)
        self.stream.seek(0)
        return self.stream.read()

    def check_size(
        self, height: int, width: int, channels: int, itemsize: int, *, beside: int = 0
    ) -> None:
        """Refuse a picture whose declared size is zero or above the limit.

        Parameters
        ----------
        height, width
            Sides, in px.
        channels
            Values of a pixel that are in memory at once, copies included.
        itemsize
            Bytes of one.
        beside
            Bytes in memory at that time that do not grow with the pixels.
        """
        if height < 1 or width < 1:
            raise self.error(
                ReadCode.DAMAGED,
                f"declares {width} × {height} pixels",
                "Export the picture again.",
            )
        needed = height * width * channels * itemsize + beside
        if needed > self.max_bytes:
            raise self.too_large(needed, f"{width} × {height} pixels and ")

    def too_large(self, needed: int, what: str = "") -> ImageReadError:
        """Give the error for a picture that takes more memory than it may."""
        return self.error(
            ReadCode.TOO_LARGE,
            f"declares {what}{needed / 1e9:.1f} GB, more than the limit of "
            f"{self.max_bytes / 1e9:.1f} GB",
            "If that size is right, close other programs or cut the picture into parts.",
        )

    def truncated(self, detail: str = "ends before its picture does") -> ImageReadError:
        """Give the error for a file that was cut short."""
        return self.error(
            ReadCode.TRUNCATED, detail, "Copy the file again, the copy was probably interrupted."
        )

    def damaged(self, detail: str) -> ImageReadError:
        """Give the error for a file that breaks the rules of its format."""
        return self.error(
            ReadCode.DAMAGED, detail, "Copy the file again or export the picture again."
        )

    def unsupported(self, feature: str) -> ImageReadError:
        """Give the error for a feature that is not read; `feature` is a noun phrase."""
        return self.error(
            ReadCode.UNSUPPORTED,
            f"uses {feature}, which is not supported",
            "Open it in Fiji and save it as an ordinary TIFF or PNG.",
        )

    def check_page(self, page: int | None, parts: Parts, noun: str = "pictures") -> int:
        """Give the page to read; several pages need a choice."""
        count = parts.pages
        if page is None:
            if count > 1:
                raise self.error(
                    ReadCode.AMBIGUOUS,
                    f"holds {count} {noun}, and one must be chosen",
                    f"Choose a page from 0 to {count - 1}; the window asks once for a folder.",
                    parts,
                )
            return 0
        if not 0 <= page < count:
            raise self.error(
                ReadCode.NO_SUCH_PART,
                f"has no page {page}",
                f"It holds {count}; pages count from 0.",
                parts,
            )
        return page

    def check_channel(self, channel: int, parts: Parts) -> int:
        """Give the channel to read if the picture has it."""
        count = parts.channels
        if not 0 <= channel < count:
            raise self.error(
                ReadCode.NO_SUCH_PART,
                f"has no channel {channel}",
                f"It holds {count}; channels count from 0.",
                parts,
            )
        return channel

    def check_stack(self, count: int, parts: Parts) -> None:
        """Refuse to show very many channels at once; one of them needs a choice."""
        if count > _LARGEST_STACK:
            raise self.error(
                ReadCode.AMBIGUOUS,
                f"holds {count} channels, and one must be chosen",
                f"Choose a channel from 0 to {count - 1}.",
                parts,
            )


@dataclass(frozen=True, eq=False)
class Raster:
    """Decoded pixels.

    Parameters
    ----------
    pixels
        (Y, X) or (Y, X, C), any real dtype.
    notes
        What was changed or assumed, in plain words.
    pixel_size
        Side of a pixel in µm, None where the file does not say.
    parts
        What else the file holds.
    """

    pixels: Pixels
    notes: tuple[str, ...] = ()
    pixel_size: float | None = None
    parts: Parts = WHOLE

    def noted(self, *notes: str) -> Raster:
        """The same with more notes."""
        return replace(self, notes=(*self.notes, *notes))


def select_channel(source: Source, raster: Raster, channel: int | None) -> Raster:
    """Give one channel as (Y, X), or the picture as it is for None."""
    if channel is None:
        return raster
    count = raster.pixels.shape[2] if raster.pixels.ndim == 3 else 1
    source.check_channel(channel, replace(raster.parts, channels=count))
    if count == 1:
        return raster
    pixels = np.ascontiguousarray(raster.pixels[..., channel])
    return replace(raster, pixels=pixels).noted(channel_note(channel, count))


def channel_note(channel: int, count: int) -> str:
    """Tell which channel was read."""
    return f"Channel {channel} of {count} was read, counted from 0."


def orientation_note(tag: int) -> tuple[str, ...]:
    """Tell of an orientation tag; pixels stay in the stored grid so that masks fit the file.

    Parameters
    ----------
    tag
        The EXIF/TIFF orientation, 1 to 8; 1 and illegal values need no note.
    """
    if tag not in _ORIENTATIONS:
        return ()
    return (
        f"An orientation tag ({tag}) asks viewers to show it {_ORIENTATIONS[tag]}; "
        "the pixels are used as they are stored.",
    )


def page_density_size(per_metre: float) -> float | None:
    """Turn pixels per metre into µm per pixel where that can only mean a microscope.

    Parameters
    ----------
    per_metre
        Pixels per metre, as PNG and TIFF store for printing.
    """
    if not per_metre > 0 or not np.isfinite(per_metre):
        return None
    size = 1e6 / per_metre
    return float(size) if size < MAX_PRINT_PIXEL_UM else None
