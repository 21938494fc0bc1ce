"""What people say of a data set: its name, its makers, its licence and how to cite it."""

from __future__ import annotations

import re
from typing import Annotated, Self
from urllib.parse import quote

from pydantic import Field, field_validator, model_validator

from napari_fncells.core.params.base import Params

TITLE_LENGTH = 200

_SPDX = r"^$|^[A-Za-z0-9][A-Za-z0-9.+-]*$"
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_IN_DOI = "/:;()._-"
_DOI_PLACES = ("https://doi.org/", "http://doi.org/", "doi:")


class CardParams(Params):
    """What stands on the card of a data set beside what is counted.

    Attributes
    ----------
    title, description
        For people; plain text.
    licence
        Short name of the SPDX list, such as CC-BY-SA-4.0.
    authors
        A name each.
    citation
        What to cite, as text or BibTeX.
    doi
        Of the data set, with or without https://doi.org/.
    url
        Where it is published.
    version
        Of the data set.
    date
        Of its publication, YYYY-MM-DD.
    """

    title: Annotated[
        str,
        Field(
            min_length=1,
            max_length=TITLE_LENGTH,
            description="Name of the data set.",
            json_schema_extra={"label": "Title"},
        ),
    ] = "Cells in fluorescence pictures"
    description: Annotated[
        str, Field(max_length=10_000, description="What it shows and what it is for.")
    ] = ""
    licence: Annotated[
        str,
        Field(
            max_length=80,
            pattern=_SPDX,
            description="Short name of the licence (SPDX): CC-BY-SA-4.0.",
            json_schema_extra={"label": "Licence"},
        ),
    ] = ""
    authors: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=200)], ...],
        Field(max_length=500, description="Who made it."),
    ] = ()
    citation: Annotated[
        str, Field(max_length=10_000, description="What to cite, as text or BibTeX.")
    ] = ""
    doi: Annotated[str, Field(max_length=200, description="Of the data set.")] = ""
    url: Annotated[str, Field(max_length=500, description="Where it is published.")] = ""
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$", description="Of the data set.")] = (
        "1.0.0"
    )
    date: Annotated[
        str,
        Field(pattern=r"^$|^\d{4}-\d{2}-\d{2}$", description="Of publication: 2026-01-31."),
    ] = ""

    @field_validator("authors", mode="before")
    @classmethod
    def _parted(cls, value: object) -> object:
        """Names with semicolons between them, as a command line has them."""
        if not isinstance(value, str):
            return value
        return tuple(name.strip() for name in value.split(";") if name.strip())

    @model_validator(mode="after")
    def _places(self) -> Self:
        if self.doi and _DOI.fullmatch(self.plain_doi) is None:
            raise ValueError(f"{self.doi!r} is no DOI: it should be like 10.5281/zenodo.1234")
        if self.url and re.fullmatch(r"https?://[^\s<>\"]+", self.url) is None:
            raise ValueError(f"{self.url!r} is no address: it should begin with https://")
        return self

    @property
    def plain_doi(self) -> str:
        """Without what comes before it."""
        found = self.doi.strip()
        for place in _DOI_PLACES:
            found = found.removeprefix(place)
        return found

    @property
    def page(self) -> str:
        """Address of the data set; empty where it has none."""
        return self.url or (
            f"https://doi.org/{quote(self.plain_doi, safe=_IN_DOI)}" if self.doi else ""
        )

    @property
    def licence_url(self) -> str:
        """Text of the licence; empty where there is none."""
        return f"https://spdx.org/licenses/{self.licence}.html" if self.licence else ""
