"""Which draft belongs to which picture: by name, then by shape, never by order."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_fncells.core.errors import UserError
from napari_fncells.io.chosen import read_chosen
from napari_fncells.io.importers import PIXEL_SUFFIXES, read_draft
from napari_fncells.io.importers.annotations import ANNOTATION_SUFFIXES, annotation_importer
from napari_fncells.io.importers.annotations.pairing import pair
from napari_fncells.io.ngff import SUFFIX as STORE_SUFFIX
from napari_fncells.io.ngff import is_ngff

_ENDINGS = frozenset((
    "mask", "masks", "cp_masks", "seg", "segmentation", "simple segmentation",
    "simple_segmentation", "object identities", "object predictions", "label", "labels",
    "instances", "prob", "probs", "probability", "probabilities", "pred", "prediction",
    "predictions", "binary", "annotation", "annotations", "gt", "draft", "stardist", "output",
))  # fmt: skip
_PICTURE_ENDING = re.compile(r"(.+?)[ _.-]+(?:image|img|raw)", re.IGNORECASE)
_RANKS = 4


@dataclass(frozen=True)
class Matching:
    """Drafts found for pictures.

    Attributes
    ----------
    found
        Maps a picture to its draft.
    ambiguous
        Maps a picture to the drafts between which nothing decides, or to one that other
        pictures could have, too.
    unmatched
        Pictures without a draft.
    unused
        Files that could be drafts, but of none of the pictures.
    """

    found: Mapping[Path, Path]
    ambiguous: Mapping[Path, tuple[Path, ...]]
    unmatched: tuple[Path, ...]
    unused: tuple[Path, ...]

    def draft_of(self, image: Path) -> Path:
        """The draft of a picture.

        Raises
        ------
        UserError
            Where there is none, or more than one.
        """
        if image in self.found:
            return self.found[image]
        if image in self.ambiguous:
            names = ", ".join(path.name for path in self.ambiguous[image])
            raise UserError(
                f"{image.name}: it cannot be told which draft belongs to it; {names} could.",
                "Choose the file, give the ending of the names, or rename one of them.",
            )
        raise UserError(
            f"{image.name}: there is no draft of that name.",
            "The draft has the picture's name, with or without an ending such as _mask.",
        )


def find_drafts(
    images: Iterable[Path], place: Path, *, ending: str | None = None, annotations: bool = True
) -> Matching:
    """Find the drafts of pictures in a folder.

    A draft belongs to the picture that has the same whole name; else to the picture whose whole
    name is its name without suffix (cell.png.tif); else to that with the same stem; else to that
    with the same stem once the endings that programs add are off (cell_cp_masks.png,
    cell_seg.npy, 'cell_Simple Segmentation.tif'). What names leave open is decided by the shape
    where just one fits, and is told otherwise. A picture that has none so may be one of those
    that a file of annotations names; such a file serves many. Only the folder itself is listed;
    links that lead out of it are passed over, and no name in a file is followed.

    Parameters
    ----------
    images
        The pictures.
    place
        The folder, one file for one picture, or a file of annotations for those it names.
    ending
        Only drafts whose names end so, without suffix (such as '_cp_masks').
    annotations
        Whether files of annotations are looked into.

    Returns
    -------
    Matching
        Every picture is found, ambiguous or unmatched.

    Raises
    ------
    UserError
        There is no such place, it cannot be listed, or it is one file for several pictures.
    """
    pictures = list(dict.fromkeys(images))
    single = place.is_file() or is_ngff(place)
    if single and len(pictures) == 1:
        return Matching({pictures[0]: place}, {}, (), ())
    if single and annotation_importer(place) is None:
        raise UserError(
            f"{place.name} is one file, and there are {len(pictures)} pictures.",
            "Give the folder in which their drafts are.",
        )
    own = {path.resolve() for path in pictures}
    listed = [place] if single else _files(place)
    files = [path for path in listed if path.resolve() not in own]
    if ending is not None:
        files = [path for path in files if _base(path).endswith(ending)]
    drafts = [path for path in files if path.suffix.lower() in PIXEL_SUFFIXES]
    found, ambiguous = _match(pictures, drafts)
    left = [path for path in pictures if path not in found and path not in ambiguous]
    others = [path for path in files if path.suffix.lower() in ANNOTATION_SUFFIXES]
    named = pair(left, others if annotations and left else ())
    unclear = {**ambiguous, **named.ambiguous}
    used = {*found.values(), *(path for paths in ambiguous.values() for path in paths)}
    unused = [path for path in drafts if path not in used]
    return Matching(
        {**found, **named.found},
        unclear,
        tuple(p for p in left if p not in named.found and p not in unclear),
        (*unused, *named.unused),
    )


def without_drafts(images: Sequence[Path]) -> list[Path]:
    """Pictures without those that, by their names, are drafts of others in the same folder."""
    plain = {(path.parent, _picture_stem(path)) for path in images}
    return [
        path
        for path in images
        if not any((path.parent, stem) in plain for stem in _stems(path)[1:])
    ]


def _files(folder: Path) -> list[Path]:
    """Files of a folder that could be drafts, by name; links out of it left out."""
    try:
        inside = folder.resolve(strict=True)
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry in entries
                if not entry.name.startswith(".")
                and Path(entry.name).suffix.lower() in (*PIXEL_SUFFIXES, *ANNOTATION_SUFFIXES)
                and (entry.is_file() or _is_store(entry))
                and (not entry.is_symlink() or (folder / entry.name).resolve().parent == inside)
            ]
    except FileNotFoundError as error:
        raise UserError(f"{folder} does not exist.", "Check the name.") from error
    except OSError as error:
        raise UserError(
            f"{folder} cannot be listed: {error.strerror or error}.", "Choose another folder."
        ) from error
    return [folder / name for name in sorted(names)]


def _is_store(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder that is one picture's labels."""
    return entry.name.lower().endswith(STORE_SUFFIX) and entry.is_dir()


