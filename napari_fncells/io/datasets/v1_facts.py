"""What is known of each picture of FNC v1 that its files do not tell."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from napari_fncells.io.datasets.catalogue import Split


@dataclass(frozen=True)
class V1Facts:
    """One picture of FNC v1.

    Attributes
    ----------
    name
        Of image and mask in the published archive.
    number
        Of image and mask in the folders that the authors' split script writes.
    split
        By the authors' fixed list of 70 test pictures.
    by_hand
        Whether the mask was drawn by hand, not corrected from a threshold's draft.
    empty
        Whether it marks no cell.
    """

    name: str
    number: int
    split: Split
    by_hand: bool
    empty: bool


@cache
def v1_facts() -> Mapping[str, V1Facts]:
    """All 283, by name. Sources are said in the table's head."""
    text = (files("napari_fncells.io.datasets") / "fnc_v1.tsv").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    known = (
        V1Facts(
            name=row["name"],
            number=int(row["number"]),
            split=Split.TEST if row["test"] == "1" else Split.TRAINVAL,
            by_hand=row["by_hand"] == "1",
            empty=row["empty"] == "1",
        )
        for row in csv.DictReader(lines, delimiter="\t")
    )
    return {facts.name: facts for facts in known}


@cache
def v1_facts_by_number() -> Mapping[str, V1Facts]:
    """All 283, by the name they have after the authors' split: '0.png'."""
    return {f"{facts.number}.png": facts for facts in v1_facts().values()}
