"""The card of a data set for machines: Croissant metadata, `croissant.json`.

Croissant 1.0 (https://docs.mlcommons.org/croissant). Files of which there are many, one for a
picture, are described as sets of files; the others one by one, with their SHA-256. Those of the
pictures are in the table of pictures.
"""

from __future__ import annotations

import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from napari_fncells.core.params.card import CardParams
from napari_fncells.io.card_facts import CardPicture
from napari_fncells.io.proof import VerificationError
from napari_fncells.io.report import FileFacts

CROISSANT_NAME = "croissant.json"

_VERSION = "http://mlcommons.org/croissant/1.0"
_RAI = "http://mlcommons.org/croissant/RAI/1.0"
_TYPES = {
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".csv": "text/csv",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".xml": "application/xml",
    ".zip": "application/zip",
    ".yaml": "application/yaml",
    ".txt": "text/plain",
    ".html": "text/html",
}
_UNKNOWN = "application/octet-stream"
_MOST = 12
"""More files of one kind than these are described as a set."""
_KEYWORDS = ["fluorescence microscopy", "cells", "instance segmentation", "counting"]


@dataclass(frozen=True)
class _Group:
    """Files of one folder and suffix."""

    folder: str
    suffix: str
    files: tuple[FileFacts, ...]
    deep: bool
    """Whether they lie in folders of it."""

    @property
    def id(self) -> str:
        """Its name in the metadata."""
        return _identifier(f"{self.folder or 'set'}{'-all' if self.deep else self.suffix}")

    @property
    def pattern(self) -> str:
        """What its files' names match."""
        return f"{self.folder}/*{self.suffix}" if self.folder else f"*{self.suffix}"

    @property
    def type(self) -> str:
        """Of its content."""
        return _TYPES.get(self.suffix.lower(), _UNKNOWN)

    def is_set(self, stems: set[str]) -> bool:
        """Whether it is described as one."""
        return self.deep or self.of_pictures(stems) or len(self.files) > _MOST

    def of_pictures(self, stems: set[str]) -> bool:
        """Whether each file belongs to one picture."""
        names = [PurePosixPath(file.name).name for file in self.files]
        known = all(name.removesuffix(self.suffix) in stems for name in names)
        return known and bool(self.folder) and not self.deep


def croissant(
    pictures: Sequence[CardPicture],
    params: CardParams,
    files: Sequence[FileFacts],
    protocol: Sequence[str] = (),
) -> bytes:
    """Metadata of a set, looked through by mlcroissant; the same for the same facts.

    Nothing is fetched: all that is named lies in the set.

    Parameters
    ----------
    pictures
        What is in it.
    params
        What people say of it.
    files
        Those of the set that are described, with their hashes.
    protocol
        How it was made, in sentences.

    Raises
    ------
    VerificationError
        mlcroissant finds an error in what was made.
    """
    import mlcroissant  # type: ignore[import-untyped]

    stems = {p.stem for p in pictures} | {PurePosixPath(p.name).stem for p in pictures}
    groups = _groups(files)
    with _quiet():
        try:
            made = _metadata(pictures, params, groups, stems, protocol).to_json()
            data = json.dumps(made, indent=1, sort_keys=True)
            mlcroissant.Dataset(jsonld=json.loads(data))
        except (mlcroissant.ValidationError, mlcroissant.GenerationError, ValueError) as error:
            raise VerificationError(f"{CROISSANT_NAME} is not valid: {error}.") from error
    return (data + "\n").encode("ascii")


def _metadata(
    pictures: Sequence[CardPicture],
    params: CardParams,
    groups: Sequence[_Group],
    stems: set[str],
    protocol: Sequence[str],
) -> Any:
    import mlcroissant as mlc

    sets = [group for group in groups if group.is_set(stems)]
    single = _named([file for group in groups if group not in sets for file in group.files])
    rasters = [g for g in sets if g.of_pictures(stems) and g.type.startswith("image/")]
    places = {g.id: _by_stem(g) for g in rasters}
    return mlc.Metadata(
        name=params.title,
        description=params.description or params.title,
        license=[params.licence_url] if params.licence else None,
        creators=[mlc.Person(name=name) for name in params.authors],
        cite_as=params.citation or None,
        url=params.page or None,
        version=params.version,
        date_published=params.date or None,
        keywords=list(_KEYWORDS),
        conforms_to=[_VERSION, _RAI],
        data_annotation_protocol=list(protocol) or None,
        data_annotation_platform=["napari-fncells"],
        distribution=[*(_file_set(mlc, group) for group in sets),
                      *(_file_object(mlc, name, file) for name, file in single.items())],
        record_sets=[_table(mlc, pictures, places), *(_records(mlc, group) for group in rasters)],
    )  # fmt: skip


