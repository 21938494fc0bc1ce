"""Checkpoints of PyTorch, read so that nothing but tensors comes out.

Three walls stand before a file. The names that its pickle mentions are read without unpickling;
one that is not needed for tensors refuses the file. torch itself then reads with
`weights_only=True`. What fastai's optimiser leaves beside the weights is taken by a stand-in that
keeps nothing.
"""

from __future__ import annotations

import io
import pickletools
import re
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.model.refusal import refused, required

ZIP_MAGIC = b"PK\x03\x04"
LEGACY_MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_LEGACY_PICKLES = 5
_PICKLE_BYTES = 8 << 20
_MOST_ENTRIES = 5000
_MOST_BYTES = 256 << 20
_MOST_VALUES = 4_000_000
_PLACES = ("model", "model_state_dict", "state_dict")

_IGNORED = (
    "fastcore.foundation L",
    "fastai.torch_core L",
    "numpy.core.multiarray scalar",
    "numpy._core.multiarray scalar",
    "numpy dtype",
)
"""Names in the optimiser's part of a checkpoint; stand-ins take their place."""
_NEEDED = re.compile(
    r"collections OrderedDict|_codecs encode|torch Size"
    r"|torch\._utils _rebuild_(tensor(_v2)?|parameter)"
    r"|torch\.nn\.parameter Parameter"
    r"|torch (BFloat16|Half|Float|Double|Int|Long|Short|Char|Byte|Bool)Storage"
)


class _Ignored:
    """Takes what a pickle gives it and keeps nothing."""

    __slots__ = ()

    def __new__(cls, *_args: Any) -> _Ignored:
        return super().__new__(cls)

    def __setstate__(self, _state: Any) -> None:
        return


def read_torch(data: bytes, file: str) -> tuple[dict[str, NDArray[Any]], str]:
    """Arrays of a state dict by name, and what kind of checkpoint it was in.

    Parameters
    ----------
    data
        The whole file: an archive as torch writes it since 1.6, or the older kind.
    file
        Its name, for refusals.

    Raises
    ------
    ModelError
        It is a program (TorchScript), asks for anything but tensors, or is damaged.
    """
    if data.startswith(ZIP_MAGIC):
        _check_names(_main_pickle(data, file), 1, file)
    else:
        _check_names(data, _LEGACY_PICKLES, file)
    return _state_dict(_load(data, file), file)


def _main_pickle(data: bytes, file: str) -> bytes:
    """The pickle of an archive that holds tensors and that pickle alone."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries, file)
            [pickled] = [entry for entry in entries if entry.filename.endswith("/data.pkl")]
            return archive.read(pickled)
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise refused(file, "is a damaged archive, or not one of PyTorch") from error


def _check_entries(entries: list[zipfile.ZipInfo], file: str) -> None:
    names = [entry.filename for entry in entries]
    tops = {name.partition("/")[0] for name in names}
    inner = {name.partition("/")[2] for name in names}
    if "constants.pkl" in inner or any(name.startswith("code/") for name in inner):
        raise refused(
            file,
            "is a program (TorchScript), not weights alone",
            "Save the network's state_dict instead.",
        )
    if len(tops) != 1 or "data.pkl" not in inner:
        raise refused(file, "is an archive, but not one of PyTorch")
    # The two readers of archives must not see different files under one name
    if len({name.casefold() for name in names}) != len(names) or len(names) > _MOST_ENTRIES:
        raise refused(file, "is an archive with names given twice, or too many")
    packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    size = sum(entry.file_size for entry in entries)
    pickled = next(e.file_size for e in entries if e.filename.endswith("/data.pkl"))
    if packed or size > _MOST_BYTES or pickled > _PICKLE_BYTES:
        raise refused(file, "is packed in a way or of a size that PyTorch does not write")


def _check_names(data: bytes, pickles: int, file: str) -> None:
    """Refuse pickles, one after another in some bytes, that mention what tensors do not need."""
    stream = io.BytesIO(data)
    asked = None
    try:
        for _ in range(pickles):
            asked = next((name for name in _mentioned(stream) if not _is_allowed(name)), None)
            if asked is not None:
                break
    except Exception as error:  # pickletools raises what it happens to meet
        raise refused(file, "is damaged or cut short") from error
    if asked is not None:
        name = asked.replace(" ", ".")[:80]
        raise refused(file, f"asks for {name!r}, which weights do not need")


def _mentioned(stream: io.BytesIO) -> Iterable[str]:
    """Names of classes and functions in the next pickle of a stream, 'module name'."""
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name == "GLOBAL":
            yield str(argument)
        elif opcode.name in ("STACK_GLOBAL", "INST", "OBJ", "EXT1", "EXT2", "EXT4"):
            # torch writes none of them
            yield f"pickle {opcode.name}"


def _is_allowed(name: str) -> bool:
    return name in _IGNORED or _NEEDED.fullmatch(name) is not None


def _load(data: bytes, file: str) -> Any:
    """What torch makes of it, with stand-ins for what is not needed."""
    torch = required("torch")
    stand_ins = [(_Ignored, name.replace(" ", ".")) for name in _IGNORED]
    try:
        with torch.serialization.safe_globals(stand_ins):
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True, mmap=False)
    except Exception as error:  # torch raises many kinds for damaged files
        raise refused(file, "is damaged, cut short or not a file of weights") from error


def _state_dict(found: Any, file: str) -> tuple[dict[str, NDArray[Any]], str]:
    """The tensors of the network, wherever a checkpoint keeps them."""
    kind = "state dict of PyTorch"
    if isinstance(found, Mapping):
        for place in _PLACES:
            if isinstance(found.get(place), Mapping):
                fastai = place == "model" and "opt" in found
                kind = "checkpoint of fastai" if fastai else "checkpoint of PyTorch"
                found = found[place]
                break
    if not isinstance(found, Mapping) or not found:
        raise refused(file, "holds no state dict")
    return {str(name): _array(value, str(name), file) for name, value in found.items()}, kind


def _array(value: Any, name: str, file: str) -> NDArray[Any]:
    import torch

    if not isinstance(value, torch.Tensor):
        raise refused(file, f"has {name[:80]!r}, which is no tensor")
    plain = value.layout == torch.strided and value.device.type == "cpu"
    if not plain or value.is_quantized or value.numel() > _MOST_VALUES:
        raise refused(file, f"has {name[:80]!r} of a size or kind that no c-ResUnet has")
    value = value.detach()
    if value.dtype == torch.bfloat16:
        value = value.float()
    return np.asarray(value.numpy())
