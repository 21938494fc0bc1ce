"""What a file is, by its first bytes; its name is not believed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from napari_fncells.io.raster import Source
from napari_fncells.io.read_error import ReadCode

HEAD_BYTES = 512


class Format(StrEnum):
    """The formats that are read."""

    PNG = "PNG"
    TIFF = "TIFF"
    JPEG = "JPEG"
    WEBP = "WebP"
    BMP = "BMP"
    GIF = "GIF"
    CZI = "CZI"
    ND2 = "ND2"
    LIF = "LIF"


SUFFIXES: dict[str, Format] = {
    ".png": Format.PNG,
    ".tif": Format.TIFF,
    ".tiff": Format.TIFF,
    ".btf": Format.TIFF,
    ".jpg": Format.JPEG,
    ".jpeg": Format.JPEG,
    ".webp": Format.WEBP,
    ".bmp": Format.BMP,
    ".gif": Format.GIF,
    ".czi": Format.CZI,
    ".nd2": Format.ND2,
    ".lif": Format.LIF,
}

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SIGNATURES: tuple[tuple[bytes, Format], ...] = (
    (_PNG_SIGNATURE, Format.PNG),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0", Format.TIFF),
    (b"MM\0+", Format.TIFF),
    (b"\xff\xd8\xff", Format.JPEG),
    (b"BM", Format.BMP),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"ZISRAWFILE", Format.CZI),
    (b"\xda\xce\xbe\x0a", Format.ND2),
    (b"\x70\x00\x00\x00", Format.LIF),
)
# Formats that people have in their folders, so that the message can name them.
_FOREIGN: tuple[tuple[int, bytes, str], ...] = (
    (0, b"SIMPLE  =", "a FITS file"),
    (0, b"\xd0\xcf\x11\xe0", "an Olympus OIB or Microsoft Office file"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (0, b"\x93NUMPY", "a NumPy file"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 file"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 file"),
    (4, b"ftyp", "a HEIF, AVIF or video file"),
    (0, b"P1", "a portable bitmap (PNM) file"),
    (0, b"P2", "a portable greymap (PNM) file"),
    (0, b"P3", "a portable pixmap (PNM) file"),
    (0, b"P4", "a portable bitmap (PNM) file"),
    (0, b"P5", "a portable greymap (PNM) file"),
    (0, b"P6", "a portable pixmap (PNM) file"),
    (0, b"\0\0\1\0", "an icon file"),
)


def identify(source: Source) -> tuple[Format, tuple[str, ...]]:
    """Decide the format of a file by its first bytes.

    Returns
    -------
    Format
        What the file is.
    tuple of str
        A note where the name says otherwise.

    Raises
    ------
    ImageReadError
        The file is none of the formats that are read.
    """
    source.stream.seek(0)
    head = source.stream.read(HEAD_BYTES)
    found = _match(head)
    if found is None:
        raise _refuse(source, head)
    promised = SUFFIXES.get(Path(source.path).suffix.lower())
    if promised in {found, None}:
        return found, ()
    return found, (f"The content is {found}, although the name ends in '{source.path.suffix}'.",)


def _match(head: bytes) -> Format | None:
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.WEBP
    return None


def _refuse(source: Source, head: bytes) -> Exception:
    if head.startswith(b"version https://git-lfs"):
        return source.error(
            ReadCode.NOT_AN_IMAGE,
            "is a Git LFS pointer, not the picture itself",
            "Fetch the picture with 'git lfs pull'.",
        )
    if head[1:4] == b"PNG":
        return source.damaged("has a damaged PNG signature, as after a transfer in text mode")
    for offset, magic, name in _FOREIGN:
        if head[offset:].startswith(magic):
            return source.error(
                ReadCode.UNSUPPORTED,
                f"is {name}, which is not supported",
                "Save the picture as TIFF or PNG, for instance with Fiji.",
            )
    what = "text" if _looks_like_text(head) else "not a picture in a known format"
    return source.error(
        ReadCode.NOT_AN_IMAGE,
        f"is {what}" + (", not a picture" if what == "text" else ""),
        "Choose a PNG, TIFF or JPEG file.",
    )


def _looks_like_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # the last character may be cut by the end of the head
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return all(c.isprintable() or c in "\r\n\t" for c in text)
