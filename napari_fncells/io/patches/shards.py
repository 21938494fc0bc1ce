"""Patches as WebDataset shards: tar files that are read in one go, `<split>-000000.tar`.

A sample is the files of equal name up to the first dot: `<patch>.image.png`, `.mask.png`,
`.labels.png`, `.weights.npz` and `.json`. What PNG cannot hold is in npz, as an array of the same
name. The bytes depend on nothing but the patches.
"""

from __future__ import annotations

import json
import tarfile
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from napari_fncells.io.patches.base import Arrays, Contents, PatchForm, PatchRow
from napari_fncells.io.patches.npz import pack, unpack
from napari_fncells.io.patches.pixels import decode_pixels, encode_pixels, fits_png
from napari_fncells.io.patches.plain_file import create
from napari_fncells.io.save_error import explain_os_error

SHARD_BYTES = 256 << 20
"""A shard takes no further patch from here on."""


def _encode(row: PatchRow, arrays: Arrays) -> Contents:
    contents = []
    for name, array in arrays.items():
        if fits_png(array):
            suffix, data = encode_pixels(array)
            contents.append((f"{name}{suffix}", data))
        else:
            contents.append((f"{name}.npz", pack({name: array})))
    facts = {key: value for key, value in asdict(row).items() if key != "file"}
    contents.append(("json", json.dumps(facts, ensure_ascii=False).encode()))
    return tuple(contents)


@dataclass
class _Shard:
    name: str
    stream: BinaryIO
    archive: tarfile.TarFile

    @classmethod
    def new(cls, folder: Path, name: str) -> _Shard:
        stream = create(folder / name)
        return cls(name, stream, tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT))

    def close(self) -> None:
        try:
            self.archive.close()
        finally:
            self.stream.close()


@dataclass
class _Writer:
    folder: Path
    _open: dict[str, _Shard] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def add(self, row: PatchRow, contents: Contents, /) -> str:
        try:
            shard = self._shard(row.split)
            for ending, data in contents:
                # Of owner, mode and time it says the same whoever writes it
                member = tarfile.TarInfo(f"{row.patch}.{ending}")
                member.size = len(data)
                shard.archive.addfile(member, BytesIO(data))
        except OSError as error:
            raise explain_os_error(error, self.folder) from error
        return shard.name

    def _shard(self, split: str) -> _Shard:
        shard = self._open.get(split)
        if shard is not None and shard.archive.offset >= SHARD_BYTES:
            self._open.pop(split).close()
            shard = None
        if shard is None:
            number = self._numbers.get(split, 0)
            self._numbers[split] = number + 1
            shard = _Shard.new(self.folder, f"{split}-{number:06d}.tar")
            self._open[split] = shard
        return shard

    def close(self) -> None:
        try:
            while self._open:
                self._open.popitem()[1].close()
        except OSError as error:
            raise explain_os_error(error, self.folder) from error


@dataclass
class _Reader:
    folder: Path
    _open: dict[str, tuple[tarfile.TarFile, dict[str, list[tarfile.TarInfo]]]] = field(
        default_factory=dict
    )
    _lock: Lock = field(default_factory=Lock)

    def read(self, row: PatchRow) -> Arrays:
        with self._lock:  # a shard has one place at which it is read
            archive, members = self._shard(row.file)
            contents = {}
            for member in members.get(row.patch, ()):
                stream = archive.extractfile(member)
                if stream is not None:
                    contents[member.name.removeprefix(f"{row.patch}.")] = stream.read()
        return {
            name.partition(".")[0]: _array(name, data)
            for name, data in contents.items()
            if name != "json"
        }

    def _shard(self, name: str) -> tuple[tarfile.TarFile, dict[str, list[tarfile.TarInfo]]]:
        if name not in self._open:
            try:
                archive = tarfile.open(self.folder / name, "r:")  # noqa: SIM115
                members: dict[str, list[tarfile.TarInfo]] = {}
                for member in archive:
                    members.setdefault(member.name.partition(".")[0], []).append(member)
            except tarfile.TarError as error:
                raise ValueError(f"{name} is no tar file") from error
            self._open[name] = archive, members
        return self._open[name]

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1][0].close()


def _array(name: str, data: bytes) -> NDArray[np.generic]:
    if not name.endswith(".npz"):
        return decode_pixels(name, data)
    return unpack(BytesIO(data), name)[name.removesuffix(".npz")]


WEBDATASET = PatchForm(
    "webdataset",
    "WebDataset shards",
    "Tar files that trainings read in one go.",
    _encode,
    _Writer,
    _Reader,
)
