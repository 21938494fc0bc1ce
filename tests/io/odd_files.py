"""Small odd, broken and hostile picture files, made on the spot.

`ODD_FILES` maps a file name to a function that gives its bytes and the code of the error
that reading it must raise.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image as PillowImage

Array = npt.NDArray[Any]
SHAPE = (37, 53)


def grey(dtype: str = "uint8", shape: tuple[int, ...] = SHAPE, seed: int = 0) -> Array:
    """Noise that uses the whole range of a dtype."""
    rng = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return rng.normal(size=shape).astype(kind)
    info = np.iinfo(kind)
    return rng.integers(info.min, info.max, shape, dtype=kind, endpoint=True)


def smooth(shape: tuple[int, ...] = SHAPE) -> Array:
    """A picture that JPEG hardly changes."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (120 + 60 * np.sin(y / 9) + 50 * np.cos(x / 11)).astype(np.uint8)


def tiff(pixels: Array, **options: Any) -> bytes:
    stream = io.BytesIO()
    options.setdefault("photometric", "minisblack")
    options.setdefault("metadata", None)
    tifffile.imwrite(stream, pixels, **options)
    return stream.getvalue()


def tiff_pages(*pages: Array, **options: Any) -> bytes:
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        for page in pages:
            writer.write(page, photometric="minisblack", metadata=None, **options)
    return stream.getvalue()


def pillow(pixels: Array | PillowImage.Image, kind: str, **options: Any) -> bytes:
    image = pixels if isinstance(pixels, PillowImage.Image) else PillowImage.fromarray(pixels)
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    pixels: Array, depth: int, colour: int, *, before: bytes = b"", after: bytes = b""
) -> bytes:
    """A PNG of any depth and colour type; `before` and `after` are chunks around the pixels."""
    height, width = pixels.shape[:2]
    rows = pixels.reshape(height, -1)
    if depth == 16:
        packed = rows.astype(">u2").view(np.uint8).reshape(height, -1)
    elif depth == 8:
        packed = rows.astype(np.uint8)
    else:
        bits = np.unpackbits(rows.astype(np.uint8)[..., None], axis=2)[..., 8 - depth :]
        packed = np.packbits(bits.reshape(height, -1), axis=1)
    raw = b"".join(b"\0" + row.tobytes() for row in packed)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)),
            before,
            chunk(b"IDAT", zlib.compress(raw)),
            after,
            chunk(b"IEND", b""),
        ]
    )


def png_bomb() -> bytes:
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def png_empty_promise() -> bytes:
    """Ten megapixels declared, within every limit, and no data for them."""
    return png(grey(), 8, 0).replace(
        chunk(b"IHDR", struct.pack(">IIBBBBB", 53, 37, 8, 0, 0, 0, 0)),
        chunk(b"IHDR", struct.pack(">IIBBBBB", 5000, 2000, 8, 0, 0, 0, 0)),
    )


def tiff_tags(**tags: int) -> bytes:
    """A bare little-endian TIFF directory with the given tags and 64 bytes of pixels."""
    codes = {"width": 256, "height": 257, "bits": 258, "compression": 259, "photometric": 262}
    codes |= {"offset": 273, "samples": 277, "rows": 278, "count": 279, "format": 339}
    values = {"bits": 8, "compression": 1, "photometric": 1, "samples": 1, "count": 64} | tags
    values.setdefault("offset", 8)
    values.setdefault("rows", values["height"])
    entries = sorted((codes[name], value) for name, value in values.items())
    directory = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHII", code, 4, 1, value) for code, value in entries
    )
    return b"II*\0" + struct.pack("<I", 72) + bytes(64) + directory + bytes(4)


def inflating_tile() -> bytes:
    """A TIFF of 64 x 64 pixels whose JPEG part says of itself that it is 60,000 pixels high."""
    data = tiff(smooth((64, 64)), compression="jpeg")
    start = data.index(b"\xff\xc0")
    assert data[start + 5 : start + 9] == b"\0\x40\0\x40"
    return data[: start + 5] + b"\xea\x60\xea\x60" + data[start + 9 :]


def listed_samples() -> bytes:
    """A TIFF whose number of samples for each pixel is a list of 40 numbers."""
    data = tiff_tags(width=8, height=8)
    one, many = struct.pack("<HHII", 277, 4, 1, 1), struct.pack("<HHII", 277, 3, 40, 8)
    assert one in data
    return data.replace(one, many)


