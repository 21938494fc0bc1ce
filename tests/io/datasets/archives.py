"""Small archives in the layouts of the published data sets, whole and broken ones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from tests.pictures import cell_picture

V1_NAMES = (
    "37_y.png",  # drawn by hand, trainval
    "39_y.png",  # drawn by hand, test
    "Mar19bS1C1R2_VLPAGr_200x_y.png",  # test
    "Mar19bS1C1R3_VLPAGl_200x_y.png",  # test, empty
    "Mar19bS1C1R3_VLPAGr_200x_y.png",  # trainval
)


def png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def picture() -> bytes:
    return png(cell_picture())


def mask(*, sixteen_bit: bool = False, grey: bool = False, empty: bool = False) -> bytes:
    values = np.zeros((200, 240), np.uint16 if sixteen_bit else np.uint8)
    if not empty:
        values[40:60, 50:70] = np.iinfo(values.dtype).max
        values[130:150, 80:100] = np.iinfo(values.dtype).max
    if grey:
        values[39, 50:70] = 90
    return png(values)


def v1_files(names: Iterable[str] = V1_NAMES) -> dict[str, bytes]:
    """As published: 16-bit masks, one drawn by hand with grey edges."""
    files = {"README.md": b"# Fluorescent Neuronal Cells"}
    for name in names:
        by_hand = name in V1_NAMES[:2]
        empty = name == V1_NAMES[3]
        files[f"all_images/images/{name}"] = picture()
        files[f"all_masks/masks/{name}"] = mask(sixteen_bit=not by_hand, grey=by_hand, empty=empty)
    return files


def v2_files(colour: str = "green") -> dict[str, bytes]:
    """As published: two splits with ground truth, an unlabelled part, a mask without picture."""
    files: dict[str, bytes] = {}
    for split, names in (("trainval", ("2", "10")), ("test", ("3",)), ("unlabelled", ("4", "5"))):
        for name in names:
            folder = f"{colour}/{split}"
            files[f"{folder}/images/{name}.png"] = picture()
            files[f"{folder}/metadata/{name}.txt"] = b"# EXIF\nmake\tNikon"
            if split != "unlabelled":
                files[f"{folder}/ground_truths/masks/{name}.png"] = mask()
                files[f"{folder}/ground_truths/rle/{name}.pickle"] = b"\x80\x04N."
    if colour == "green":
        files["green/trainval/ground_truths/masks/128.png"] = mask()
    return files


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
