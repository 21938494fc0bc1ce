"""What is known of the pictures of a folder, from names and records alone.

Neither pictures nor masks are opened, so that ten thousand names take a second.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from napari_fncells.io.images import list_images
from napari_fncells.io.working import Glance, glance_at, look_through, working_stem
from napari_fncells.session.entry import Entry, OtherWork, state_of
from napari_fncells.store.working_folder import working_folder

Stamp = tuple[int, int]
"""Size and time of a file; it is read again where they differ."""


@dataclass(frozen=True)
class Listing:
    """The pictures of a folder at one moment.

    Attributes
    ----------
    entries
        In the order in which a person expects their names.
    folder
        Theirs.
    records
        What each record said, by its name, with the stamp of the file.
    """

    entries: tuple[Entry, ...]
    folder: Path = Path()
    records: Mapping[str, tuple[Stamp, Glance | None]] = field(default_factory=dict)


def list_folder(
    folder: Path,
    annotator: str = "",
    root: Path | None = None,
    before: Listing | None = None,
    find_given: Callable[[list[Path]], Mapping[Path, Path]] | None = None,
) -> Listing:
    """List the pictures of a folder with the work on them.

    Parameters
    ----------
    folder
        The folder.
    annotator
        Whose work.
    root
        The data folder, where it is not the usual one.
    before
        An earlier listing: records that have not changed since are not read again.
    find_given
        Gives the masks that were there before, by picture.

    Raises
    ------
    ImageReadError
        The folder cannot be listed.
    """
    paths = list_images(folder)
    given = find_given(paths) if find_given is not None else {}
    masks = set(given.values())
    paths = [path for path in paths if path not in masks]
    working = working_folder(folder, root)
    records = _read_records(working, before)
    whose = _by_picture(records, {path.name for path in paths})
    entries = []
    for path in paths:
        own = f"{working_stem(path.name, annotator)}.json"
        entries.append(_entry(path, own, records, whose.get(path.name, ()), given.get(path)))
    return Listing(tuple(entries), folder, records)


def _entry(
    path: Path,
    own: str,
    records: Mapping[str, tuple[Stamp, Glance | None]],
    known: list[str] | tuple[()],
    given: Path | None,
) -> Entry:
    seen, problem = None, ""
    if own in records:
        seen = records[own][1]
        if seen is None:
            problem = f"{own} cannot be read; the mask itself may well be. Open the picture."
    others = []
    for name in known:
        found = records[name][1]
        if name != own and found is not None:
            others.append(OtherWork(found.annotator, state_of(found.summary)))
    return Entry(
        path,
        summary=None if seen is None else seen.summary,
        time=None if seen is None else seen.time,
        others=tuple(others),
        given=given,
        problem=problem,
    )


def _read_records(working: Path, before: Listing | None) -> dict[str, tuple[Stamp, Glance | None]]:
    known = before.records if before is not None else {}
    found: dict[str, tuple[Stamp, Glance | None]] = {}
    for name, stamp in _stamps(working).items():
        old = known.get(name)
        found[name] = old if old and old[0] == stamp else (stamp, _read(f"{working}/{name}"))
    return found


def _stamps(working: Path) -> dict[str, Stamp]:
    """Size and time of each record."""
    try:
        with os.scandir(working) as files:
            return {
                file.name: (stat.st_size, stat.st_mtime_ns)
                for file in files
                if file.name.endswith(".json")
                and ".conflict-" not in file.name
                and (stat := file.stat())
            }
    except OSError:
        return {}


def _read(record: str) -> Glance | None:
    seen = glance_at(record)
    if seen is None or seen.summary is None:
        return look_through(Path(record))
    return seen


def _by_picture(
    records: Mapping[str, tuple[Stamp, Glance | None]], names: set[str]
) -> dict[str, list[str]]:
    """Names of the records of each picture, whoever made them."""
    found = defaultdict(list)
    for record in records:
        stem = record.removesuffix(".json")
        picture = stem if stem in names else stem.rpartition(".")[0]
        if picture in names:
            found[picture].append(record)
    return found