def exif_block(orientation: int) -> bytes:
    return b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 274, 3, 1, orientation) + bytes(4)


def jpeg_with_exif(block: bytes) -> bytes:
    plain = pillow(smooth(), "JPEG")
    body = b"Exif\0\0" + block
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + plain[2:]


def jpeg_marked(old: bytes, new: bytes) -> bytes:
    plain = pillow(smooth(), "JPEG")
    assert old in plain
    return plain.replace(old, new, 1)


def cmyk_jpeg() -> bytes:
    return pillow(PillowImage.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=100)


def animation(kind: str, frames: int = 3) -> bytes:
    images = [PillowImage.fromarray(grey(seed=i)) for i in range(frames)]
    return pillow(images[0], kind, save_all=True, append_images=images[1:])


def ome_xml(pixels: str, *, head: str = "", attributes: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}'
        f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" {attributes}>'
        f'<Image ID="Image:0"><Pixels ID="Pixels:0" Type="uint16" SizeX="53" SizeY="37" {pixels}'
        "</Pixels></Image></OME>"
    )


def ome_tiff(xml: str, pages: int = 1) -> bytes:
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        for number in range(pages):
            writer.write(
                grey("uint16", seed=number),
                description=xml if number == 0 else None,
                photometric="minisblack",
                metadata=None,
            )
    return stream.getvalue()


def cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def flipped(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]


_ENTITY = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
_ONE_PLANE = 'SizeC="1" SizeZ="1" SizeT="1" DimensionOrder="XYCZT">'

