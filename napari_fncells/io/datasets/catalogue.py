"""The published data sets: where each is, how it is checked, its licence and how to cite it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from napari_fncells.core.errors import ParameterError


class Colour(StrEnum):
    """Colour of the marked cells."""

    GREEN = "green"
    RED = "red"
    YELLOW = "yellow"


class Split(StrEnum):
    """What the authors used a picture for."""

    TRAINVAL = "trainval"
    TEST = "test"
    UNLABELLED = "unlabelled"


@dataclass(frozen=True)
class Published:
    """A data set as its authors published it.

    Attributes
    ----------
    key
        Name in the registry and on the command line.
    version
        1 or 2: tells the layout of its folders.
    colour
        Of its cells.
    title, about
        For people.
    url
        Of the zip archive.
    size
        Of the archive in bytes, roughly; None where nobody published it.
    sha256
        Hex digest of the archive as published; None where there is none.
    pictures
        Number of pictures of each split.
    licence, licence_url
        Name and text.
    licence_note
        What is doubtful about it; empty where nothing is.
    page
        Where it is published.
    citations
        What to cite.
    """

    key: str
    version: int
    colour: Colour
    title: str
    about: str
    url: str
    size: int | None
    sha256: str | None
    pictures: Mapping[Split, int]
    licence: str
    licence_url: str
    licence_note: str
    page: str
    citations: tuple[str, ...]

    @property
    def labelled(self) -> int:
        """Number of pictures with ground truth."""
        return sum(n for split, n in self.pictures.items() if split is not Split.UNLABELLED)

    @property
    def folder_name(self) -> str:
        """What its folder is called."""
        return f"fnc-{self.key}"

    @property
    def archive_name(self) -> str:
        """What the downloaded archive is called."""
        return f"fnc-{self.key}.zip"

    @property
    def size_in_words(self) -> str:
        """Size of the download, as far as it is known."""
        if self.size is None:
            return "size not published: the server tells it when the download starts"
        return f"{self.size / 1e6:.0f} MB"


_BY_SA = "CC BY-SA 4.0"
_BY_SA_URL = "https://creativecommons.org/licenses/by-sa/4.0/"
_V1_PAPER = (
    "Morelli R., Clissa L. et al. (2021). Automating cell counting in fluorescent microscopy "
    "through deep learning with c-ResUnet. Scientific Reports 11, 22920. "
    "https://doi.org/10.1038/s41598-021-01929-5"
)
_V2_PAPER = (
    "Clissa L., Macaluso A., Morelli R. et al. (2024). Fluorescent Neuronal Cells v2: "
    "multi-task, multi-format annotations for deep learning in microscopy. Scientific Data 11. "
    "https://doi.org/10.1038/s41597-024-03005-9"
)
_V1_RECORD = (
    "Fluorescent Neuronal Cells. University of Bologna. https://amsacta.unibo.it/id/eprint/6706/"
)
_V2_RECORD = (
    "Fluorescent Neuronal Cells v2. University of Bologna. "
    "https://doi.org/10.6092/unibo/amsacta/7347"
)


def _v2(colour: Colour, about: str, file: str, sha256: str, *counts: int) -> Published:
    return Published(
        key=f"v2-{colour}",
        version=2,
        colour=colour,
        title=f"Fluorescent Neuronal Cells v2, {colour}",
        about=about,
        url=f"https://amsacta.unibo.it/id/eprint/7347/{file}",
        size=None,
        sha256=sha256,
        pictures=MappingProxyType(dict(zip(Split, counts, strict=True))),
        licence=_BY_SA,
        licence_url=_BY_SA_URL,
        licence_note="Its data sheet says so; some copies say CC BY 4.0. BY-SA is the safer one.",
        page="https://amsacta.unibo.it/id/eprint/7347/",
        citations=(_V2_PAPER, _V2_RECORD),
    )


PUBLISHED: dict[str, Published] = {
    known.key: known
    for known in (
        Published(
            key="v1",
            version=1,
            colour=Colour.YELLOW,
            title="Fluorescent Neuronal Cells v1",
            about="Mouse brain slices, neurons marked yellow by cholera toxin b (cytoplasm).",
            url="https://amsacta.unibo.it/id/eprint/6706/1/fluocells.zip",
            size=414_000_000,
            sha256=None,
            pictures=MappingProxyType({Split.TRAINVAL: 213, Split.TEST: 70}),
            licence=_BY_SA,
            licence_url=_BY_SA_URL,
            licence_note="",
            page="https://amsacta.unibo.it/id/eprint/6706/",
            citations=(_V1_PAPER, _V1_RECORD),
        ),
        _v2(
            Colour.GREEN,
            "Mouse brain slices, nuclei marked green by c-FOS.",
            "28/green.zip",
            "7760c3c55d236c17f2225a0a63e8e61a86c93d0645c7188bbe9652f22f520517",
            213,
            70,
            408,
        ),
        _v2(
            Colour.RED,
            "Rat and mouse brain slices, neurons marked red by orexin (cytoplasm).",
            "29/red.zip",
            "0a9a2ac9dbdd7222cadf44a7846f61f9d0adb08cf09b801efb917a76e8704533",
            138,
            46,
            362,
        ),
        _v2(
            Colour.YELLOW,
            "Mouse brain slices, neurons marked yellow by cholera toxin b (cytoplasm).",
            "27/yellow.zip",
            "08048f5c71d4afa726cc54fd887a06cc6894aff62f6704ff5a8c15aa2f9946ca",
            213,
            70,
            354,
        ),
    )
}
"""All by key: v1, v2-green, v2-red, v2-yellow."""


def published(key: str) -> Published:
    """The data set of a key.

    Raises
    ------
    ParameterError
        For a key that none has.
    """
    if key not in PUBLISHED:
        raise ParameterError(
            f"There is no data set named {key!r}.", f"Choose one of: {', '.join(PUBLISHED)}."
        )
    return PUBLISHED[key]
