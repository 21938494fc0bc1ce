"""A data set on the disk: its pictures, each with its mask and what is known about it."""

from __future__ import annotations

import os
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from napari_fncells.io.datasets.catalogue import PUBLISHED, Colour, Published, Split, published
from napari_fncells.io.datasets.error import DatasetCode, DatasetError
from napari_fncells.io.datasets.layout import (
    Found,
    Part,
    find_datasets,
    is_inner,
)
from napari_fncells.io.datasets.v1_facts import (
    v1_facts,
    v1_facts_by_number,
)

_MOST_NAMES = 100_000
_DEEPEST = 6
_AT_MOST_NAMED = 3


@dataclass(frozen=True)
class Item:
    """One picture of a data set.

    Attributes
    ----------
    image, mask
        Its files; None where there is no mask.
    split
        What the authors used it for; None where that is not known.
    colour
        Of its cells.
    by_hand
        Whether its mask was drawn by hand; None where that is not known.
    empty
        Whether its mask marks no cell; None where that is not known without reading it.
    """

    image: Path
    mask: Path | None
    split: Split | None
    colour: Colour
    by_hand: bool | None = None
    empty: bool | None = None


@dataclass(frozen=True)
class DataSet:
    """A data set that was recognised.

    Attributes
    ----------
    published
        Which it is.
    root
        Folder of its parts.
    items
        Its pictures: trainval, test, unlabelled; by name.
    notes
        What is odd about it, in plain words.
    """

    published: Published
    root: Path
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders of pictures, in order."""
        return tuple(dict.fromkeys(item.image.parent for item in self.items))

    @property
    def counts(self) -> Mapping[Split | None, int]:
        """Number of pictures by split."""
        return Counter(item.split for item in self.items)

    @property
    def labelled(self) -> int:
        """Number of pictures with ground truth."""
        return sum(item.mask is not None for item in self.items)

    @property
    def in_words(self) -> str:
        """What is there, in a phrase: '283 pictures (213 trainval, 70 test), 283 with …'."""
        splits = ", ".join(f"{n} {split or 'of unknown use'}" for split, n in self.counts.items())
        return f"{len(self.items)} pictures ({splits}), {self.labelled} with ground truth"


def recognise(folder: Path, wanted: str | None = None) -> DataSet:
    """Recognise one of the published data sets in a folder.

    Parameters
    ----------
    folder
        Its own folder, one inside of it or one above it.
    wanted
        Key of the one to look for; where there is only one it may be omitted.

    Returns
    -------
    DataSet
        With every picture; no file of it was opened.

    Raises
    ------
    DatasetError
        There is none, or not the wanted one, or several.
    """
    if not folder.is_dir():
        raise DatasetError(
            DatasetCode.NOT_A_DATASET, f"There is no folder {folder}.", "Check the name."
        )
    top = folder.absolute()
    while is_inner(top.name):
        top = top.parent
    # The folder above an inner one may be anybody's: it counts only where the set is in it
    if top != folder.absolute():
        with suppress(DatasetError):
            return _recognise_at(top, wanted)
    return _recognise_at(folder.absolute(), wanted)


def _recognise_at(base: Path, wanted: str | None) -> DataSet:
    names = (f"{base.name}/{name}" if base.name else name for name in _names_in(base))
    return _dataset_of(_choose(find_datasets(names), base, wanted), base.parent)


def recognise_archive(archive: Path, wanted: str | None = None) -> tuple[Found, str]:
    """Recognise one of the published data sets in a zip, by the names in it.

    Parameters
    ----------
    archive
        The zip. Nothing of it is unpacked.
    wanted
        As for `recognise`.

    Returns
    -------
    Found
        Where it is in the archive.
    str
        Folder to unpack it into: the colour, where only the name of the archive tells it; ''
        where the archive has the folder.

    Raises
    ------
    DatasetError
        It is no zip, or as for `recognise`.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            names = [info.filename for info in opened.infolist() if not info.is_dir()]
    except FileNotFoundError as error:
        raise DatasetError(
            DatasetCode.NOT_A_DATASET, f"{archive} does not exist.", "Check the name."
        ) from error
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DatasetError(
            DatasetCode.DAMAGED,
            f"{archive.name} is no zip archive, or only a part of one.",
            "Download or copy it again.",
        ) from error
    found, inside = find_datasets(names), ""
    if not found:
        found, inside = find_datasets(f"{archive.stem}/{name}" for name in names), archive.stem
    return _choose(found, archive, wanted), inside


