"""Where pictures and masks lie in a data set, told by the names of its files alone.

Known are the published layouts, v1 (`all_images/images`, `all_masks/masks`) and v2
(`<colour>/{trainval,test}/{images,ground_truths/masks}`, `<colour>/unlabelled/images`), and the
folders that the split script of the v1 authors writes (`train_val/full_size/{images,masks}`,
`test/all_images/images`, `test/all_masks/masks`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from napari_fncells.io.datasets.catalogue import Colour, Split
from napari_fncells.io.images import IMAGE_SUFFIXES

_V1 = ("all_images/images", "all_masks/masks")
_V1_TRAINVAL = ("train_val/full_size/images", "train_val/full_size/masks")
_V1_TEST = ("test/all_images/images", "test/all_masks/masks")
V2_MASKS = "ground_truths/masks"
"""Where the masks lie in a part of a v2 data set."""

_INNER = frozenset(
    {"all_images", "all_masks", "images", "masks", "train_val", "full_size", "ground_truths"}
    | set(Split)
)


@dataclass(frozen=True)
class Part:
    """A folder of pictures and the folder of their masks.

    Attributes
    ----------
    images, masks
        Folders, relative, with '/'.
    split
        What all its pictures were used for; None where their names tell.
    pictures, drawn
        Names of the pictures and of the masks, in alphabetic order.
    """

    images: str
    masks: str
    split: Split | None
    pictures: tuple[str, ...]
    drawn: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A data set among files.

    Attributes
    ----------
    key
        Which of the published ones.
    root
        The folder above its parts, relative, '' for the top.
    parts
        Its folders.
    numbered
        Whether pictures bear the numbers of the v1 authors' split, not their own names.
    """

    key: str
    root: str
    parts: tuple[Part, ...]
    numbered: bool = False


def find_datasets(names: Iterable[str]) -> dict[str, Found]:
    """Find the data sets among the files of a folder or an archive.

    Of several copies of one, the one nearest the top is taken.

    Parameters
    ----------
    names
        Relative names of files, with '/'.

    Returns
    -------
    dict
        Those found, by key.
    """
    folders: dict[str, list[str]] = defaultdict(list)
    for name in names:
        path = PurePosixPath(name)
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith("."):
            folders[_text(path.parent)].append(path.name)
    found: dict[str, Found] = {}
    every = [*_first_versions(folders), *_second_versions(folders)]
    for dataset in sorted(every, key=lambda f: (f.root.count("/"), len(f.root), f.root)):
        found.setdefault(dataset.key, dataset)
    return found


def is_inner(name: str) -> bool:
    """Whether a folder's name is one of those inside of a data set."""
    return name in _INNER


def pictures_below(folder: Path) -> Path | None:
    """The folder of pictures of a data set of the first version that lies in a folder."""
    for pictures, _ in (_V1, _V1_TRAINVAL):
        if (folder / pictures).is_dir():
            return folder / pictures
    return None


def masks_beside(images: PurePath) -> PurePath | None:
    """Where the masks of a folder of pictures lie, if it is one of a data set.

    The folder need not exist.
    """
    for pictures, masks in (_V1, _V1_TRAINVAL):
        above = _above(images.as_posix(), pictures)
        if above is not None:
            return images.parents[pictures.count("/")] / masks
    if images.name == "images" and images.parent.name in {Split.TRAINVAL, Split.TEST}:
        return images.parent / V2_MASKS
    return None


def _first_versions(folders: Mapping[str, list[str]]) -> list[Found]:
    """Whole sets as published; where one is not there, the folders of the split script."""
    splits = _roots(folders, _V1_TRAINVAL[0])
    tests = {_join(root, "test") for root in splits}
    whole = _roots(folders, _V1[0]) - tests
    found = [Found("v1", root, (_part(folders, root, *_V1, None),)) for root in whole]
    for root in splits - whole:
        parts = (
            _part(folders, root, *_V1_TRAINVAL, Split.TRAINVAL),
            _part(folders, root, *_V1_TEST, Split.TEST),
        )
        found.append(Found("v1", root, parts, numbered=True))
    return found


def _second_versions(folders: Mapping[str, list[str]]) -> list[Found]:
    found = []
    for colour in Colour:
        roots = set[str]()
        for split in Split:
            roots |= {_join(root, colour) for root in _roots(folders, f"{colour}/{split}/images")}
        for root in roots:
            parts = [
                _part(folders, root, f"{split}/images", f"{split}/{V2_MASKS}", split)
                for split in Split
            ]
            filled = tuple(part for part in parts if part.pictures or part.drawn)
            found.append(Found(f"v2-{colour}", root, filled))
    return found


def _part(
    folders: Mapping[str, list[str]], root: str, images: str, masks: str, split: Split | None
) -> Part:
    images, masks = _join(root, images), _join(root, masks)
    pictures, drawn = folders.get(images, []), folders.get(masks, [])
    return Part(images, masks, split, tuple(sorted(pictures)), tuple(sorted(drawn)))


def _roots(folders: Iterable[str], ending: str) -> set[str]:
    """Folders above the folders with an ending."""
    return {above for folder in folders if (above := _above(folder, ending)) is not None}


def _above(folder: str, ending: str) -> str | None:
    if folder == ending:
        return ""
    return folder.removesuffix(f"/{ending}") if folder.endswith(f"/{ending}") else None


def _join(root: str, name: str) -> str:
    return f"{root}/{name}" if root else str(name)


def _text(folder: PurePosixPath) -> str:
    return "" if folder == PurePosixPath() else str(folder)
