"""The pictures of a folder with what the annotator decided, one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from napari_fncells.core.attention.clean import NOTHING_PLANTED, Attention
from napari_fncells.core.errors import UserError
from napari_fncells.io.chosen import read_chosen
from napari_fncells.io.exporters.base import GroundTruth
from napari_fncells.io.images import Image
from napari_fncells.io.printable import printable
from napari_fncells.io.report import LeftOut
from napari_fncells.io.working import WorkingFiles, read
from napari_fncells.io.working_record import WorkingSummary
from napari_fncells.session.annotator import known_annotator
from napari_fncells.session.entry import Entry, EntryState
from napari_fncells.session.found_mask import (
    FoundMask,
    agreeing,
    from_files,
    from_given,
    from_keeper,
)
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.listing import list_folder
from napari_fncells.session.pairs import find_given, picture_folder
from napari_fncells.session.target import unique_stems
from napari_fncells.store.elsewhere import recall
from napari_fncells.store.place import place_of
from napari_fncells.store.working_folder import working_folder

_NO_PIXELS = np.zeros((1, 1), dtype=np.uint8)


@dataclass(frozen=True)
class Wanted:
    """Which pictures of a folder go into a set.

    Attributes
    ----------
    annotator
        Whose work; that of this user where None.
    only_done
        Whether only pictures that were marked as done.
    without_mask
        Whether also those that nobody has worked on, as pictures without cells.
    names
        Only pictures of these names; all where None.
    splits
        'train', 'val' or 'test' by the picture's name.
    """

    annotator: str | None = None
    only_done: bool = False
    without_mask: bool = False
    names: frozenset[str] | None = None
    splits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Curated:
    """One picture of a set.

    Attributes
    ----------
    truth
        What formats are given.
    state
        How far the expert is.
    annotator
        Whose work it is.
    path
        The picture's file.
    sha256, size
        Of that file.
    notes
        What is to be known of it, in sentences.
    attention
        What became of the errors that the attention check planted.
    """

    truth: GroundTruth
    state: EntryState
    annotator: str = ""
    path: Path | None = None
    sha256: str = ""
    size: int = 0
    notes: tuple[str, ...] = ()
    attention: Attention = NOTHING_PLANTED


@dataclass(frozen=True)
class Selection:
    """The pictures of a folder from which a set is made; each is read when its turn comes.

    Attributes
    ----------
    folder
        The folder of pictures.
    annotator
        Whose work.
    """

    folder: Path
    annotator: str
    _entries: tuple[Entry, ...]
    _stems: Mapping[str, str]
    _wanted: Wanted
    _root: Path | None = None

    def __len__(self) -> int:
        """Pictures that are looked at; some of them may be left out."""
        return len(self._entries)

    @property
    def summaries(self) -> Mapping[str, WorkingSummary]:
        """What the record of each picture said when it was listed, by the name in the set."""
        found = ((printable(entry.name), entry.summary) for entry in self._entries)
        return {name: summary for name, summary in found if summary is not None}

    def __iter__(self) -> Iterator[Curated | LeftOut]:
        """Read one after the other; none is kept."""
        for entry in self._entries:
            try:
                yield self._read(entry)
            except (UserError, OSError) as error:
                reason = printable(str(error))
                if isinstance(error, OSError):
                    reason = f"{printable(entry.name)} cannot be read: {error.strerror or reason}."
                yield LeftOut(name=printable(entry.name), reason=reason, failed=True)

    def _read(self, entry: Entry) -> Curated | LeftOut:
        whose = self._whose(entry)
        begun = self._has_journal(entry.path, whose)
        if not begun and not self._has_files(entry, whose):
            return self._without_work(entry)
        image = read_chosen(entry.path)
        found = self._opened(image, whose) if begun else self._from_files(image, whose)
        if found is None or found.state is EntryState.NEW:
            return self._without_work(entry, image)
        return self._made(entry, image, found)

    def _whose(self, entry: Entry) -> str:
        """The annotator, or nobody where work was done before a name was given."""
        if entry.summary is None and not entry.problem and "" in entry.annotators:
            begun = self._has_journal(entry.path, self.annotator)
            return self.annotator if begun else ""
        return self.annotator

    def _has_journal(self, path: Path, annotator: str) -> bool:
        place = place_of(Image(_NO_PIXELS, path, path.name, "0" * 64), annotator, self._root)
        return os.path.lexists(place.journal) or recall(place) is not None

    def _has_files(self, entry: Entry, annotator: str) -> bool:
        files = self._files(entry.name, annotator)
        return os.path.lexists(files.labels) or os.path.lexists(files.record)

    def _files(self, name: str, annotator: str) -> WorkingFiles:
        return WorkingFiles.of(working_folder(self.folder, self._root), name, annotator)

    def _opened(self, image: Image, annotator: str) -> FoundMask | None:
        """The newest there is: the journal's, which may be ahead of the mask files."""
        keeper = Keeper.open(image, annotator, self._root)
        try:
            if keeper.state.read_only:
                found = self._from_files(image, annotator)
                note = (printable(keeper.state.read_only),)
                return None if found is None else replace(found, notes=note)
            return from_keeper(keeper)
        finally:
            keeper.close(files=False, abandon=True)

    def _from_files(self, image: Image, annotator: str) -> FoundMask | None:
        rows, columns = image.pixels.shape[:2]
        found = read(self._files(image.name, annotator), (rows, columns), image.sha256)
        return None if found is None else from_files(found)

    def _without_work(self, entry: Entry, image: Image | None = None) -> Curated | LeftOut:
        """A picture that nobody has worked on: with the mask it came with, or none."""
        if entry.given is not None and self._wanted.only_done:
            return _left_out(entry, "is not done (as given)")
        if entry.given is not None:
            image = image or read_chosen(entry.path)
            return self._made(entry, image, from_given(entry.given, image))
        if not self._wanted.without_mask or self._wanted.only_done:
            return _left_out(entry, "has no mask: nobody has worked on it")
        image = image or read_chosen(entry.path)
        nothing = np.zeros(image.pixels.shape[:2], dtype=np.uint16)
        note = ("Nobody has worked on it: it is taken for a picture without cells.",)
        return self._made(entry, image, FoundMask(EntryState.NEW, nothing, (), note))

    def _made(self, entry: Entry, image: Image, work: FoundMask) -> Curated | LeftOut:
        if self._wanted.only_done and work.state is not EntryState.DONE:
            return _left_out(entry, f"is not done ({work.state})")
        mask = agreeing(work).counted
        truth = GroundTruth(
            name=printable(image.name),
            stem=self._stems[entry.name],
            labels=mask.labels,
            cells=mask.cells,
            read_pixels=lambda: image,
            ignored=mask.ignored,
            pixel_size=image.pixel_size,
            split=self._wanted.splits.get(printable(image.name), ""),
        )
        size = entry.path.stat().st_size
        untouched = work.state in (EntryState.NEW, EntryState.GIVEN)
        return Curated(
            truth,
            work.state,
            "" if untouched else self._whose(entry),
            entry.path,
            image.sha256 or "",
            size,
            tuple(printable(note) for note in mask.notes),
            work.attention,
        )