def _file_set(mlc: Any, group: _Group) -> Any:
    return mlc.FileSet(
        id=group.id,
        name=group.id,
        description=f"{len(group.files)} files {group.pattern}",
        encoding_formats=[group.type],
        includes=[group.pattern],
    )


def _file_object(mlc: Any, identifier: str, file: FileFacts) -> Any:
    name = PurePosixPath(file.name)
    return mlc.FileObject(
        id=identifier,
        name=name.name,
        content_url=file.name,
        content_size=f"{file.size} B",
        encoding_formats=[_TYPES.get(name.suffix.lower(), _UNKNOWN)],
        sha256=file.sha256,
    )


def _records(mlc: Any, group: _Group) -> Any:
    """The pictures of a folder, each with its file's name."""

    def field(name: str, of: str, what: Any) -> Any:
        source = mlc.Source(file_set=group.id, extract=mlc.Extract(file_property=of))
        return mlc.Field(
            id=f"{records}/{name}", name=f"{records}/{name}", data_types=what, source=source
        )

    records = f"{group.id}-records"
    return mlc.RecordSet(
        id=records,
        name=records,
        description=f"The pictures in {group.folder}/.",
        fields=[
            field("filename", "filename", mlc.DataType.TEXT),
            field("image", "content", mlc.DataType.IMAGE_OBJECT),
        ],
    )


def _table(
    mlc: Any, pictures: Sequence[CardPicture], places: dict[str, dict[str, FileFacts]]
) -> Any:
    """A record for each picture: split, size, count, and its files with their hashes."""
    text, whole = mlc.DataType.TEXT, mlc.DataType.INTEGER
    kinds: dict[str, Any] = {
        "name": text,
        "split": text,
        "sha256": text,
        "height": whole,
        "width": whole,
        "cells": whole,
    }
    for group in places:
        kinds |= {group: text, f"{group}-sha256": text}
    records = []
    for picture in pictures:
        values: dict[str, Any] = {
            "name": picture.name,
            "split": picture.split,
            "sha256": picture.sha256,
            "height": picture.height,
            "width": picture.width,
            "cells": picture.cells,
        }
        for group, by_stem in places.items():
            file = by_stem.get(picture.stem) or by_stem.get(PurePosixPath(picture.name).stem)
            values |= {group: file.name if file else "", f"{group}-sha256": file.sha256 if file
                       else ""}  # fmt: skip
        records.append({f"pictures/{key}": value for key, value in values.items()})
    fields = [
        mlc.Field(id=f"pictures/{name}", name=f"pictures/{name}", data_types=kind)
        for name, kind in kinds.items()
    ]
    return mlc.RecordSet(
        id="pictures",
        name="pictures",
        description="Each picture with its split, its count of cells and its files.",
        key=["pictures/name"],
        fields=fields,
        data=records,
    )


def _groups(files: Sequence[FileFacts]) -> list[_Group]:
    found: dict[tuple[str, str, bool], list[FileFacts]] = defaultdict(list)
    for file in sorted(files, key=lambda file: file.name):
        path = PurePosixPath(file.name)
        # What lies deeper, as the chunks of an OME-Zarr do, is one thing
        deep = len(path.parts) > 2
        folder = path.parts[0] if deep else str(path.parent)
        found["" if folder == "." else folder, "" if deep else path.suffix, deep].append(file)
    return [_Group(at, suffix, tuple(held), deep) for (at, suffix, deep), held in found.items()]


def _by_stem(group: _Group) -> dict[str, FileFacts]:
    return {PurePosixPath(file.name).name.removesuffix(group.suffix): file for file in group.files}


def _named(files: Sequence[FileFacts]) -> dict[str, FileFacts]:
    """Files by identifiers, no two of which are alike."""
    found: dict[str, FileFacts] = {}
    for file in files:
        plain = name = f"file-{_identifier(file.name)}"
        while name in found:
            name = f"{plain}-{len(found)}"
        found[name] = file
    return found


def _identifier(name: str) -> str:
    """A name that is an identifier in JSON-LD, too."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "file"


@contextmanager
def _quiet() -> Iterator[None]:
    """What the library recommends is no concern of the user's."""
    from absl import logging as absl_logging

    loggers = [logging.getLogger(), logging.getLogger("absl")]
    before, levels = absl_logging.get_verbosity(), [each.level for each in loggers]
    absl_logging.set_verbosity(absl_logging.ERROR)
    for each in loggers:
        each.setLevel(logging.ERROR)
    try:
        yield
    finally:
        absl_logging.set_verbosity(before)
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
