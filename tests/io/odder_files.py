"""More odd picture files, and what is to come of each: its pixels, or the error.

`ODDER_FILES` maps a file name to an `Odd`. Rarer features of TIFF, PNG, JPEG, BMP, GIF and WebP,
and files that lie about themselves.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tifffile
from PIL import Image as PillowImage

from tests.io.odd_files import (
    SHAPE,
    Array,
    chunk,
    cut,
    exif_block,
    grey,
    jpeg_with_exif,
    ome_tiff,
    ome_xml,
    pillow,
    png,
    smooth,
    tiff,
    tiff_pages,
    tiff_tags,
)

HEIGHT, WIDTH = SHAPE
Colour = (*SHAPE, 3)


@dataclass(frozen=True)
class Odd:
    """An odd file.

    Attributes
    ----------
    make
        Gives its bytes.
    pixels
        What must be read, None where it must be refused.
    codes
        With one of these errors.
    within
        How much a value may differ, where the file has lost some.
    note
        A word that must be among the notes.
    options
        How it is read.
    """

    make: Callable[[], bytes]
    pixels: Callable[[], Array] | None = None
    codes: tuple[str, ...] = ()
    within: int = 0
    note: str = ""
    options: dict[str, Any] = field(default_factory=dict)


def opens(make: Callable[[], bytes], pixels: Callable[[], Array], **more: Any) -> Odd:
    return Odd(make, pixels, **more)


def refused(make: Callable[[], bytes], *codes: str, **more: Any) -> Odd:
    return Odd(make, None, codes, **more)


# TIFF


def as_stored(dtype: str, shape: tuple[int, ...] = SHAPE, **options: Any) -> Odd:
    """A TIFF that is read as it is."""
    if len(shape) == 3:
        options.setdefault("photometric", "rgb")
    pixels = grey(dtype, shape)
    wanted = np.moveaxis(pixels, 0, 2) if options.get("planarconfig") == "separate" else pixels
    return opens(lambda: tiff(pixels, **options), lambda: wanted)


def reversed_bits(pixels: Array) -> bytes:
    return np.packbits(np.unpackbits(pixels.astype(np.uint8).ravel(), bitorder="little")).tobytes()


def classic_tiff(
    tags: dict[int, tuple[int, int, int]], data: bytes = b"", following: int = 0
) -> bytes:
    """A little-endian TIFF of one directory: code to (type, count, value); data lie at byte 8."""
    entries = b"".join(
        struct.pack("<HHII", code, kind, count, value)
        for code, (kind, count, value) in sorted(tags.items())
    )
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", following)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory


def plain_tags(count: int, height: int = HEIGHT, width: int = WIDTH) -> dict[int, Any]:
    values = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height}
    return {code: (4, 1, value) for code, value in (values | {279: count}).items()}


def tiff_with(**changed: tuple[int, int, int]) -> bytes:
    """A small good TIFF with some of its tags changed; names are `t256` and so on."""
    pixels = grey()
    tags = plain_tags(pixels.size) | {int(name[1:]): tag for name, tag in changed.items()}
    return classic_tiff(tags, pixels.tobytes())


def fill_order_2() -> bytes:
    pixels = grey()
    return classic_tiff(plain_tags(pixels.size) | {266: (3, 1, 2)}, reversed_bits(pixels))


def bilevel_fill_order_2() -> bytes:
    bits = grey() > 99
    packed = np.packbits(bits, axis=1)
    tags = plain_tags(packed.size) | {258: (3, 1, 1), 266: (3, 1, 2)}
    return classic_tiff(tags, reversed_bits(packed))


def same_strip_again() -> bytes:
    """Every row is the same piece of the file."""
    row = grey(shape=(1, WIDTH))
    offsets = struct.pack(f"<{HEIGHT}I", *[8] * HEIGHT)
    counts = struct.pack(f"<{HEIGHT}I", *[WIDTH] * HEIGHT)
    data = row.tobytes() + b"\0" * (WIDTH % 2)
    data += b"\0" * (-len(data) % 4)
    at = 8 + len(data)
    tags = plain_tags(WIDTH) | {
        273: (4, HEIGHT, at),
        279: (4, HEIGHT, at + len(offsets)),
        278: (4, 1, 1),
    }
    return classic_tiff(tags, data + offsets + counts)


def big_tiff(offset: int = 16, entries: int | None = None, strip: int = 1 << 60) -> bytes:
    values = {256: 8, 257: 8, 258: 8, 259: 1, 262: 1, 273: strip, 277: 1, 278: 8, 279: 64}
    body = b"".join(struct.pack("<HHQQ", code, 16, 1, n) for code, n in sorted(values.items()))
    count = len(values) if entries is None else entries
    head = b"II+\0" + struct.pack("<HHQ", 8, 0, offset)
    return head + struct.pack("<Q", count) + body + bytes(8)


def two_directories_in_a_ring() -> bytes:
    pixels = grey()
    data = bytearray(tiff_pages(pixels, pixels))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as tif:
        first, second = (page.offset for page in tif.pages)
    count = struct.unpack_from("<H", data, second)[0]
    struct.pack_into("<I", data, second + 2 + 12 * count, first)
    return bytes(data)


def pyramid() -> bytes:
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        options: dict[str, Any] = {"photometric": "minisblack", "metadata": None}
        writer.write(grey(), subifds=1, **options)
        writer.write(grey()[::2, ::2], subfiletype=1, **options)
    return stream.getvalue()


def imagej_stack() -> bytes:
    stream = io.BytesIO()
    pixels = grey("uint16", (2, 3, 2, *SHAPE))
    tifffile.imwrite(
        stream, pixels, imagej=True, metadata={"axes": "TZCYX", "unit": "um"},
        resolution=(4, 4),
    )  # fmt: skip
    return stream.getvalue()


def ome_order(order: str) -> bytes:
    """Two channels, three depths, two times in 12 pages, in any order."""
    sizes = 'SizeC="2" SizeZ="3" SizeT="2"'
    return ome_tiff(ome_xml(f'{sizes} DimensionOrder="{order}"><TiffData/>'), pages=12)


def ome_page(order: str, time: int, depth: int, channel: int) -> Array:
    sizes, at = {"C": 2, "Z": 3, "T": 2}, {"C": channel, "Z": depth, "T": time}
    page, stride = 0, 1
    for axis in order[2:]:
        page, stride = page + at[axis] * stride, stride * sizes[axis]
    return grey("uint16", seed=page)


def ome_elsewhere() -> bytes:
    """Half of the planes lie in a file that is named and not there."""
    blocks = (
        '<TiffData FirstZ="0" IFD="0" PlaneCount="1"><UUID FileName="a.tif">urn:uuid:1</UUID>'
        '</TiffData><TiffData FirstZ="1" IFD="0" PlaneCount="1">'
        '<UUID FileName="/etc/passwd">urn:uuid:2</UUID></TiffData>'
    )
    xml = ome_xml(
        f'SizeC="1" SizeZ="2" SizeT="1" DimensionOrder="XYCZT">{blocks}',
        attributes='UUID="urn:uuid:1"',
    )
    return ome_tiff(xml)


def described(text: str) -> bytes:
    return tiff(grey(), description=text)


def vendor(code: int, kind: int, count: int, value: bytes) -> bytes:
    return tiff(grey(), extratags=[(code, kind, count, value, True)])


def in_tiff(compression: str, **options: Any) -> Callable[[], bytes]:
    return lambda: tiff(smooth((64, 64)), compression=compression, **options)


def cut_strip() -> bytes:
    """The last of several strips is shorter than it says, in a file that goes on after it."""
    pixels = grey("uint16")
    data = tiff(pixels, rowsperstrip=8, compression="zlib")
    with tifffile.TiffFile(io.BytesIO(data)) as tif:
        offset, count = tif.pages[0].dataoffsets[-1], tif.pages[0].databytecounts[-1]
    middle = offset + count // 2
    return data[:middle] + bytes(count - count // 2) + data[offset + count :]


TIFFS: dict[str, Odd] = {
    "tiles.tif": as_stored("uint16", tile=(16, 32), compression="zlib", predictor=True),
    "big_endian_tiles.tif": as_stored("uint16", tile=(32, 16), byteorder=">"),
    "lzw_predictor.tif": as_stored("uint8", Colour, compression="lzw", predictor=True),
    "planes.tif": as_stored("uint8", (3, *SHAPE), planarconfig="separate"),
    "planes_16_tiles.tif": as_stored(
        "uint16", (3, *SHAPE), planarconfig="separate", tile=(16, 16), compression="zlib"
    ),
    "half.tif": as_stored("float16"),
    "float_predictor.tif": as_stored("float32", compression="zlib", predictor=3),
    "double.tif": as_stored("float64", compression="zlib"),
    "signed_32.tif": as_stored("int32"),
    "signed_64.tif": as_stored("int64"),
    "signed_8_predictor.tif": as_stored("int8", compression="zlib", predictor=2),
    "packbits.tif": as_stored("uint8", compression="packbits"),
    "zstd.tif": as_stored("uint16", compression="zstd"),
    "lzma.tif": as_stored("uint16", compression="lzma"),
    "one_pixel.tif": as_stored("uint8", (1, 1)),
    "one_column.tif": as_stored("uint16", (999, 1)),
    "row_by_row.tif": as_stored("uint16", rowsperstrip=1, compression="zlib"),
    "fill_order_2.tif": opens(fill_order_2, grey),
    "bits_fill_order_2.tif": opens(bilevel_fill_order_2, lambda: (grey() > 99) * np.uint8(255)),
    "white_is_zero.tif": opens(
        lambda: tiff(grey(), photometric="miniswhite"), lambda: 255 - grey(), note="white"
    ),
    "endless_strip.tif": opens(lambda: tiff_with(t278=(4, 1, 0xFFFFFFFF)), grey),
    "same_strip_again.tif": opens(
        same_strip_again, lambda: np.repeat(grey(shape=(1, WIDTH)), HEIGHT, axis=0)
    ),
    "pyramid.tif": opens(pyramid, grey),
    "turned.tif": opens(lambda: tiff_with(t274=(3, 1, 6)), grey, note="orientation"),
    "jpeg_grey.tif": opens(in_tiff("jpeg"), lambda: smooth((64, 64)), within=8),
    "imagej.tif": refused(imagej_stack, "ambiguous"),
    "imagej_chosen.tif": opens(
        imagej_stack, lambda: grey("uint16", (2, 3, 2, *SHAPE))[1, 2, 1],
        options={"page": 5, "channel": 1},
    ),
    "elsewhere.ome.tif": opens(ome_elsewhere, lambda: grey("uint16"), note="only this file"),
    "lerc.tif": refused(lambda: tiff_tags(width=8, height=8, compression=34887), "unsupported"),
    "webp.tif": refused(lambda: tiff_tags(width=8, height=8, compression=50001), "unsupported"),
    "jpeg_xl.tif": refused(lambda: tiff_tags(width=8, height=8, compression=50002), "unsupported"),
    "png.tif": refused(lambda: tiff_tags(width=8, height=8, compression=34933), "unsupported"),
    "thunderscan.tif": refused(
        lambda: tiff_tags(width=8, height=8, compression=32809), "unsupported"
    ),
    "cut_strip.tif": refused(cut_strip, "truncated", "damaged"),
    "no_tags.tif": refused(lambda: classic_tiff({}), "damaged", "truncated"),
    "to_itself.tif": opens(lambda: classic_tiff(
        plain_tags(grey().size), grey().tobytes(), 8 + grey().size), grey),
    "ring.tif": refused(two_directories_in_a_ring, "ambiguous"),
    "many_offsets.tif": refused(
        lambda: tiff_with(t273=(4, 0x7FFFFFFF, 8)), "damaged", "truncated"
    ),
    "many_widths.tif": refused(
        lambda: tiff_with(t256=(4, 0xFFFFFFFF, 8)), "damaged", "truncated"
    ),
    "many_notes.tif": opens(lambda: tiff_with(t270=(2, 0xFFFFFFF0, 8)), grey),
    "strange_type.tif": opens(lambda: tiff_with(t40000=(99, 5, 5)), grey),
    "far_away.tif": refused(lambda: big_tiff(offset=1 << 60), "truncated", "damaged"),
    "far_strip.tif": refused(big_tiff, "truncated", "damaged"),
    "endless_directory.tif": refused(lambda: big_tiff(entries=1 << 60), "damaged", "truncated"),
    "no_rows.tif": refused(lambda: tiff_with(t278=(4, 1, 0)), "damaged", "truncated"),
    "no_tile.tif": refused(
        lambda: tiff_with(t322=(4, 1, 0), t323=(4, 1, 16), t324=(4, 1, 8), t325=(4, 1, 64)),
        "damaged", "truncated",
    ),
    "huge_tile.tif": refused(
        lambda: tiff_with(
            t322=(4, 1, 1 << 30), t323=(4, 1, 1 << 30), t324=(4, 1, 8), t325=(4, 1, 64)
        ),
        "too_large", "truncated", "damaged",
    ),
    "one_long_row.tif": refused(
        lambda: tiff_with(t256=(4, 1, 0x7FFFFFFF), t257=(4, 1, 1)), "truncated", "too_large"
    ),
    "many_samples.tif": refused(
        lambda: tiff_with(t277=(3, 1, 65535)), "damaged", "truncated", "unsupported"
    ),
    "no_bits.tif": refused(lambda: tiff_with(t258=(3, 1, 0)), "damaged", "unsupported"),
    "33_bits.tif": refused(
        lambda: tiff_with(t258=(3, 1, 33)), "damaged", "unsupported", "truncated"
    ),
    "format_9.tif": refused(lambda: tiff_with(t339=(3, 1, 9)), "damaged", "unsupported"),
    "void_format.tif": opens(lambda: tiff_with(t339=(3, 1, 4)), grey),
    "predictor_99.tif": refused(
        lambda: tiff_with(t317=(3, 1, 99)), "damaged", "unsupported"
    ),
    "other_sizes.tif": refused(lambda: tiff_pages(grey(), grey(shape=(8, 9))), "ambiguous"),
    "small_offsets.tif": refused(lambda: b"II+\0\4\0\0\0" + bytes(99), "damaged", "truncated"),
    "imagej_lies.tif": refused(
        lambda: described("ImageJ=1.53\nimages=999999\nslices=999999\n"),
        "truncated", "unsupported",
    ),
    "imagej_negative.tif": opens(lambda: described("ImageJ=1.53\nimages=-4\nchannels=x\n"), grey),
    "shape_lies.tif": refused(
        lambda: described('{"shape": [4096, 37, 53]}'), "truncated", "unsupported"
    ),
    "nested.tif": opens(lambda: described('{"shape":' + "[" * 50_000), grey),
    "endless_numbers.tif": opens(lambda: described('{"shape": [' + "9" * 9000 + "]}"), grey),
    "lsm.tif": opens(lambda: vendor(34412, 1, 8, bytes(8)), grey),
    "metamorph.tif": opens(
        lambda: tiff_with(t33629=(5, 100_000, 8)), grey, note="breaks the rules"
    ),
    "fluoview.tif": opens(lambda: vendor(34361, 1, 8, b"\xff" * 8), grey),
    "micromanager.tif": opens(lambda: vendor(51123, 2, 9, b'{"a":[[[\0'), grey),
    "nih.tif": opens(lambda: vendor(43314, 1, 8, b"\xff" * 8), grey),
}  # fmt: skip
for _order in ("XYCZT", "XYCTZ", "XYZCT", "XYZTC", "XYTCZ", "XYTZC"):
    TIFFS[f"{_order}.ome.tif"] = opens(
        lambda order=_order: ome_order(order),
        # pages go by time, then depth
        lambda order=_order: ome_page(order, 1, 2, 1),
        options={"page": 5, "channel": 1},
    )

# PNG


def raw_png(head: bytes, *chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + chunk(b"IEND", b"")


def head_of(pixels: Array, depth: int = 8, colour: int = 0, interlace: int = 0) -> bytes:
    height, width = pixels.shape[:2]
    return struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)


def rows_of(pixels: Array, filtering: int = 0) -> bytes:
    return b"".join(bytes([filtering]) + row.tobytes() for row in pixels)


def interlaced(pixels: Array) -> bytes:
    """Adam7."""
    passes = ((0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2),
              (1, 2, 0, 1))  # fmt: skip
    raw = b"".join(rows_of(pixels[y::dy, x::dx]) for y, dy, x, dx in passes)
    return raw_png(head_of(pixels, interlace=1), chunk(b"IDAT", zlib.compress(raw)))


def idat(pixels: Array) -> bytes:
    return chunk(b"IDAT", zlib.compress(rows_of(pixels)))


def split_idat(between: bytes = b"") -> bytes:
    pixels = grey()
    data = zlib.compress(rows_of(pixels))
    parts = [chunk(b"IDAT", data[n : n + 1]) for n in range(len(data))]
    parts.insert(len(parts) // 2, between)
    return raw_png(head_of(pixels), *parts)


def bad_text_checksum() -> bytes:
    text = bytearray(chunk(b"tEXt", b"Title\0cells"))
    text[-1] ^= 1
    return png(grey(), 8, 0, before=bytes(text))


def text_bomb(kind: bytes, head: bytes) -> bytes:
    return png(grey(), 8, 0, before=chunk(kind, head + zlib.compress(bytes(64 << 20), 9)))


def animated(frames: int) -> bytes:
    return png(grey(), 8, 0, before=chunk(b"acTL", struct.pack(">II", frames, 0)))


def filtered(number: int) -> bytes:
    pixels = grey()
    raw = zlib.compress(rows_of(pixels, number))
    return raw_png(head_of(pixels), chunk(b"IDAT", raw))


def palette_png(pixels: Array, colours: Array, *more: bytes) -> bytes:
    data = [chunk(b"PLTE", colours.tobytes()), *more, idat(pixels)]
    return raw_png(head_of(pixels, colour=3), *data)


def long_chunk() -> bytes:
    return raw_png(head_of(grey()), struct.pack(">I", 1 << 31) + b"tEXt" + b"x" * 9, idat(grey()))


COLOURS = grey(shape=(256, 3), seed=5)

PNGS: dict[str, Odd] = {
    "transparent_grey.png": opens(
        lambda: png(grey(), 8, 0, before=chunk(b"tRNS", b"\0\5")), grey, note="transparent"
    ),
    "gamma.png": opens(
        lambda: png(
            grey(),
            8,
            0,
            before=chunk(b"gAMA", struct.pack(">I", 45455))
            + chunk(b"sRGB", b"\0")
            + chunk(b"cHRM", bytes(32)),
        ),
        grey,
    ),
    "profile.png": opens(
        lambda: png(grey(), 8, 0, before=chunk(b"iCCP", b"a\0\0" + zlib.compress(b"x" * 99))), grey
    ),
    "interlaced.png": opens(lambda: interlaced(grey()), grey),
    "bad_text.png": opens(bad_text_checksum, grey),
    "more_after_end.png": opens(lambda: png(grey(), 8, 0) + b"PK\3\4" + bytes(999), grey),
    "grey_alpha_16.png": opens(
        lambda: png(grey("uint16", (*SHAPE, 2)), 16, 4),
        lambda: grey("uint16", (*SHAPE, 2))[..., 0],
        note="alpha",
    ),
    "colour_alpha_16.png": opens(
        lambda: png(grey("uint16", (*SHAPE, 4)), 16, 6),
        lambda: grey("uint16", (*SHAPE, 4))[..., :3],
        note="alpha",
    ),
    "zlib_text_bomb.png": opens(lambda: text_bomb(b"zTXt", b"a\0\0"), grey),
    "international_bomb.png": opens(lambda: text_bomb(b"iTXt", b"a\0\1\0\0\0"), grey),
    "profile_bomb.png": opens(lambda: text_bomb(b"iCCP", b"a\0\0"), grey),
    "animated_alone.png": opens(lambda: animated(1), grey),
    "animated_2_31.png": refused(lambda: animated(1 << 31), "ambiguous", "damaged"),
    "one_byte_parts.png": opens(split_idat, grey),
    "interrupted.png": opens(lambda: split_idat(chunk(b"tEXt", b"a\0b")), grey),
    "second_header.png": refused(
        lambda: png(grey(), 8, 0, before=chunk(b"IHDR", head_of(grey(shape=(9999, 9999))))),
        "damaged",
    ),
    "second_picture.png": opens(lambda: png(grey(), 8, 0, after=idat(grey(seed=1))), grey),
    "filter_9.png": refused(lambda: filtered(9), "damaged"),
    "long_chunk.png": refused(long_chunk, "truncated", "damaged"),
    "too_few_rows.png": refused(
        lambda: raw_png(head_of(grey()), idat(grey()[:-1])), "truncated", "damaged"
    ),
    "no_deflate.png": refused(
        lambda: raw_png(head_of(grey()), chunk(b"IDAT", b"nothing packed here" * 99)), "damaged"
    ),
    "palette.png": opens(
        lambda: palette_png(grey(), COLOURS, chunk(b"tRNS", bytes(9))),
        lambda: COLOURS[grey()],
        note="palette",
    ),
    "short_palette.png": refused(lambda: palette_png(grey(), COLOURS[:5]), "damaged"),
    "palette_of_grey.png": opens(
        lambda: png(grey("uint8", Colour), 8, 2, before=chunk(b"PLTE", COLOURS.tobytes())),
        lambda: grey("uint8", Colour),
    ),
    "unknown_critical.png": opens(lambda: png(grey(), 8, 0, before=chunk(b"ABCD", b"x")), grey),
    "sixteen_bit_palette.png": refused(lambda: png(grey("uint16"), 16, 3), "damaged"),
}

# JPEG


def jpeg(**options: Any) -> bytes:
    return pillow(smooth(), "JPEG", quality=100, **options)


def inverted_cmyk() -> bytes:
    """As Photoshop writes it: inverted, and said so by an Adobe segment, which Pillow writes."""
    return pillow(PillowImage.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=100)


def two_jpegs() -> bytes:
    stream = io.BytesIO()
    first, second = (PillowImage.fromarray(smooth()[::step]) for step in (1, -1))
    first.save(stream, "MPO", save_all=True, append_images=[second], quality=100)
    return stream.getvalue()


def without_marker(marker: bytes) -> bytes:
    data = jpeg()
    start = data.index(marker)
    length = struct.unpack_from(">H", data, start + 2)[0]
    return data[:start] + data[start + 2 + length :]


JPEGS: dict[str, Odd] = {
    "progressive.jpg": opens(lambda: jpeg(progressive=True), smooth, within=2),
    "restarts.jpg": opens(lambda: jpeg(restart_marker_blocks=1), smooth, within=2),
    "cut_progressive.jpg": refused(lambda: cut(jpeg(progressive=True), 0.5), "truncated"),
    "inverted.jpg": opens(
        inverted_cmyk,
        lambda: np.broadcast_to(np.array([255, 0, 0], np.uint8), (16, 16, 3)),
        within=3, note="CMYK",
    ),
    "two.jpg": opens(two_jpegs, smooth, within=2),
    "garbage_after.jpg": opens(lambda: jpeg() + b"\0garbage" * 99, smooth, within=2),
    "no_tables.jpg": refused(lambda: without_marker(b"\xff\xdb"), "damaged"),
    "no_codes.jpg": opens(lambda: without_marker(b"\xff\xc4"), smooth, within=2),
    "looping_exif.jpg": opens(
        lambda: jpeg_with_exif(b"II*\0\x08\0\0\0\0\0\x08\0\0\0"), smooth, within=30
    ),
    "far_exif.jpg": opens(
        lambda: jpeg_with_exif(b"II*\0\xff\xff\xff\xff" + bytes(20)), smooth, within=30
    ),
    **{
        f"turned_{n}.jpg": opens(
            lambda n=n: jpeg_with_exif(exif_block(n)), smooth, within=30, note="orientation"
        )
        for n in range(2, 9)
    },
}  # fmt: skip

# BMP, GIF, WebP, and what is none of these


def bmp(
    data: bytes, bits: int, compression: int = 0, palette: Array | None = None,
    height: int = HEIGHT, width: int = WIDTH,
) -> bytes:  # fmt: skip
    table = b"" if palette is None else np.insert(palette[:, ::-1], 3, 0, axis=1).tobytes()
    colours = 0 if palette is None else len(palette)
    start = 54 + len(table)
    info = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 0, 0, colours, 0
    )
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + info + table + data


def padded_rows(pixels: Array) -> bytes:
    rows = pixels.reshape(len(pixels), -1)
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4))).tobytes()


def run_lengths(pixels: Array) -> bytes:
    """RLE8, from the bottom."""
    rows = [b"".join(bytes([1, value]) for value in row) + b"\0\0" for row in pixels[::-1]]
    return b"".join(rows) + b"\0\1"


def wild_run_lengths() -> bytes:
    """Moves far out of the picture."""
    return b"\0\2\xff\xff" * 99 + b"\xff\x07" * 99 + b"\0\1"


def gif_frame_outside() -> bytes:
    data = bytearray(pillow(grey(), "GIF"))
    at = data.index(b",\0\0\0\0", 13)
    struct.pack_into("<H", data, at + 1, 60000)
    return bytes(data)


def webp_of_other_size() -> bytes:
    """The frame says another size than the file."""
    data = bytearray(pillow(smooth(), "WEBP", lossless=True, exif=b"Exif\0\0" + exif_block(1)))
    assert data[12:16] == b"VP8X"
    data[24:27] = (4999).to_bytes(3, "little")
    return bytes(data)


RGB = grey("uint8", Colour)

OTHERS: dict[str, Odd] = {
    "palette.bmp": opens(
        lambda: bmp(padded_rows(grey()[::-1]), 8, palette=COLOURS), lambda: COLOURS[grey()],
        note="palette",
    ),
    "runs.bmp": opens(
        lambda: bmp(run_lengths(grey()), 8, 1, COLOURS), lambda: COLOURS[grey()], note="palette"
    ),
    "wild_runs.bmp": refused(
        lambda: bmp(wild_run_lengths(), 8, 1, COLOURS), "truncated", "damaged"
    ),
    "top_down.bmp": opens(
        lambda: bmp(padded_rows(RGB[..., ::-1]), 24, height=-HEIGHT), lambda: RGB
    ),
    "huge.bmp": refused(
        lambda: bmp(b"x" * 99, 24, height=99_999, width=99_999), "too_large", "truncated"
    ),
    "negative_width.bmp": refused(
        lambda: bmp(padded_rows(RGB), 24, width=-WIDTH), "damaged", "too_large"
    ),
    "head_only.bmp": refused(lambda: b"BM" + bytes(20), "damaged", "unsupported", "truncated"),
    "one_frame.gif": opens(lambda: pillow(grey(), "GIF"), grey),
    "frame_outside.gif": refused(gif_frame_outside, "damaged", "too_large", "truncated"),
    "no_frame.gif": refused(
        lambda: b"GIF89a\x05\0\x05\0\0\0\0;", "damaged", "truncated"
    ),
    "cut.gif": refused(lambda: cut(pillow(grey(), "GIF"), 0.6), "truncated", "damaged"),
    "lossless.webp": opens(lambda: pillow(RGB, "WEBP", lossless=True), lambda: RGB),
    "other_size.webp": refused(webp_of_other_size, "damaged", "truncated"),
    "grey_16.pgm": refused(
        lambda: b"P5 53 37 65535\n" + grey("uint16").astype(">u2").tobytes(), "unsupported"
    ),
    "words.ppm": refused(lambda: b"P3\n2 1\n255\n1 2 3 4 5 6\n", "unsupported"),
    "float.pfm": refused(lambda: b"Pf\n53 37\n-1.0\n" + bytes(999), "unsupported", "not_an_image"),
    "vector.svg.png": refused(
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_an_image"
    ),
    "page.html.tif": refused(
        lambda: b"<!DOCTYPE html><html><body>404 Not Found</body></html>", "not_an_image"
    ),
    "tiff.png": opens(lambda: tiff(grey()), grey, note="content is TIFF"),
    "jpeg.tif": opens(jpeg, smooth, within=2, note="content is JPEG"),
    "webp.jpg": opens(
        lambda: pillow(RGB, "WEBP", lossless=True), lambda: RGB, note="content is WebP"
    ),
    "zeros.tif": refused(lambda: bytes(4096), "not_an_image"),
    "marked.png": refused(lambda: b"\xef\xbb\xbf" + png(grey(), 8, 0), "not_an_image", "damaged"),
}  # fmt: skip

ODDER_FILES: dict[str, Odd] = {**TIFFS, **PNGS, **JPEGS, **OTHERS}