def select(folder: Path, wanted: Wanted | None = None, root: Path | None = None) -> Selection:
    """Find the pictures of a folder with the work on them.

    Parameters
    ----------
    folder
        The folder of pictures, or one of a data set that has them in `images`.
    wanted
        Which of them.
    root
        The data folder, where it is not the usual one.

    Raises
    ------
    UserError
        There are no pictures, or no work of that annotator but of others.
    """
    wanted = wanted or Wanted()
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder.", "Give the folder of the pictures.")
    folder = picture_folder(folder)
    annotator = wanted.annotator
    if annotator is None:
        annotator = known_annotator(root) or ""
    entries = list_folder(folder, annotator, root, find_given=find_given).entries
    if not entries:
        raise UserError(f"There are no pictures in {folder}.", "Choose another folder.")
    _check_annotator(entries, annotator, folder)
    stems = unique_stems([entry.path for entry in entries])
    chosen = tuple(e for e in entries if wanted.names is None or e.name in wanted.names)
    return Selection(folder, annotator, chosen, stems, wanted, root)


def _check_annotator(entries: Sequence[Entry], annotator: str, folder: Path) -> None:
    """Refuse where there is work, but none of this annotator."""
    own = any(e.summary or e.problem or e.given or "" in e.annotators for e in entries)
    others = sorted({name for e in entries for name in e.annotators if name})
    if own or not others:
        return
    raise UserError(
        f"There is no work of {annotator or 'a person without a name'} in {folder}.",
        f"Choose the annotator; there is work of: {', '.join(others)}.",
    )


def _left_out(entry: Entry, reason: str) -> LeftOut:
    return LeftOut(name=printable(entry.name), reason=f"{printable(entry.name)} {reason}.")