def _names_in(base: Path) -> Iterator[str]:
    """Relative names of all files, links not followed."""
    count = 0
    for place, inner, files in os.walk(base):
        relative = Path(place).relative_to(base).as_posix()
        if relative.count("/") + 1 >= _DEEPEST:
            inner.clear()
        count += len(files) + len(inner)
        if count > _MOST_NAMES:
            raise DatasetError(
                DatasetCode.NOT_A_DATASET,
                f"There are more than {_MOST_NAMES} files in {base}.",
                "Choose the folder of the data set itself.",
            )
        yield from (name if relative == "." else f"{relative}/{name}" for name in files)


def _choose(found: Mapping[str, Found], place: Path, wanted: str | None) -> Found:
    if not found:
        raise DatasetError(
            DatasetCode.NOT_A_DATASET,
            f"There is none of the Fluorescent Neuronal Cells data sets in {place}.",
            "Known are folders all_images/images and all_masks/masks (v1), and "
            "green, red or yellow with trainval/images and the like (v2).",
        )
    titles = ", ".join(PUBLISHED[key].title for key in found if key in PUBLISHED)
    if wanted is None:
        if len(found) > 1:
            raise DatasetError(
                DatasetCode.NOT_A_DATASET,
                f"There are several in {place}: {titles}.",
                "Choose one.",
            )
        return next(iter(found.values()))
    if wanted not in found:
        raise DatasetError(
            DatasetCode.WRONG_CONTENT,
            f"{place} holds {titles}, not {published(wanted).title}.",
            "Choose another one.",
        )
    return found[wanted]


def _dataset_of(found: Found, base: Path) -> DataSet:
    which = published(found.key)
    notes: list[str] = []
    items = [item for part in found.parts for item in _items_of(part, found, base, notes)]
    items.sort(key=lambda item: list(Split).index(item.split) if item.split else len(Split))
    _note_missing(which, items, notes)
    return DataSet(which, base / found.root, tuple(items), tuple(notes))


def _items_of(part: Part, found: Found, base: Path, notes: list[str]) -> Iterator[Item]:
    """The pictures of a part; tells of masks and pictures without partner."""
    which = published(found.key)
    drawn, pictures = set(part.drawn), set(part.pictures)
    if part.split is not Split.UNLABELLED:
        where = f" in {part.split}" if part.split else ""
        _note(notes, f"without picture{where}, left aside", "mask", drawn - pictures)
        _note(notes, f"without mask{where}", "picture", pictures - drawn)
    known = v1_facts_by_number() if found.numbered else v1_facts()
    for name in sorted(pictures, key=_natural):
        facts = known.get(name) if which.version == 1 else None
        yield Item(
            image=base / part.images / name,
            mask=base / part.masks / name if name in drawn else None,
            split=part.split or (facts.split if facts else None),
            colour=which.colour,
            by_hand=facts.by_hand if facts else None,
            empty=facts.empty if facts else None,
        )
    if which.version == 1:
        _note(notes, "that the published list does not know", "picture", pictures - set(known))


def _note_missing(which: Published, items: list[Item], notes: list[str]) -> None:
    expected = sum(which.pictures.values())
    if len(items) < expected:
        notes.append(f"{len(items)} of the {expected} published pictures are here.")


def _note(notes: list[str], what: str, kind: str, names: set[str]) -> None:
    if not names:
        return
    shown = ", ".join(sorted(names, key=_natural)[:_AT_MOST_NAMED])
    more = ", …" if len(names) > _AT_MOST_NAMED else ""
    notes.append(f"{len(names)} {kind}{'s' * (len(names) > 1)} {what}: {shown}{more}.")


def _natural(name: str) -> tuple[int, int, str]:
    """Numbers first, by value; other names in alphabetic order."""
    stem = Path(name).stem
    return (0, int(stem), name) if stem.isdecimal() else (1, 0, name)