def _match(
    pictures: Sequence[Path], drafts: Sequence[Path]
) -> tuple[dict[Path, Path], dict[Path, tuple[Path, ...]]]:
    """Go from the closest likeness of names to the loosest; each draft is taken once."""
    found: dict[Path, Path] = {}
    ambiguous: dict[Path, tuple[Path, ...]] = {}
    for rank in range(_RANKS):
        taken = set(found.values())
        free = [path for path in drafts if path not in taken]
        # Pictures that have a draft already count as claimants, too: a second file of the same
        # stem may be theirs
        links = _fitting(_links(pictures, free, rank))
        claims: dict[Path, int] = defaultdict(int)
        for candidates in links.values():
            for candidate in candidates:
                claims[candidate] += 1
        for image, candidates in links.items():
            if image in found or image in ambiguous:
                continue
            if len(candidates) == 1 and claims[candidates[0]] == 1:
                found[image] = candidates[0]
            else:
                ambiguous[image] = tuple(candidates)
    return found, ambiguous


def _links(pictures: Sequence[Path], drafts: Sequence[Path], rank: int) -> dict[Path, list[Path]]:
    """Drafts whose names are as like those of pictures as the rank asks for."""
    by_key: dict[str, list[Path]] = defaultdict(list)
    for draft in drafts:
        for key in dict.fromkeys(_draft_keys(draft, rank)):
            by_key[key].append(draft)
    links = {image: by_key.get(_picture_key(image, rank), []) for image in pictures}
    return {image: candidates for image, candidates in links.items() if candidates}


def _picture_key(path: Path, rank: int) -> str:
    if rank < 2:
        return _normal(path.name)
    return _base(path) if rank == 2 else _picture_stem(path)


def _draft_keys(path: Path, rank: int) -> list[str]:
    if rank == 0:
        return [_normal(path.name)]
    stems = _stems(path)
    return stems[:1] if rank == 2 else stems


def _fitting(links: dict[Path, list[Path]]) -> dict[Path, list[Path]]:
    """Where names leave it open, keep the drafts that have the shape of the picture."""
    count: dict[Path, int] = defaultdict(int)
    for candidates in links.values():
        for candidate in candidates:
            count[candidate] += 1
    shapes = _Shapes()
    fitting = {
        image: [path for path in candidates if shapes.of_draft(path) == shapes.of_picture(image)]
        for image, candidates in links.items()
        if len(candidates) > 1 or count[candidates[0]] > 1
    }
    placed = {path for candidates in fitting.values() for path in candidates}
    decided = {}
    for image, candidates in links.items():
        # Where none fits, those stay that fit no other picture: it is told with their names
        others = [path for path in candidates if path not in placed]
        decided[image] = fitting.get(image) or (others if image in fitting else candidates)
    return {image: candidates for image, candidates in decided.items() if candidates}


class _Shapes:
    """Rows and columns of files, each read once; None for those that cannot be."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, ...] | None] = {}

    def of_picture(self, path: Path) -> tuple[int, ...]:
        if path not in self._known:
            try:
                self._known[path] = read_chosen(path).pixels.shape[:2]
            except UserError:
                self._known[path] = ()
        return self._known[path] or ()

    def of_draft(self, path: Path) -> tuple[int, ...] | None:
        if path not in self._known:
            try:
                self._known[path] = read_draft(path).shape
            except UserError:
                self._known[path] = None
        return self._known[path]


def _stems(path: Path) -> list[str]:
    """Name without suffix, then without each ending that a program may have added."""
    base = _base(path)
    return [base, *dict.fromkeys(_without_endings(base))]


def _without_endings(base: str) -> Iterator[str]:
    for gap in re.finditer(r"[ _.-]+", base):
        if gap.start() and base[gap.end() :].casefold() in _ENDINGS:
            yield base[: gap.start()]


def _picture_stem(path: Path) -> str:
    base = _base(path)
    match = _PICTURE_ENDING.fullmatch(base)
    return match.group(1) if match else base


def _base(path: Path) -> str:
    """Name without suffix, that of OME-TIFF included."""
    return re.sub(r"\.ome$", "", _normal(path.stem), flags=re.IGNORECASE)


def _normal(name: str) -> str:
    """The composed form: macOS takes letters and accents apart."""
    return unicodedata.normalize("NFC", name)