ODD_FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing.tif": (lambda: b"", "empty"),
    "text.png": (lambda: b"just some words\n" * 9, "not_an_image"),
    "umlauts.png": (lambda: "Zähler".encode() * 400, "not_an_image"),
    "noise.tif": (lambda: bytes(grey(shape=(999,)) | 0x80), "not_an_image"),
    "pointer.tif": (
        lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
        "not_an_image",
    ),
    "archive.tif": (lambda: b"PK\x03\x04" + bytes(99), "unsupported"),
    "stars.fits": (lambda: b"SIMPLE  =                    T" + b" " * 99, "unsupported"),
    "zeiss.czi": (lambda: b"ZISRAWFILE" + bytes(99), "unsupported"),
    "cut.png": (lambda: cut(png(grey(), 8, 0), 0.6), "truncated"),
    "no_end.png": (lambda: png(grey(), 8, 0)[:-12], "truncated"),
    "text_mode.png": (lambda: png(grey(), 8, 0).replace(b"\r\n", b"\n", 1), "damaged"),
    "broken_pixels.png": (lambda: flipped(png(grey(), 8, 0), 300), "damaged"),
    "broken_header.png": (lambda: flipped(png(grey(), 8, 0), 19), "damaged"),
    "no_header.png": (
        lambda: b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"x") + chunk(b"IEND", b""),
        "damaged",
    ),
    "no_pixels.png": (
        lambda: (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", 5, 5, 8, 0, 0, 0, 0))
            + chunk(b"IEND", b"")
        ),
        "damaged",
    ),
    "colour_type_1.png": (lambda: png(grey(), 8, 1), "damaged"),
    "no_palette.png": (lambda: png(grey(), 8, 3), "damaged"),
    "zero_width.png": (lambda: png(grey(shape=(37, 0)), 8, 0), "damaged"),
    "bomb.png": (png_bomb, "too_large"),
    "empty_promise.png": (png_empty_promise, "truncated"),
    "animation.png": (lambda: animation("PNG"), "ambiguous"),
    "animation.gif": (lambda: animation("GIF"), "ambiguous"),
    "animation.webp": (lambda: animation("WEBP"), "ambiguous"),
    "bomb.gif": (
        lambda: (
            b"GIF89a\x20\0\x20\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\x02\0\0;"
        ),
        "too_large",
    ),
    "bomb.webp": (
        lambda: (
            b"RIFF"
            + struct.pack("<I", 30)
            + b"WEBPVP8X"
            + struct.pack("<I", 10)
            + b"\0" * 4
            + b"\xff\xff\xff\xff\xff\xff"
        ),
        "too_large",
    ),
    "no_picture.webp": (lambda: b"RIFF\0\0\0\0WEBPJUNK" + bytes(50), "damaged"),
    "cut.webp": (lambda: cut(pillow(smooth(), "WEBP"), 0.5), "damaged"),
    "cut.bmp": (lambda: cut(pillow(grey(), "BMP"), 0.7), "truncated"),
    "cut.jpg": (lambda: cut(pillow(smooth(), "JPEG"), 0.8), "truncated"),
    "no_end.jpg": (lambda: pillow(smooth(), "JPEG")[:-2], "truncated"),
    "header_only.jpg": (lambda: pillow(smooth(), "JPEG")[:100], "truncated"),
    "no_frame.jpg": (lambda: jpeg_marked(b"\xff\xc0", b"\xff\xfe"), "damaged"),
    "arithmetic.jpg": (lambda: jpeg_marked(b"\xff\xc0", b"\xff\xc9"), "unsupported"),
    "twelve_bit.jpg": (
        lambda: jpeg_marked(b"\xff\xc0\0\x0b\x08", b"\xff\xc1\0\x0b\x0c"),
        "unsupported",
    ),
    "height_later.jpg": (
        lambda: jpeg_marked(b"\xff\xc0\0\x0b\x08\0\x25", b"\xff\xc0\0\x0b\x08\0\0"),
        "unsupported",
    ),
    "cut.tif": (lambda: cut(tiff(grey("uint16")), 0.7), "truncated"),
    "cut_deflate.tif": (lambda: cut(tiff(grey("uint16"), compression="zlib"), 0.9), "truncated"),
    "no_directory.tif": (lambda: b"II*\0\xff\xff\0\0" + bytes(90), "truncated"),
    "seven_bytes.tif": (lambda: b"II*\0\x08\0\0", "damaged"),
    "bomb.tif": (
        lambda: tiff_tags(width=65535, height=65535, bits=64, format=3),
        "too_large",
    ),
    "big_rows.tif": (lambda: tiff_tags(width=2000, height=2000), "truncated"),
    "past_end.tif": (lambda: tiff_tags(width=8, height=8, offset=10**6), "truncated"),
    "sparse.tif": (lambda: tiff_tags(width=8, height=8, offset=0, count=0), "truncated"),
    "no_side.tif": (lambda: tiff_tags(width=8, height=0), "damaged"),
    "old_jpeg.tif": (lambda: tiff_tags(width=8, height=8, compression=6), "unsupported"),
    "no_such_codec.tif": (lambda: tiff_tags(width=8, height=8, compression=9999), "unsupported"),
    "inflating_tile.tif": (inflating_tile, "damaged"),
    "jpeg_2000.tif": (lambda: tiff_tags(width=8, height=8, compression=34712), "unsupported"),
    "lists.tif": (listed_samples, "damaged"),
    "raw_camera.tif": (lambda: tiff_tags(width=8, height=8, photometric=32803), "unsupported"),
    "half_colour.tif": (lambda: tiff_tags(width=8, height=8, photometric=2), "damaged"),
    "palette_lost.tif": (lambda: tiff_tags(width=8, height=8, photometric=3), "damaged"),
    "plain_ycbcr.tif": (
        lambda: tiff_tags(width=4, height=5, photometric=6, samples=3),
        "unsupported",
    ),
    "complex.tif": (lambda: tiff(grey("float32").astype(np.complex64)), "unsupported"),
    "float_white_zero.tif": (
        lambda: tiff(grey("float32"), photometric="miniswhite"),
        "unsupported",
    ),
    "pages.tif": (lambda: tiff_pages(grey(), grey(seed=1)), "ambiguous"),
    "stack.tif": (
        lambda: tiff(grey(shape=(4, *SHAPE)), metadata={"axes": "ZYX"}),
        "ambiguous",
    ),
    "many_channels.tif": (
        lambda: tiff(grey(shape=(20, *SHAPE)), metadata={"axes": "CYX"}),
        "ambiguous",
    ),
    "entity.ome.tif": (
        lambda: ome_tiff(ome_xml(_ONE_PLANE, head=_ENTITY)),
        "unsafe",
    ),
    "entity_in_plain.tif": (lambda: tiff(grey(), description=_ENTITY.lower()), "unsafe"),
}
