"""The corpus of odd files: each does what its manifest says should happen."""

from __future__ import annotations

import csv
import hashlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image as PillowImage

from napari_fncells.io.images import Image, ImageReadError, ReadCode, read_image

# the folder of the `real_data` fixture, needed while tests are collected
MANIFEST = Path(__file__).parents[3] / "shared" / "data" / "odd_inputs" / "MANIFEST.tsv"
SECONDS = 10.0
BYTES = 1 << 30

Outcome = Image | ImageReadError


def rows() -> list[dict[str, str]]:
    if not MANIFEST.is_file():
        return []
    with MANIFEST.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def peak_bytes() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def opened(outcome: Outcome) -> Image:
    assert isinstance(outcome, Image), f"refused: {outcome}"
    return outcome


def refused(outcome: Outcome) -> ImageReadError:
    assert isinstance(outcome, ImageReadError), "opened, but should have been refused"
    assert outcome.sentence
    assert outcome.remedy
    return outcome


def noted(image: Image, *words: str) -> bool:
    return any(all(word in note for word in words) for note in image.notes)


def by_another_reader(path: Path) -> npt.NDArray[Any]:
    """What an independent reader gives: Pillow, or tifffile where Pillow is known to be wrong."""
    if path.suffix in {".tif", ".tiff"}:
        return np.asarray(tifffile.imread(path))
    with PillowImage.open(path) as image:
        pixels = np.asarray(image)
        return pixels * np.uint8(255) if image.mode == "1" else pixels


def opens_as_stored(outcome: Outcome, path: Path) -> None:
    image = opened(outcome)
    reference = by_another_reader(path)
    if reference.shape != image.pixels.shape:
        reference = np.moveaxis(reference, 0, -1)
    np.testing.assert_array_equal(image.pixels, reference)
    assert image.pixels.dtype == reference.dtype.newbyteorder("=")


def asks_or_says(outcome: Outcome, _: Path) -> None:
    if isinstance(outcome, Image):
        assert outcome.notes
    else:
        assert outcome.code is ReadCode.AMBIGUOUS


def gives_a_clear_error(outcome: Outcome, _: Path) -> None:
    assert refused(outcome).code is not ReadCode.AMBIGUOUS


def opens_or_names_the_feature(outcome: Outcome, _: Path) -> None:
    if isinstance(outcome, ImageReadError):
        assert refused(outcome).code is ReadCode.UNSUPPORTED


def becomes_colours(outcome: Outcome, path: Path) -> None:
    image = opened(outcome)
    assert noted(image, "palette", "RGB")
    with PillowImage.open(path) as reference:
        wanted = np.asarray(reference.convert("RGB"))
    got = image.pixels if image.pixels.dtype == np.uint8 else image.pixels >> 8
    np.testing.assert_array_equal(got, wanted)


def is_converted(outcome: Outcome, _: Path) -> None:
    image = opened(outcome)
    assert image.pixels.shape[2:] == (3,)
    assert noted(image, "converted")


def content_decides(outcome: Outcome, path: Path) -> None:
    image = opened(outcome)
    assert noted(image, "content is")
    with PillowImage.open(path) as reference:
        np.testing.assert_array_equal(image.pixels, np.asarray(reference))


def keeps_the_stored_grid(outcome: Outcome, path: Path) -> None:
    image = opened(outcome)
    assert noted(image, "orientation")
    assert image.pixels.shape[:2] == by_another_reader(path).shape[:2]


def nothing_is_invented(outcome: Outcome, _: Path) -> None:
    if isinstance(outcome, Image):
        assert noted(outcome, "only this file was read")
        assert outcome.pixels.min() > 0


def opens(outcome: Outcome, _: Path) -> None:
    opened(outcome)


def keeps_16_bits(outcome: Outcome, _: Path) -> None:
    assert opened(outcome).pixels.dtype == np.uint16


def is_bounded(outcome: Outcome, _: Path) -> None:
    """Time and memory are checked for every file."""


# The manifest's words, by how they begin; longer beginnings first.
CHECKS: dict[str, Callable[[Outcome, Path], None]] = {
    "asks which frame/plane/channel, or opens the first and says so": asks_or_says,
    "clear error, or opens with bounded time": is_bounded,
    "clear error; never a partly filled image": gives_a_clear_error,
    "clear error; nothing written": gives_a_clear_error,
    "opens after a stated colour conversion": is_converted,
    "opens, converted from palette to RGB with a note": becomes_colours,
    "opens by content, or a clear error": content_decides,
    "opens correctly or gives a clear error that names": opens_or_names_the_feature,
    "opens correctly (pixel values, shape and dtype as stored)": opens_as_stored,
    "opens in the stored pixel grid": keeps_the_stored_grid,
    "opens only what is really there with a visible warning": nothing_is_invented,
    "opens when the codec package is present": opens,
    "opens with 16 bits kept": keeps_16_bits,
}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_every_file_does_what_the_manifest_says(
    real_data: Path, row: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    path = real_data / "odd_inputs" / row["file"]
    memory, start = peak_bytes(), time.monotonic()
    outcome: Outcome
    try:
        outcome = read_image(path)
    except ImageReadError as error:
        outcome = error
    seconds = time.monotonic() - start
    assert seconds <= SECONDS
    assert peak_bytes() - memory <= BYTES
    assert capfd.readouterr() == ("", "")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == row["sha256"]
    if isinstance(outcome, Image):
        assert outcome.sha256 == row["sha256"]
    (check,) = [c for words, c in CHECKS.items() if row["expected"].startswith(words)]
    check(outcome, path)


def test_the_manifest_lists_every_file(real_data: Path) -> None:
    folder = real_data / "odd_inputs"
    assert {row["file"] for row in rows()} == {p.name for p in folder.iterdir()} - {MANIFEST.name}


def test_the_real_pictures_open(real_data: Path) -> None:
    for path in sorted((real_data / "fnc").glob("*_image.png"))[:3]:
        image = read_image(path)
        assert image.pixels.dtype == np.uint8
        assert image.pixels.shape[2:] == (3,)
        assert image.notes == ()
