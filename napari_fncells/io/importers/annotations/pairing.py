"""Which files of annotations speak of which pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_fncells.core.errors import UserError
from napari_fncells.io.importers.annotations import annotation_importer, pictures_in
from napari_fncells.io.importers.annotations.names import NameIndex


@dataclass(frozen=True)
class Pairing:
    """Files by picture.

    Attributes
    ----------
    found
        The one file that names a picture.
    ambiguous
        Several that name it, or one with a name that could be another picture's, too.
    unused
        Files of annotations that name none of the pictures, or cannot be read.
    """

    found: Mapping[Path, Path]
    ambiguous: Mapping[Path, tuple[Path, ...]]
    unused: tuple[Path, ...]


def pair(pictures: Sequence[Path], files: Iterable[Path]) -> Pairing:
    """Look for pictures in files of annotations; other files are passed over."""
    index = NameIndex(path.name for path in pictures)
    speaking: dict[Path, list[Path]] = defaultdict(list)
    shared: set[Path] = set()
    unused = []
    for file in files:
        names = _names_in(file)
        if names is None:
            continue
        meant = [index.places_of(name) for name in names]
        shared.update(pictures[at] for places in meant if len(places) > 1 for at in places)
        named = dict.fromkeys(pictures[at] for places in meant for at in places)
        for picture in named:
            speaking[picture].append(file)
        if not named:
            unused.append(file)
    clear = {path for path, by in speaking.items() if len(by) == 1 and path not in shared}
    return Pairing(
        {path: by[0] for path, by in speaking.items() if path in clear},
        {path: tuple(by) for path, by in speaking.items() if path not in clear},
        tuple(unused),
    )


def _names_in(file: Path) -> tuple[str, ...] | None:
    """Pictures that a file names; None where it is no file of annotations."""
    importer = annotation_importer(file)
    if importer is None:
        return None
    try:
        return pictures_in(importer, file)
    except UserError:
        return ()
