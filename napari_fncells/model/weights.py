"""Weights on disk: ours with their cards, and those of others brought into that form."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from napari_fncells.core.params import CleanUpParams
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.printable import printable
from napari_fncells.model.card import CARD_BYTES, NAME_PATTERN, ModelCard, Source, parse_card
from napari_fncells.model.keras import read_keras_pickle
from napari_fncells.model.keras_hdf import MAGIC as HDF_MAGIC
from napari_fncells.model.keras_hdf import read_keras_hdf
from napari_fncells.model.quantised import MOST_BYTES, Quantised, read_quantised
from napari_fncells.model.quantised import SUFFIX as INT8_SUFFIX
from napari_fncells.model.refusal import ModelError, refused
from napari_fncells.model.tensor_file import is_safetensors, read_safetensors, write_safetensors
from napari_fncells.model.torch_file import LEGACY_MAGIC, ZIP_MAGIC, read_torch
from napari_fncells.model.values import Values, checked

SUFFIX = ".safetensors"
_MOST_BYTES = 256 << 20
_PICKLE_MAGIC = b"\x80"
_FASTAI = "checkpoint of fastai"
# Names of devices on Windows
_TAKEN = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)

V1_CUTOFF = 0.875
"""Published for c-ResUnet on FNC v1, with this clean-up."""
V1_CLEAN_UP = CleanUpParams(hole_area=600, min_area=200, split="fnc_v1")
V2_CUTOFF = 0.5
"""What the authors' later code, which fastai trained, does by default."""
V2_CLEAN_UP = CleanUpParams(hole_area=50, min_area=200, split="fnc_v1")


@dataclass(frozen=True, eq=False)
class _Read:
    values: dict[str, NDArray[Any]]
    kind: str


def import_weights(
    path: str | os.PathLike[str], name: str | None = None
) -> tuple[Values, ModelCard]:
    """Weights out of a file of any known kind. Nothing in the file is run, and none is written.

    Parameters
    ----------
    path
        A checkpoint of fastai or PyTorch, a Keras .h5, the authors' pickle of 112 arrays, or
        safetensors. What it is, is told by its content.
    name
        For the model; the file's where omitted.

    Returns
    -------
    dict
        float32 arrays by the names of the layout.
    ModelCard
        With the cutoff and clean-up of the publication that such files come from; that beside
        the file, where there is one that fits.

    Raises
    ------
    ModelError
        It holds anything but the finite values of a c-ResUnet, or cannot be read.
    """
    place = Path(path)
    data = file_content(place, _MOST_BYTES)
    digest = hashlib.sha256(data).hexdigest()
    read = _read(place, data)
    values, notes = checked(read.values, place.name)
    chosen = _name_of(place) if name is None else checked_name(name)
    known = _card_beside(place, digest)
    if known is not None:
        return values, known.model_copy(update={"name": chosen})
    later = read.kind == _FASTAI
    card = ModelCard(
        name=chosen,
        cutoff=V2_CUTOFF if later else V1_CUTOFF,
        clean_up=V2_CLEAN_UP if later else V1_CLEAN_UP,
        notes=notes,
        created=datetime.now(UTC),
        sha256=digest_of(values),
        source=Source(file=printable(place.name), sha256=digest, kind=read.kind),
    )
    return values, card


