"""Pictures open as they were stored, or an error says plainly why not."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image as PillowImage
from skimage.color import rgb2lab

from napari_fncells.core.errors import UserError
from napari_fncells.io import images
from napari_fncells.io.images import Image, ImageReadError, ReadCode, list_images, read_image
from tests.io.odd_files import (
    ODD_FILES,
    animation,
    chunk,
    cmyk_jpeg,
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
)

IN_FOLDER = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Image]:
    def read(data: bytes, name: str = "picture.bin", **options: Any) -> Image:
        path = tmp_path / name
        path.write_bytes(data)
        return read_image(path, **options)

    return read


def refused(read: Callable[..., Image], data: bytes, **options: Any) -> ImageReadError:
    with pytest.raises(ImageReadError) as caught:
        read(data, **options)
    return caught.value


def noted(image: Image, word: str) -> bool:
    return any(word in note for note in image.notes)


# Broken, hostile and undecided files


@pytest.mark.parametrize("name", ODD_FILES)
def test_odd_files_give_one_plain_error(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    make, code = ODD_FILES[name]
    path = tmp_path / name
    path.write_bytes(make())
    with pytest.raises(ImageReadError) as caught:
        read_image(path)
    error = caught.value
    assert error.code == code
    assert error.path == path
    assert error.sentence.startswith(name)
    assert error.sentence.endswith(".")
    assert error.sentence.count("\n") == 0
    assert error.remedy.endswith(".")
    assert capfd.readouterr() == ("", "")


def test_missing_file_folder_and_bad_names(tmp_path: Path) -> None:
    for path, code in [
        (tmp_path / "no.png", ReadCode.MISSING),
        (tmp_path / "no" / "a.png", ReadCode.MISSING),
        (tmp_path, ReadCode.NOT_A_FILE),
        (tmp_path / "a\0b.png", ReadCode.MISSING),
    ]:
        with pytest.raises(ImageReadError) as caught:
            read_image(path)
        assert caught.value.code is code


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.timeout(20)
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ImageReadError, match="not an ordinary file"):
        read_image(tmp_path / "pipe.png")


def test_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(ImageReadError) as caught:
        read_image(__file__)
    assert caught.value.code is ReadCode.NO_PERMISSION


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), ReadCode.TOO_LARGE),
        (RecursionError(), ReadCode.DAMAGED),
        (ZeroDivisionError(), ReadCode.DAMAGED),
        (OSError(5, "Input/output error"), ReadCode.IO),
    ],
)
def test_whatever_a_decoder_raises_becomes_our_error(
    read: Callable[..., Image], monkeypatch: pytest.MonkeyPatch, error: Exception, code: ReadCode
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(images, "read_png", fail)
    caught = refused(read, png(grey(), 8, 0))
    assert caught.code is code
    assert isinstance(caught, UserError)
    assert caught.__cause__ is error


def test_interrupts_pass(read: Callable[..., Image], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(images, "read_png", interrupt)
    with pytest.raises(KeyboardInterrupt):
        read(png(grey(), 8, 0))


SEEDS = [
    png(grey(), 8, 0),
    tiff(grey("uint16"), compression="zlib"),
    tiff_pages(grey(), grey()),
    pillow(smooth(), "JPEG"),
    pillow(grey(), "BMP"),
    pillow(grey(), "GIF"),
    pillow(smooth(), "WEBP"),
    ome_tiff(ome_xml('SizeC="1" SizeZ="1" SizeT="1" DimensionOrder="XYCZT">')),
]


@IN_FOLDER
@given(st.data())
def test_damaged_files_open_or_give_our_error(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        image = read_image(path, max_bytes=50_000_000)
    except ImageReadError:
        return
    assert image.pixels.dtype.kind in "uif"
    assert image.pixels.size > 0


def test_the_limit_is_the_callers(read: Callable[..., Image]) -> None:
    data = tiff(grey("uint16"))
    assert refused(read, data, max_bytes=37 * 53 * 2 - 1).code is ReadCode.TOO_LARGE
    assert read(data, max_bytes=37 * 53 * 2).pixels.shape == (37, 53)


# Kind, then bytes of a pixel: as they are decoded, and of the copy that is given
PNG_MEMORY = {
    "grey": ((), "uint8", 1, 0),
    "grey, alpha": ((2,), "uint8", 2, 1),
    "grey, alpha, 16 bits": ((2,), "uint16", 4, 2),
    "RGB": ((3,), "uint8", 3, 0),
    "RGB, alpha": ((4,), "uint8", 4, 3),
    "RGB, alpha, 16 bits": ((4,), "uint16", 8, 6),
}


@pytest.mark.parametrize("kind", PNG_MEMORY)
def test_a_png_is_refused_where_its_copies_are_above_the_limit(
    read: Callable[..., Image], kind: str
) -> None:
    channels, dtype, decoded, copied = PNG_MEMORY[kind]
    pixels = np.zeros((200, 200, *channels), dtype)
    needed = 200**2 * (decoded + copied)
    data = imagecodecs.png_encode(pixels)
    assert refused(read, data, max_bytes=needed - 1).code is ReadCode.TOO_LARGE
    # What is compressed takes memory beside the pixels
    assert read(data, max_bytes=needed + len(data)).pixels.shape[:2] == (200, 200)


def test_a_png_is_refused_where_the_file_and_its_pixels_are_above_the_limit(
    read: Callable[..., Image],
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 200), np.uint8)
    data = imagecodecs.png_encode(pixels)
    assert refused(read, data, max_bytes=pixels.nbytes * 3 // 2).code is ReadCode.TOO_LARGE
    assert read(data, max_bytes=pixels.nbytes + len(data)).pixels.shape == (200, 200)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="measures as Linux does")
@pytest.mark.parametrize("noisy", [False, True])
def test_a_png_with_alpha_takes_no_more_than_is_checked(tmp_path: Path, noisy: bool) -> None:
    side = 2000
    pixels = np.zeros((side, side, 4), np.uint16)
    if noisy:
        pixels[:] = np.random.default_rng(0).integers(0, 65536, pixels.shape, np.uint16)
    path = tmp_path / "alpha.png"
    path.write_bytes(imagecodecs.png_encode(pixels, level=1))
    limit = max(pixels.nbytes * 7 // 4, pixels.nbytes + path.stat().st_size)
    script = (
        "import sys; from pathlib import Path; from napari_fncells.io.images import read_image\n"
        "def status(name):\n"
        "    lines = Path('/proc/self/status').read_text().splitlines()\n"
        "    return next(int(x.split()[1]) for x in lines if x.startswith(name)) << 10\n"
        "read_image(sys.argv[2])\n"
        "Path('/proc/self/clear_refs').write_text('5'); before = status('VmRSS')\n"
        "read_image(sys.argv[1], max_bytes=int(sys.argv[3]))\n"
        "print(status('VmHWM') - before)"
    )
    small = tmp_path / "small.png"
    small.write_bytes(imagecodecs.png_encode(pixels[:8, :8]))
    command = [sys.executable, "-c", script, path, small, str(limit)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(told.stdout) < limit * 1.1


def test_a_400_megapixel_picture_is_within_the_fixed_cap() -> None:
    assert images.MAX_BYTES >= 400_000_000 * 3 * 2
    assert 0 < images.default_max_bytes() <= images.MAX_BYTES


# Plain files


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int8", "int16", "uint32", "float32"])
@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
@pytest.mark.parametrize("colours", [(), (3,)])
def test_tiff_is_read_as_stored(
    read: Callable[..., Image], dtype: str, compression: str | None, colours: tuple[int, ...]
) -> None:
    pixels = grey(dtype, (37, 53, *colours))
    photometric = "rgb" if colours else "minisblack"
    image = read(tiff(pixels, compression=compression, photometric=photometric), "a.tif")
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.pixels.dtype == pixels.dtype
    assert image.notes == ()


@pytest.mark.parametrize("options", [{"bigtiff": True}, {"byteorder": ">"}, {"tile": (16, 16)}])
def test_layouts_of_tiff(read: Callable[..., Image], options: dict[str, Any]) -> None:
    pixels = grey("uint16")
    image = read(tiff(pixels, **options), "a.tif")
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.pixels.dtype == np.dtype("=u2")


@pytest.mark.parametrize(("depth", "dtype"), [(8, "uint8"), (16, "uint16")])
@pytest.mark.parametrize(("colour", "samples"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_png_keeps_its_depth(
    read: Callable[..., Image], depth: int, dtype: str, colour: int, samples: int
) -> None:
    pixels = grey(dtype, (37, 53, samples))
    image = read(png(pixels, depth, colour), "a.png")
    wanted = pixels[..., : samples - (colour >= 4)].squeeze()
    np.testing.assert_array_equal(image.pixels, wanted)
    assert image.pixels.dtype == dtype
    assert noted(image, "alpha") == (colour >= 4)


@pytest.mark.parametrize("depth", [2, 4])
def test_small_depths_of_png_are_not_stretched(read: Callable[..., Image], depth: int) -> None:
    pixels = grey() % 2**depth
    image = read(png(pixels, depth, 0))
    np.testing.assert_array_equal(image.pixels, pixels)
    assert noted(image, f"{depth} bits")


def test_one_bit_becomes_0_and_255(read: Callable[..., Image]) -> None:
    bits = grey() > 99
    for data in (png(bits, 1, 0), tiff(bits)):
        image = read(data)
        np.testing.assert_array_equal(image.pixels, bits * np.uint8(255))
        assert noted(image, "One bit")


def test_jpeg(read: Callable[..., Image]) -> None:
    image = read(pillow(smooth(), "JPEG", quality=100), "a.jpg")
    assert image.pixels.dtype == np.uint8
    assert np.abs(image.pixels.astype(int) - smooth()).max() <= 2
    colour = np.stack([smooth()] * 3, axis=2)
    progressive = read(pillow(colour, "JPEG", quality=100, progressive=True), "b.jpg")
    assert np.abs(progressive.pixels.astype(int) - colour).max() <= 3


@pytest.mark.parametrize(
    ("kind", "options"), [("BMP", {}), ("GIF", {}), ("WEBP", {"lossless": True})]
)
def test_other_formats(read: Callable[..., Image], kind: str, options: dict[str, Any]) -> None:
    pixels = grey()
    image = read(pillow(pixels, kind, **options))
    got = image.pixels if image.pixels.ndim == 2 else image.pixels[..., 0]
    np.testing.assert_array_equal(got, pixels)


def test_what_is_said_about_a_file(read: Callable[..., Image], tmp_path: Path) -> None:
    data = png(grey(), 8, 0)
    image = read(data, "cells 1.png")
    assert image.path == tmp_path / "cells 1.png"
    assert image.name == "cells 1.png"
    assert image.sha256 == hashlib.sha256(data).hexdigest()
    assert image.pixel_size is None
    assert image.notes == ()


def test_content_decides_not_the_name(read: Callable[..., Image]) -> None:
    image = read(png(grey(), 8, 0), "a.tif")
    np.testing.assert_array_equal(image.pixels, grey())
    assert noted(image, "content is PNG")


@IN_FOLDER
@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.uint16]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
    )
)
def test_any_grey_picture_comes_back(tmp_path: Path, pixels: np.ndarray[Any, Any]) -> None:
    for name, data in [("a.png", png(pixels, 8 * pixels.itemsize, 0)), ("a.tif", tiff(pixels))]:
        (tmp_path / name).write_bytes(data)
        image = read_image(tmp_path / name)
        np.testing.assert_array_equal(image.pixels, pixels)
        assert image.pixels.dtype == pixels.dtype
        assert image.pixels.shape == pixels.shape


# Files whose numbers need care


def test_palettes_become_colours(read: Callable[..., Image]) -> None:
    colours = grey(shape=(256, 3), seed=5)
    indices = grey()
    palette = chunk(b"PLTE", colours.tobytes())
    for data in (
        png(indices, 8, 3, before=palette),
        tiff(indices, photometric="palette", colormap=colours.T.astype(np.uint16) * 257),
        tiff(indices, photometric="palette", colormap=colours.T.astype(np.uint16) * 256),
        tiff(indices, photometric="palette", colormap=colours.T.astype(np.uint16)),
    ):
        image = read(data)
        np.testing.assert_array_equal(image.pixels, colours[indices])
        assert image.pixels.dtype == np.uint8
        assert noted(image, "palette")


def test_fine_palettes_keep_16_bits(read: Callable[..., Image]) -> None:
    colours = grey("uint16", (256, 3))
    data = tiff(grey(), photometric="palette", colormap=colours.T)
    np.testing.assert_array_equal(read(data).pixels, colours[grey()])


def test_transparency_is_dropped_and_told(read: Callable[..., Image]) -> None:
    palette = chunk(b"PLTE", bytes(range(9))) + chunk(b"tRNS", b"\0\x80")
    image = read(png(grey() % 3, 8, 3, before=palette))
    assert image.pixels.shape == (37, 53, 3)
    assert noted(image, "transparent")
    rgb = grey("uint16", (37, 53, 3))
    image = read(png(rgb, 16, 2, before=chunk(b"tRNS", bytes(6))))
    np.testing.assert_array_equal(image.pixels, rgb)
    rgba = grey(shape=(37, 53, 4))
    for kind in ("unassalpha", "assocalpha"):
        image = read(tiff(rgba, photometric="rgb", extrasamples=[kind]))
        np.testing.assert_array_equal(image.pixels, rgba[..., :3])
        assert noted(image, "alpha")
        assert noted(image, "multiplied") == (kind == "assocalpha")
    image = read(tiff(rgba, photometric="rgb", extrasamples=["unspecified"]))
    np.testing.assert_array_equal(image.pixels, rgba)
    assert image.notes


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_white_as_zero_is_inverted(read: Callable[..., Image], dtype: str) -> None:
    pixels = grey(dtype)
    image = read(tiff(pixels, photometric="miniswhite"))
    np.testing.assert_array_equal(image.pixels, np.iinfo(dtype).max - pixels)
    assert noted(image, "inverted")


def test_white_as_zero_in_one_bit(read: Callable[..., Image]) -> None:
    bits = grey() > 99
    image = read(tiff(bits, photometric="miniswhite"))
    np.testing.assert_array_equal(image.pixels, ~bits * np.uint8(255))


def test_separate_planes(read: Callable[..., Image]) -> None:
    planes = grey("uint16", (3, 37, 53))
    image = read(tiff(planes, photometric="rgb", planarconfig="separate"))
    np.testing.assert_array_equal(image.pixels, np.moveaxis(planes, 0, 2))
    assert image.pixels.flags.c_contiguous


def test_inks_become_colours(read: Callable[..., Image]) -> None:
    for dtype, top in (("uint8", 255), ("uint16", 65535)):
        inks = np.array([[[0, 0, 0, 0], [0, top, top, 0], [0, 0, 0, top]]], dtype)
        image = read(tiff(inks, photometric="separated"))
        np.testing.assert_array_equal(image.pixels[0], [[top] * 3, [top, 0, 0], [0, 0, 0]])
        assert noted(image, "CMYK")
    red = read(cmyk_jpeg())
    assert np.abs(red.pixels.astype(int) - [255, 0, 0]).max() < 5
    assert noted(red, "CMYK")


def test_lab_becomes_srgb(read: Callable[..., Image]) -> None:
    wanted = np.array([[[250, 20, 30], [10, 200, 40], [30, 40, 220], [128, 128, 128]]], np.uint8)
    lab = rgb2lab(wanted, illuminant="D65")
    # to the D50 white of TIFF: for greys a and b stay 0, so those must match closely
    stored = np.stack([lab[..., 0] * 2.55, lab[..., 1], lab[..., 2]], axis=2)
    data = tiff(np.rint(stored).astype(np.int16).astype(np.uint8), photometric="cielab")
    image = read(data)
    assert noted(image, "L*a*b*")
    assert np.abs(image.pixels[0, 3].astype(int) - 128).max() <= 1
    assert (image.pixels[0, :3].argmax(axis=1) == [0, 1, 2]).all()


def test_jpeg_inside_tiff(read: Callable[..., Image]) -> None:
    colour = np.stack([smooth((64, 64)), smooth((64, 64))[::-1], smooth((64, 64)).T], axis=2)
    for options in ({}, {"outcolorspace": "ycbcr"}):
        data = tiff(colour, photometric="rgb", compression="jpeg", compressionargs=options)
        image = read(data)
        assert np.abs(image.pixels.astype(int) - colour).mean() < 3
        assert noted(image, "YCbCr") == bool(options)
    stub = data.replace(b"\xff\xd9", b"\0\0")
    assert refused(read, stub).code is ReadCode.TRUNCATED


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_keeps_the_stored_grid(read: Callable[..., Image], orientation: int) -> None:
    exif = chunk(b"eXIf", exif_block(orientation))
    for data in (
        tiff(smooth(), extratags=[(274, 3, 1, orientation, True)]),
        jpeg_with_exif(exif_block(orientation)),
        png(smooth(), 8, 0, before=exif),
    ):
        image = read(data)
        assert image.pixels.shape == (37, 53)
        assert noted(image, "orientation") == (orientation != 1)


@pytest.mark.parametrize("block", [b"", b"II", b"XX*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*" * 9])
def test_broken_exif_is_no_reason_to_refuse(read: Callable[..., Image], block: bytes) -> None:
    assert read(jpeg_with_exif(block)).notes == ()


def test_metadata_never_reach_a_decoder(read: Callable[..., Image]) -> None:
    bomb = chunk(b"zTXt", b"note\0\0" + b"x" * 1000) + chunk(b"iCCP", b"profile\0\0junk")
    np.testing.assert_array_equal(read(png(grey(), 8, 0, before=bomb)).pixels, grey())


def test_not_finite_numbers_are_told(read: Callable[..., Image]) -> None:
    pixels = grey("float32")
    pixels[3, 4] = np.nan
    assert noted(read(tiff(pixels)), "finite")


# Several pictures or channels


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_frames(read: Callable[..., Image], kind: str) -> None:
    for page in range(3):
        image = read(animation(kind), page=page)
        got = image.pixels if image.pixels.ndim == 2 else image.pixels[..., 0]
        np.testing.assert_array_equal(got, grey(seed=page))
    assert refused(read, animation(kind), page=3).code is ReadCode.NO_SUCH_PART


def test_pages(read: Callable[..., Image]) -> None:
    data = tiff_pages(grey(), grey(seed=1))
    error = refused(read, data)
    assert "2 pictures" in error.sentence
    assert "0 to 1" in error.remedy
    np.testing.assert_array_equal(read(data, page=1).pixels, grey(seed=1))
    for page in (-1, 2):
        assert refused(read, data, page=page).code is ReadCode.NO_SUCH_PART


def test_previews_are_no_pages(read: Callable[..., Image], tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "p.tif") as writer:
        writer.write(grey(), photometric="minisblack", metadata=None)
        writer.write(grey(shape=(9, 9)), photometric="minisblack", subfiletype=1, metadata=None)
    image = read_image(tmp_path / "p.tif")
    np.testing.assert_array_equal(image.pixels, grey())
    assert noted(image, "preview")


@pytest.mark.parametrize("truncated", [False, True])
def test_stack_by_tifffile(read: Callable[..., Image], tmp_path: Path, truncated: bool) -> None:
    stack = grey("uint16", (4, 37, 53))
    path = tmp_path / "s.tif"
    tifffile.imwrite(
        path, stack, photometric="minisblack", metadata={"axes": "ZYX", "truncate": truncated}
    )
    with pytest.raises(ImageReadError, match="4 pictures"):
        read_image(path)
    for page in range(4):
        np.testing.assert_array_equal(read_image(path, page=page).pixels, stack[page])


def test_planes_that_are_promised_but_absent(read: Callable[..., Image]) -> None:
    data = tiff(grey(), description='{"shape": [4, 37, 53]}')
    assert refused(read, data).code is ReadCode.TRUNCATED


def test_imagej_hyperstack(tmp_path: Path) -> None:
    stack = grey("uint16", (2, 3, 2, 37, 53))
    path = tmp_path / "h.tif"
    tifffile.imwrite(
        path,
        stack,
        imagej=True,
        resolution=(3.19, 3.19),
        metadata={"axes": "TZCYX", "unit": "um"},
    )
    with pytest.raises(ImageReadError, match="6 pictures"):
        read_image(path)
    image = read_image(path, page=4)
    np.testing.assert_array_equal(image.pixels, np.moveaxis(stack[1, 1], 0, 2))
    assert image.pixel_size == pytest.approx(1 / 3.19, rel=1e-4)
    one = read_image(path, page=4, channel=1)
    np.testing.assert_array_equal(one.pixels, stack[1, 1, 1])
    assert noted(one, "Channel 1 of 2")


@pytest.mark.parametrize("unit", ["micron", "\\u00B5m", "µm"])
def test_imagej_units(read: Callable[..., Image], unit: str) -> None:
    description = f"ImageJ=1.54f\nimages=1\nunit={unit}\n".encode()
    data = tiff(grey(), resolution=(2.0, 2.0), extratags=[(270, 2, 0, description, True)])
    assert read(data).pixel_size == pytest.approx(0.5)


def test_channels_as_pages(read: Callable[..., Image]) -> None:
    channels = grey("uint16", (2, 37, 53))
    data = tiff(channels, metadata={"axes": "CYX"})
    image = read(data)
    np.testing.assert_array_equal(image.pixels, np.moveaxis(channels, 0, 2))
    assert noted(image, "2 channels")
    np.testing.assert_array_equal(read(data, channel=1).pixels, channels[1])
    assert refused(read, data, channel=2).code is ReadCode.NO_SUCH_PART


def test_channel_of_any_format(read: Callable[..., Image]) -> None:
    rgb = grey(shape=(37, 53, 3))
    for data in (png(rgb, 8, 2), tiff(rgb, photometric="rgb"), pillow(rgb, "BMP")):
        image = read(data, channel=2)
        np.testing.assert_array_equal(image.pixels, rgb[..., 2])
        assert noted(image, "Channel 2 of 3")
        assert refused(read, data, channel=3).code is ReadCode.NO_SUCH_PART
    assert read(png(grey(), 8, 0), channel=0).pixels.shape == (37, 53)


# OME


OME_ORDER = 'SizeC="2" SizeZ="3" SizeT="1" DimensionOrder="{}">'


@pytest.mark.parametrize(("order", "first"), [("XYCZT", (2, 3)), ("XYZCT", (1, 4))])
def test_ome_order_of_planes(
    read: Callable[..., Image], order: str, first: tuple[int, int]
) -> None:
    data = ome_tiff(ome_xml(OME_ORDER.format(order) + "<TiffData/>"), pages=6)
    assert "3 pictures" in refused(read, data).sentence
    image = read(data, page=1)
    for channel, page in enumerate(first):
        np.testing.assert_array_equal(image.pixels[..., channel], grey("uint16", seed=page))


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('PhysicalSizeX="0.25" PhysicalSizeY="0.25"', 0.25),
        ('PhysicalSizeX="250" PhysicalSizeXUnit="nm"', 0.25),
        ('PhysicalSizeX="0.25" PhysicalSizeY="0.5"', None),
        ('PhysicalSizeX="3" PhysicalSizeXUnit="pixel"', None),
        ('PhysicalSizeX="-1"', None),
        ('PhysicalSizeX="many"', None),
    ],
)
def test_ome_pixel_size(read: Callable[..., Image], attributes: str, size: float | None) -> None:
    xml = ome_xml(f'SizeC="1" SizeZ="1" SizeT="1" DimensionOrder="XYCZT" {attributes}>')
    assert read(ome_tiff(xml)).pixel_size == (None if size is None else pytest.approx(size))


_opened: list[str] = []


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(args[0], str):
        _opened.append(args[0])
    elif event in {"socket.connect", "subprocess.Popen", "os.system"}:
        _opened.append(event)


sys.addaudithook(_watch)


def test_ome_never_opens_the_files_that_it_names(tmp_path: Path) -> None:
    other = tmp_path / "other.ome.tif"
    other.write_bytes(ome_tiff(ome_xml(OME_ORDER.format("XYCZT"))))
    here = '<TiffData IFD="0" FirstC="0"><UUID FileName="here.ome.tif">urn:1</UUID></TiffData>'
    there = "".join(
        f'<TiffData IFD="0" FirstC="1"><UUID FileName="{name}">urn:2</UUID></TiffData>'
        for name in ("other.ome.tif", "/etc/passwd", "../secret.tif", "\\\\host\\share\\a.tif")
    )
    xml = ome_xml('SizeC="2" SizeZ="1" SizeT="1" DimensionOrder="XYCZT">' + here + there)
    path = tmp_path / "here.ome.tif"
    path.write_bytes(ome_tiff(xml))
    read_image(path)  # whatever is imported late is imported now
    _opened.clear()
    image = read_image(path)
    assert set(_opened) <= {str(path), "/proc/meminfo"}
    np.testing.assert_array_equal(image.pixels, grey("uint16"))
    assert noted(image, "1 more plane")
    assert noted(image, "/etc/passwd")


def test_a_renamed_ome_file_knows_itself_by_its_uuid(read: Callable[..., Image]) -> None:
    block = '<TiffData IFD="0"><UUID FileName="before.ome.tif">urn:1</UUID></TiffData>'
    xml = ome_xml(
        'SizeC="1" SizeZ="1" SizeT="1" DimensionOrder="XYCZT">' + block, attributes='UUID="urn:1"'
    )
    assert read(ome_tiff(xml), "after.ome.tif").notes == ()


@pytest.mark.parametrize(
    "pixels",
    [
        'SizeC="1" SizeZ="1" SizeT="1" DimensionOrder="CATS">',
        'SizeC="x" SizeZ="1" SizeT="1" DimensionOrder="XYCZT">',
        'SizeC="1" SizeZ="1" SizeT="1" DimensionOrder="XYCZT"><TiffData FirstC="7"/>',
        'SizeC="1" SizeZ="1" SizeT="1" DimensionOrder="XYCZT"><TiffData IFD="9"/>',
        'SizeC="1" SizeZ="1" SizeT="1" DimensionOrder="XYCZT"></Oops>',
        'SizeC="99999999" SizeZ="1" SizeT="1" DimensionOrder="XYCZT"><TiffData IFD="5"/>',
    ],
)
def test_ome_nonsense_is_told(read: Callable[..., Image], pixels: str) -> None:
    image = read(ome_tiff(ome_xml(pixels)))
    np.testing.assert_array_equal(image.pixels, grey("uint16"))
    assert noted(image, "OME metadata could not be understood")


def test_ome_promising_more_than_there_is(read: Callable[..., Image]) -> None:
    xml = ome_xml('SizeC="99999999" SizeZ="1" SizeT="1" DimensionOrder="XYCZT"><TiffData/>')
    assert noted(read(ome_tiff(xml)), "99999998 more planes")


# Pixel sizes from print resolutions


@pytest.mark.parametrize(
    ("per_metre", "size"), [(3_190_000, 0.31348), (2835, None), (11811, None), (0, None)]
)
def test_print_resolutions_count_only_where_they_can_mean_a_microscope(
    read: Callable[..., Image], per_metre: int, size: float | None
) -> None:
    wanted = None if size is None else pytest.approx(size, rel=1e-4)
    phys = chunk(b"pHYs", per_metre.to_bytes(4, "big") * 2 + b"\1")
    assert read(png(grey(), 8, 0, before=phys)).pixel_size == wanted
    data = tiff(grey(), resolution=(per_metre / 100, per_metre / 100), resolutionunit="CENTIMETER")
    assert read(data).pixel_size == wanted


def test_oblong_pixels_have_no_size(read: Callable[..., Image]) -> None:
    data = tiff(grey(), resolution=(31900, 15000), resolutionunit="CENTIMETER")
    assert read(data).pixel_size is None


# Folders


def test_list_images(tmp_path: Path) -> None:
    for name in ["b10.png", "b2.PNG", "a.ome.tif", ".hidden.png", "notes.txt", "b2.tif", "c.jpeg"]:
        (tmp_path / name).touch()
    for folder in ("fncells", "sub", "folder.png"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.png").touch()
    names = [path.name for path in list_images(tmp_path)]
    assert names == ["a.ome.tif", "b2.PNG", "b2.tif", "b10.png", "c.jpeg"]


def test_list_images_of_no_folder(tmp_path: Path) -> None:
    for place in (tmp_path / "no", Path(__file__)):
        with pytest.raises(ImageReadError):
            list_images(place)


def test_errors_survive_pickling() -> None:
    error = ImageReadError(ReadCode.EMPTY, Path("a"), "a is empty.", "Copy it again.")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.path, str(copy)) == (error.code, error.path, str(error))


def test_a_picture_made_in_memory_needs_only_pixels() -> None:
    image = Image(grey())
    assert (image.path, image.name, image.sha256, image.notes) == (None, "", None, ())


def test_pillow_limits_are_left_alone() -> None:
    assert PillowImage.MAX_IMAGE_PIXELS == 89_478_485
