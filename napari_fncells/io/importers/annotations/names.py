"""Names of pictures in files of other programs: compared, never opened."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from napari_fncells.io.importers.annotations.base import refused
from napari_fncells.io.read_error import ReadCode

_LONGEST = 255
_OWN_FILE = "Choose the file that was made for this picture."


def bare(name: str) -> str:
    """The last part of a name, whatever system it was written on, in one line."""
    last = re.split(r"[/\\]", name)[-1]
    plain = unicodedata.normalize("NFC", last).encode("utf-8", "replace").decode()
    return "".join(c for c in plain if c.isprintable())[:_LONGEST]


def stem(name: str) -> str:
    """A bare name without its suffix, that of OME-TIFF included."""
    base, dot, _ = bare(name).rpartition(".")
    return re.sub(r"\.ome$", "", base if dot and base else bare(name), flags=re.IGNORECASE)


_LIKENESS: tuple[Callable[[str], str], ...] = (
    bare,
    lambda name: bare(name).casefold(),
    stem,
    lambda name: stem(name).casefold(),
)


class NameIndex:
    """Names by which others are found: the same one, else whatever the case, else by the stem.

    Parameters
    ----------
    names
        In their order; whole paths count as the last part of them.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._places: list[dict[str, list[int]]] = [defaultdict(list) for _ in _LIKENESS]
        for place, name in enumerate(names):
            for key, places in zip(_LIKENESS, self._places, strict=True):
                places[key(name)].append(place)

    def places_of(self, name: str) -> list[int]:
        """Where the names most like a name are; several where nothing decides between them."""
        for key, places in zip(_LIKENESS, self._places, strict=True):
            found = places.get(key(name))
            if found:
                return found
        return []


def chosen(path: Path, names: Sequence[str], picture: str) -> tuple[int, tuple[str, ...]]:
    """Which of the pictures in a file is meant.

    Parameters
    ----------
    path
        The file.
    names
        Names in it.
    picture
        Name of the picture at hand. Where the file speaks of one picture alone, that is meant,
        whatever its name.

    Returns
    -------
    place, notes
        Index into `names`, and what was assumed.

    Raises
    ------
    ImageReadError
        It speaks of several pictures and of this one not at all, or more than once.
    """
    places = NameIndex(names).places_of(picture)
    if len(places) == 1:
        return places[0], ()
    if len(names) == 1:
        return 0, (f"It was made for {bare(names[0])}.",)
    if not places:
        raise refused(path, f"does not speak of {picture}", _OWN_FILE, code=ReadCode.NO_SUCH_PART)
    raise refused(
        path,
        f"speaks of {len(places)} pictures that could be {picture}",
        _OWN_FILE,
        code=ReadCode.AMBIGUOUS,
    )