def write_model(
    folder: Path, values: Values, card: ModelCard, *, half: bool = False, replace: bool = False
) -> Path:
    """Write weights and their card, read back.

    Parameters
    ----------
    folder
        Made where it is missing.
    values, card
        As `import_weights` gives them; the card's hash becomes that of the file.
    half
        Whether kernels are kept in 16 bits.
    replace
        Whether other weights of that name may be replaced.

    Returns
    -------
    Path
        The file of weights; the card is beside it.

    Raises
    ------
    ModelError
        Other weights have that name.
    SaveError
        They cannot be written.
    """
    file = folder / f"{card.name}{SUFFIX}"
    data = write_safetensors(values, half=half)
    digest = hashlib.sha256(data).hexdigest()
    if not replace and file.exists() and _digest_of_file(file) != digest:
        raise ModelError(
            f"There is another model named {card.name!r} already.", "Give this one another name."
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(file, data, replace=True)
    update: dict[str, Any] = {"sha256": digest}
    if digest != card.sha256:
        # An int8 variant leans on the float values that it was made from
        update |= {"int8_sha256": None, "int8_agrees": False}
    described = card.model_copy(update=update)
    write_atomic(card_path(file), described.model_dump_json(indent=2).encode(), replace=True)
    return file


def read_model(path: Path) -> tuple[Values, ModelCard]:
    """Weights in our own format, with their card.

    Raises
    ------
    ModelError
        There is no card, the weights are not those that it describes, or not a c-ResUnet's.
    """
    data = file_content(path, _MOST_BYTES)
    card = read_card(path)
    if hashlib.sha256(data).hexdigest() != card.sha256:
        raise refused(path.name, "is not the file that its card describes", "Import it again.")
    values, _ = checked(read_safetensors(data, path.name), path.name)
    return values, card


def read_card(path: Path) -> ModelCard:
    """The card of a file of weights; see `read_model`."""
    card = card_path(path)
    if not card.exists():
        raise refused(
            path.name, "has no card beside it", f"Import it: fncells import-weights {path.name}"
        )
    return parse_card(file_content(card, CARD_BYTES), card.name)


def write_int8(
    path: Path, data: bytes, *, agrees: bool, metrics: Mapping[str, float] | None = None
) -> Path:
    """Write the int8 variant of weights beside them, and into their card.

    Parameters
    ----------
    path
        The file of float weights, whose card lies beside it.
    data
        As `quantise` gives it.
    agrees, metrics
        Whether its masks are those of float32, and the figures that say so.

    Returns
    -------
    Path
        The file of the variant.

    Raises
    ------
    ModelError, SaveError
        The card cannot be read, or the files not be written.
    """
    card = read_card(path)
    write_atomic(int8_path(path), data, replace=True)
    digest = hashlib.sha256(data).hexdigest()
    described = card.model_copy(
        update={
            "int8_sha256": digest,
            "int8_agrees": agrees,
            "metrics": card.metrics | dict(metrics or {}),
        }
    )
    write_atomic(card_path(path), described.model_dump_json(indent=2).encode(), replace=True)
    return int8_path(path)


def read_int8(path: Path, card: ModelCard) -> Quantised | None:
    """The int8 variant of weights; None where there is none.

    Raises
    ------
    ModelError
        It is not the file that the card describes, or no int8 variant.
    """
    file = int8_path(path)
    if card.int8_sha256 is None or not file.exists():
        return None
    data = file_content(file, MOST_BYTES)
    if hashlib.sha256(data).hexdigest() != card.int8_sha256:
        remedy = "Use precision='float32', or import the model again."
        raise refused(file.name, "is not the file that its card describes", remedy)
    return read_quantised(data, file.name)


def int8_path(path: Path) -> Path:
    """Where the int8 variant of a file of weights lies."""
    return path.with_name(path.stem + INT8_SUFFIX)


def card_path(path: Path) -> Path:
    """Where the card of a file of weights lies."""
    return path.with_suffix(".json")


def digest_of(values: Values) -> str:
    """SHA-256 of the file that values make."""
    return hashlib.sha256(write_safetensors(values)).hexdigest()


def checked_name(name: str) -> str:
    """A name that any file system can take.

    Raises
    ------
    ModelError
        It is none.
    """
    if not re.fullmatch(NAME_PATTERN, name) or name.endswith(".") or _TAKEN.match(name):
        raise ModelError(
            f"A model cannot be named {name[:80]!r}.",
            "Use up to 60 letters, digits, dots, dashes and underscores, a letter first.",
        )
    return name


def file_content(path: Path, most: int) -> bytes:
    """All bytes of an ordinary file.

    Raises
    ------
    ModelError
        It is missing, no file, empty, larger than `most` bytes, or cannot be read.
    """
    try:
        if not path.is_file():
            problem = "is not a file" if path.exists() else "does not exist"
            raise ModelError(f"{path} {problem}.", "Check the name.")
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ModelError(f"{path.name} could not be read: {reason}.") from error
    if len(data) > most:
        raise refused(path.name, f"is larger than the {most >> 20} MB that it may have")
    if not data:
        raise refused(path.name, "is empty")
    return data


def _read(path: Path, data: bytes) -> _Read:
    """Read a file by what its first bytes say."""
    if data.startswith(HDF_MAGIC):
        return _Read(read_keras_hdf(data, path.name), "Keras model")
    if data.startswith((ZIP_MAGIC, LEGACY_MAGIC)):
        return _Read(*read_torch(data, path.name))
    if data.startswith(_PICKLE_MAGIC):
        return _Read(read_keras_pickle(path, path.name), "the authors' arrays in Keras' order")
    if is_safetensors(data):
        return _Read(read_safetensors(data, path.name), "safetensors")
    raise refused(path.name, "is not a known kind of weights")


def _card_beside(path: Path, digest: str) -> ModelCard | None:
    """The card of our own format beside a file, where it is this file's."""
    if path.suffix != SUFFIX or not card_path(path).exists():
        return None
    try:
        card = read_card(path)
    except ModelError:
        return None
    return card if card.sha256 == digest else None


def _name_of(path: Path) -> str:
    """A name for a model by that of its file."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("._-")[:60].rstrip(".")
    return "imported" if not stem or _TAKEN.match(stem) else stem


def _digest_of_file(path: Path) -> str:
    return hashlib.sha256(file_content(path, _MOST_BYTES)).hexdigest()
