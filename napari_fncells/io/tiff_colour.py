"""What the numbers of a TIFF page mean: intensities, colours, indices, inks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fncells.io.raster import (
    ALPHA_NOTE,
    ALPHA_PREMULTIPLIED_NOTE,
    CMYK_NOTE,
    ONE_BIT_NOTE,
    PALETTE_NOTE,
    Pixels,
    Source,
)

_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB, _PALETTE, _MASK = 0, 1, 2, 3, 4
_INKS, _YCBCR, _CIELAB, _ICCLAB = 5, 6, 8, 9
_BASE_SAMPLES = {
    _MIN_IS_WHITE: 1,
    _MIN_IS_BLACK: 1,
    _RGB: 3,
    _PALETTE: 1,
    _MASK: 1,
    _INKS: 4,
    _YCBCR: 3,
    _CIELAB: 3,
    _ICCLAB: 3,
}
_NAMES = {32803: "raw camera (CFA) pixels", 34892: "linear raw pixels", 10: "ITU L*a*b* colours"}
_JPEGS = {6, 7}
_PREMULTIPLIED, _ALPHA = 1, 2
_ROWS_AT_ONCE = 256

Floats = npt.NDArray[np.float32]


def check_meaning(source: Source, page: Any) -> None:
    """Refuse, before any pixel is decoded, what cannot be converted rightly.

    Raises
    ------
    ImageReadError
        The meaning of the page's numbers is not supported or contradicts itself.
    """
    meaning = int(page.photometric)
    if meaning not in _BASE_SAMPLES:
        raise source.unsupported(_NAMES.get(meaning, f"an unknown pixel meaning ({meaning})"))
    if page.samplesperpixel < _BASE_SAMPLES[meaning]:
        raise source.damaged("declares fewer samples for each pixel than its colours need")
    kind = page.dtype.kind
    if meaning == _YCBCR and int(page.compression) not in _JPEGS:
        raise source.unsupported("YCbCr colours without JPEG compression")
    if meaning in {_CIELAB, _ICCLAB} and page.bitspersample != 8:
        raise source.unsupported(f"{page.bitspersample}-bit L*a*b* colours")
    if meaning == _INKS and (kind != "u" or int(page.tags.valueof(332, 1)) != 1):
        raise source.unsupported("inks other than CMYK")
    if meaning == _MIN_IS_WHITE and kind not in "ub":
        raise source.unsupported("inverted grey values that are signed or fractional")
    if meaning == _PALETTE and page.colormap is None:
        raise source.damaged("is a palette picture without a palette")


def to_intensities(source: Source, page: Any, samples: Pixels) -> tuple[Pixels, tuple[str, ...]]:
    """Turn stored samples into grey values or RGB.

    Parameters
    ----------
    source
        The file, for its errors.
    page
        The page that the samples come from, checked by `check_meaning`.
    samples
        (Y, X, S) as stored.

    Returns
    -------
    ndarray
        (Y, X) or (Y, X, C).
    tuple of str
        What was done.
    """
    meaning = int(page.photometric)
    samples, notes = _without_alpha(page, samples, _BASE_SAMPLES[meaning])
    if samples.dtype.kind == "b":
        samples = samples.astype(np.uint8) * np.uint8(1 if meaning == _PALETTE else 255)
        notes = notes if meaning == _PALETTE else (*notes, ONE_BIT_NOTE)
    elif meaning != _PALETTE and page.bitspersample not in {8, 16, 32, 64}:
        top = 2**page.bitspersample - 1
        notes = (*notes, f"{page.bitspersample} bits per pixel: 0 to {top}.")
    converted, more = _convert(source, page, samples, meaning)
    if converted.ndim == 3 and converted.shape[2] == 1:
        converted = converted[..., 0]
    return np.ascontiguousarray(converted), (*notes, *more)


def _without_alpha(page: Any, samples: Pixels, base: int) -> tuple[Pixels, tuple[str, ...]]:
    extra = [int(kind) for kind in page.extrasamples]
    alphas = [base + i for i, kind in enumerate(extra) if kind in {_PREMULTIPLIED, _ALPHA}]
    alphas = [index for index in alphas if index < samples.shape[2]]
    if not alphas:
        return samples, ()
    note = ALPHA_PREMULTIPLIED_NOTE if _PREMULTIPLIED in extra else ALPHA_NOTE
    return np.delete(samples, alphas, axis=2), (note,)


def _convert(
    source: Source, page: Any, samples: Pixels, meaning: int
) -> tuple[Pixels, tuple[str, ...]]:
    if meaning == _PALETTE:
        return _colours(source, page, samples[..., 0])
    if meaning == _MIN_IS_WHITE:
        # packed depths such as 4 and 12 bit do not fill their dtype
        bits = 8 if page.bitspersample == 1 else page.bitspersample
        inverted = np.subtract(2**bits - 1, samples, dtype=samples.dtype)
        return inverted, ("Stored with white as 0; the grey values were inverted.",)
    if meaning == _INKS:
        return _from_inks(samples), (CMYK_NOTE,)
    if meaning in {_CIELAB, _ICCLAB}:
        note = "CIE L*a*b* was converted to sRGB."
        return _from_lab(samples, offset=meaning == _ICCLAB), (note,)
    if meaning == _YCBCR:
        return samples, ("YCbCr was converted to RGB.",)
    if meaning == _RGB and samples.shape[2] > 3:
        return samples, ("Channels beyond red, green and blue were kept as they are.",)
    return samples, ()


def _colours(source: Source, page: Any, indices: Pixels) -> tuple[Pixels, tuple[str, ...]]:
    table = np.asarray(page.colormap, dtype=np.uint16).T
    if indices.size and int(indices.max()) >= len(table):
        raise source.damaged("uses palette indices that its palette does not hold")
    if not np.any(table & 0xFF) or np.array_equal(table & 0xFF, table >> 8):
        return (table >> 8).astype(np.uint8)[indices], (PALETTE_NOTE,)
    if table.max() < 256:
        note = "The palette holds 8-bit values where TIFF asks for 16-bit ones; taken as 8-bit."
        return table.astype(np.uint8)[indices], (PALETTE_NOTE, note)
    return table[indices], (PALETTE_NOTE,)


def _from_inks(samples: Pixels) -> Pixels:
    rows = samples.shape[0]
    top = 2.0 ** (8 * samples.dtype.itemsize) - 1
    colours = np.empty((*samples.shape[:2], 3), samples.dtype)
    for start in range(0, rows, _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        light = 1.0 - samples[part, :, :4].astype(np.float64) / top
        colours[part] = np.rint(light[..., :3] * light[..., 3:] * top)
    return colours


def _from_lab(samples: Pixels, *, offset: bool) -> Pixels:
    colours = np.empty((*samples.shape[:2], 3), np.uint8)
    for start in range(0, samples.shape[0], _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        lab = np.ascontiguousarray(samples[part, :, :3]).astype(np.uint8)
        lightness = lab[..., 0].astype(np.float32) * np.float32(100 / 255)
        if offset:
            opponents = lab[..., 1:].astype(np.float32) - 128
        else:
            opponents = np.ascontiguousarray(lab[..., 1:]).view(np.int8).astype(np.float32)
        colours[part] = _lab_to_srgb(lightness, opponents)
    return colours


def _lab_to_srgb(lightness: Floats, opponents: Floats) -> npt.NDArray[np.uint8]:
    """Convert CIE L*a*b* of the D50 white, as TIFF has it, to sRGB."""
    fy = (lightness + 16) / 116
    f = np.stack([fy + opponents[..., 0] / 500, fy, fy - opponents[..., 1] / 200], axis=-1)
    white_d50 = np.array([0.9642, 1.0, 0.8249], np.float32)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * white_d50
    # sRGB's primaries, adapted from D65 to D50 by Bradford's method
    to_linear = np.array(
        [
            [3.1338561, -1.6168667, -0.4906146],
            [-0.9787684, 1.9161415, 0.0334540],
            [0.0719453, -0.2289914, 1.4052427],
        ],
        np.float32,
    )
    linear = np.clip(xyz @ to_linear.T, 0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    colours: npt.NDArray[np.uint8] = np.rint(curved * 255).astype(np.uint8)
    return colours
