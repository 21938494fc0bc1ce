"""What belongs together by the names of pictures: slices and animals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from napari_fncells.core.params.split import SplitParams

_ANIMAL = r"(?<![a-z0-9])([a-z]+\d+b?)(?=(?:s\d+)?c\d+r\d+)"
_SLICE = r"(?<![a-z0-9])([a-z]+\d+b?(?:s\d+)?c\d+r\d+)"
# FNC v1 renamed three; these are their names on the microscope, by which they are in v2
_RENAMED = {
    "37_y": "Mar43S2C3R1_VLPAGl_200x_o",
    "38_y": "Mar43S2C3R1_VLPAGr_200x_o",
    "39_y": "MAR44S4C3R2_VLPAGL_20_o",
}


@dataclass(frozen=True)
class NameGroups:
    """Which pictures belong together.

    Attributes
    ----------
    of
        Group by the picture's name.
    alone
        Names in which nothing was found: each is a group of its own.
    """

    of: dict[str, str]
    alone: tuple[str, ...]


def name_groups(names: Iterable[str], params: SplitParams) -> NameGroups:
    """Group pictures by their names.

    FNC names are made of animal, slide, column and row of the slice, region with side, zoom and
    colour: Mar19bS1C4R2_LHr_200x_y is of the animal Mar19b and of its slice S1C4R2, and its other
    side is Mar19bS1C4R2_LHl_200x_y. Upper and lower case are not told apart.

    Parameters
    ----------
    names
        File names.
    params
        Of the published and the given splits slices are the groups.
    """
    found: dict[str, str] = {}
    alone = []
    for name in names:
        group = _group(name, params)
        if group is None and params.by != "image":
            alone.append(name)
        found[name] = name.casefold() if group is None else group
    return NameGroups(found, tuple(alone))


def _group(name: str, params: SplitParams) -> str | None:
    if params.by == "image":
        return None
    if params.by == "pattern":
        match = re.search(params.pattern, name)
    else:
        stem = PurePath(name).stem
        pattern = _ANIMAL if params.by == "animal" else _SLICE
        match = re.search(pattern, _RENAMED.get(stem, stem), re.IGNORECASE)
    if match is None:
        return None
    group = match.group(1) if match.re.groups else match.group()
    return group.casefold() if group else None
