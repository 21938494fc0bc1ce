"""Division of pictures into splits, none of which knows anything of another."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from napari_fncells.core.errors import UserError
from napari_fncells.core.params.split import SPLITS, SplitParams

_QUARTERS = (0.25, 0.5, 0.75)
_SHOWN = 4


@dataclass(frozen=True)
class SplitPicture:
    """A picture to be put into a split.

    Attributes
    ----------
    name
        No two have the same.
    group
        Pictures of equal group belong together.
    cells
        Their number.
    identity
        Equal of pictures with the same content; empty where that is not known.
    """

    name: str
    group: str
    cells: int
    identity: str = ""


@dataclass(frozen=True)
class Leak:
    """What two splits know of each other.

    Attributes
    ----------
    kind
        'identical': the same content; 'group': pictures of one group.
    group
        The group, or what is identical.
    names
        The pictures, by split.
    """

    kind: Literal["identical", "group"]
    group: str
    names: Mapping[str, tuple[str, ...]]

    @property
    def in_words(self) -> str:
        """Sentence for a person."""
        where = " and ".join(f"{_listed(names)} in {split}" for split, names in self.names.items())
        if self.kind == "identical":
            return f"Identical pictures are in different splits: {where}."
        return f"{self.group} is in different splits: {where}."


def assign(
    pictures: Sequence[SplitPicture],
    params: SplitParams,
    earlier: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Divide pictures into splits.

    Groups and identical pictures stay together. The largest groups come first, by chance where
    they are equally large; each goes where it leaves numbers of pictures, of cells, and of
    pictures with no, few and many cells nearest to the shares, as in stratification of several
    labels at once (Sechidis et al. 2011). The outcome depends on the set of pictures and the
    seed, not on their order. Another picture may therefore change the split of those that were
    there; those in `earlier` stay where they are.

    Parameters
    ----------
    pictures
        With their groups.
    params
        Shares and seed.
    earlier
        Split by name of pictures that were divided before; names that are not in `pictures` do
        not matter.

    Returns
    -------
    dict
        'train', 'val' or 'test' by name.

    Raises
    ------
    UserError
        There are fewer groups than splits, or an earlier division has parted a group.
    """
    ordered = sorted(pictures, key=lambda picture: picture.name)
    kept = {name: split for name, split in (earlier or {}).items() if split in SPLITS}
    units = _units(ordered)
    features = _features(ordered, stratify=params.stratify)
    balance = _Balance(params.shares, features.sum(axis=0))
    splits: dict[str, str] = {}
    open_units = []
    for unit in units:
        before = {kept[ordered[at].name] for at in unit if ordered[at].name in kept}
        if len(before) > 1:
            raise UserError(
                f"{ordered[unit[0]].group} was divided between {' and '.join(sorted(before))} "
                "before.",
                "Divide anew, or by pictures.",
            )
        if before:
            split = before.pop()
            balance.put(split, features[unit].sum(axis=0))
            splits |= {ordered[at].name: split for at in unit}
        else:
            open_units.append(unit)
    _check_enough(open_units, balance, by=params.by)
    open_units.sort(key=lambda unit: (-len(unit), _chance(ordered[unit[0]], params.seed)))
    for left, unit in zip(range(len(open_units), 0, -1), open_units, strict=True):
        amount = features[unit].sum(axis=0)
        split = balance.best(amount, left)
        balance.put(split, amount)
        splits |= {ordered[at].name: split for at in unit}
    return {picture.name: splits[picture.name] for picture in pictures}


def leaks(pictures: Iterable[SplitPicture], splits: Mapping[str, str]) -> tuple[Leak, ...]:
    """Find pictures of one content, and of one group, in different splits.

    Parameters
    ----------
    pictures
        With groups and identities.
    splits
        Split by name.
    """
    by_content: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    by_group: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for picture in sorted(pictures, key=lambda picture: picture.name):
        split = splits[picture.name]
        by_group[picture.group][split].append(picture.name)
        if picture.identity:
            by_content[picture.identity][split].append(picture.name)
    kinds: tuple[tuple[Literal["identical", "group"], dict[str, dict[str, list[str]]]], ...] = (
        ("identical", by_content),
        ("group", by_group),
    )
    return tuple(
        Leak(kind, key, {split: tuple(names) for split, names in sorted(found.items())})
        for kind, table in kinds
        for key, found in table.items()
        if len(found) > 1
    )


class _Balance:
    """How far each split is from its share, in pictures, cells and strata."""

    def __init__(self, shares: Mapping[str, float], total: NDArray[np.float64]) -> None:
        self._total = np.maximum(total, 1.0)
        self._wanted = {split: share * total for split, share in shares.items()}
        self._held = {split: np.zeros_like(total) for split in shares}

    @property
    def empty(self) -> list[str]:
        """Splits without a picture."""
        return [split for split, held in self._held.items() if held[0] == 0]

    def put(self, split: str, amount: NDArray[np.float64]) -> None:
        if split in self._held:  # an earlier division may have had more
            self._held[split] = self._held[split] + amount

    def best(self, amount: NDArray[np.float64], left: int) -> str:
        """The split that a unit brings nearest to its share, against leaving it as it is."""
        empty = self.empty
        choices = empty if left <= len(empty) else list(self._held)

        def change(split: str) -> float:
            before = self._held[split] - self._wanted[split]
            return float((((before + amount) ** 2 - before**2) / self._total).sum())

        return min(choices, key=change)


def _check_enough(units: list[list[int]], balance: _Balance, by: str) -> None:
    missing = balance.empty
    if len(units) >= len(missing):
        return
    what = {"animal": "animal", "slice": "slice", "image": "picture"}.get(by, "group")
    number = f"is only {len(units)}" if len(units) == 1 else f"are only {len(units)}"
    raise UserError(
        f"There {number} {what}{'s' * (len(units) != 1)} for the splits {' and '.join(missing)}.",
        "Divide by something smaller, or leave a split out by the share 0.",
    )


def _units(pictures: Sequence[SplitPicture]) -> list[list[int]]:
    """Indices of pictures that must stay together, by group and by content."""
    marks: dict[tuple[str, str], int] = {}
    rows, columns = [], []
    for at, picture in enumerate(pictures):
        for mark in (("group", picture.group), ("identity", picture.identity)):
            if mark[1]:
                rows.append(at)
                columns.append(marks.setdefault(mark, len(pictures) + len(marks)))
    size = len(pictures) + len(marks)
    edges = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(size, size))
    _, found = connected_components(edges, directed=False)
    units: dict[int, list[int]] = defaultdict(list)
    for at in range(len(pictures)):
        units[int(found[at])].append(at)
    return list(units.values())


def _features(pictures: Sequence[SplitPicture], *, stratify: bool) -> NDArray[np.float64]:
    """(N, F) amounts to be balanced: a picture, its cells over their mean, and its stratum."""
    ones = np.ones((len(pictures), 1))
    if not stratify or not pictures:
        return ones
    cells = np.array([picture.cells for picture in pictures], dtype=np.float64)
    filled = cells[cells > 0]
    edges = np.quantile(filled, _QUARTERS) if filled.size else np.zeros(len(_QUARTERS))
    stratum = np.where(cells > 0, 1 + np.searchsorted(edges, cells), 0)
    strata = np.eye(len(_QUARTERS) + 2)[stratum]
    return np.hstack([ones, cells[:, np.newaxis] / max(cells.mean(), 1e-9), strata])


def _chance(picture: SplitPicture, seed: int) -> bytes:
    told = f"{seed} {picture.group}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(told).digest()


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
