"""The check of a whole folder, one picture at a time."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable
from pathlib import Path

from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.quality import Finding, Kind
from napari_fncells.io.images import ImageReadError, ReadCode
from napari_fncells.io.working import working_stem
from napari_fncells.session.entry import Entry
from napari_fncells.session.gate.accepted import Accepted
from napari_fncells.session.gate.picture import Stamps, check_picture, mask_files
from napari_fncells.session.gate.pictures import SetCheck, with_conflicts
from napari_fncells.session.gate.report import GateReport
from napari_fncells.session.listing import list_folder
from napari_fncells.session.pairs import find_given, picture_folder
from napari_fncells.store.working_folder import working_folder


def check_steps(
    entries: Iterable[Entry],
    folder: Path,
    *,
    annotator: str = "",
    params: QualityParams | None = None,
    root: Path | None = None,
    before: SetCheck | None = None,
    but: Collection[str] = (),
) -> Generator[str, None, SetCheck]:
    """Check pictures one by one, yielding in words which is next.

    Parameters
    ----------
    entries
        The pictures, all of one folder.
    folder
        That folder.
    annotator
        Whose masks.
    params
        What to look for.
    root
        The data folder, where it is not the usual one.
    before
        An earlier check: pictures whose files have not changed since are not read again.
    but
        Names of pictures that are checked elsewhere, as they are open; what `before` has of them
        stays.
    """
    params = params or QualityParams()
    working = working_folder(folder, root)
    known = before.pictures if before is not None and before.params == params else {}
    result = SetCheck(folder, annotator, params)
    wanted = list(entries)
    conflicts = _conflicts(working, wanted, annotator)
    for number, entry in enumerate(wanted, 1):
        yield f"Checking {number:,} of {len(wanted):,}: {entry.name}"
        stamps = _stamps(entry, working, annotator)
        old = known.get(entry.name)
        fresh = old is not None and (old.stamps == stamps or entry.name in but)
        if old is None or not old.sha256 or not fresh:
            old = check_picture(entry, params, working, annotator, stamps)
        result.pictures[entry.name] = with_conflicts(old, conflicts.get(entry.name, []))
    return result


def check_folder(
    folder: Path,
    *,
    annotator: str = "",
    params: QualityParams | None = None,
    root: Path | None = None,
) -> Generator[str, None, GateReport]:
    """Check the pictures of a folder, as they are on the disk.

    Parameters
    ----------
    folder
        Of pictures, or of a data set with pictures in `images/`.
    annotator
        Whose masks.
    params
        What to look for.
    root
        The data folder, where it is not the usual one.

    Raises
    ------
    ImageReadError
        The folder cannot be listed, or holds no pictures.
    """
    folder = picture_folder(folder)
    listing = list_folder(folder, annotator, root, find_given=find_given)
    if not listing.entries:
        raise ImageReadError(
            ReadCode.NOT_AN_IMAGE,
            folder,
            f"There are no pictures in {folder}.",
            "Choose another folder.",
        )
    found = yield from check_steps(
        listing.entries, folder, annotator=annotator, params=params, root=root
    )
    return found.report(Accepted(working_folder(folder, root), annotator))


def _stamps(entry: Entry, working: Path, annotator: str) -> Stamps:
    files = mask_files(entry, working, annotator)
    paths = [entry.path, files.labels, files.record, *([entry.given] if entry.given else [])]
    return tuple(_stamp(path) for path in paths)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (-1, -1)
    return stat.st_size, stat.st_mtime_ns


def _conflicts(
    working: Path, entries: Iterable[Entry], annotator: str
) -> dict[str, list[Finding]]:
    """Copies of mask files that somebody else changed, by the picture's name."""
    try:
        with os.scandir(working) as files:
            copies = sorted(f.name for f in files if ".conflict-" in f.name)
    except OSError:
        return {}
    stems = {working_stem(entry.name, annotator): entry.name for entry in entries}
    found = defaultdict(list)
    for copy in copies:
        name = stems.get(copy.partition(".conflict-")[0])
        if name is not None and copy.endswith(".labels.tif"):
            words = f"Somebody else's version lies beside the mask: {copy}."
            found[name].append(Finding(Kind.CONFLICT, words, print=copy))
    return found
