"""The report of an exported set: what it holds and what was proved of it.

`export-report.json` lists every file of the set with its SHA-256; a file beside it holds the
report's own, as `sha256sum -c` reads it.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from napari_fncells.core.errors import UserError
from napari_fncells.io.exporters.base import Comparison, Exporter
from napari_fncells.io.json_error import first_problem
from napari_fncells.io.printable import printable
from napari_fncells.io.record import SoftwareFacts

FORMAT: Literal["fncells-release/1"] = "fncells-release/1"

REPORT_NAME = "export-report.json"
SEAL_NAME = "export-report.json.sha256"
PAGE_NAME = "export-report.html"

LARGEST = 512 << 20
"""Most bytes of a report that is read; that of a hundred thousand pictures has fewer."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileFacts(_Part):
    """One file of the set."""

    name: str
    """Path in the set, with slashes; what is no text in it is written out."""
    size: int
    sha256: str


class ComparisonFacts(_Part):
    """What a format's files hold of one picture; see `io.exporters.Comparison`."""

    cells: int
    found: int
    exact: bool
    iou: float | None = None
    lost: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    renumbered: dict[int, int] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problem: str = ""

    @classmethod
    def of(cls, found: Comparison) -> Self:
        """Take a comparison."""
        return cls(
            cells=found.cells,
            found=found.found,
            exact=found.exact,
            iou=found.iou,
            lost=found.lost,
            changed=found.changed,
            renumbered=dict(found.renumbered),
            notes=tuple(printable(note) for note in found.notes),
            problem=printable(found.problem),
        )


class PictureFacts(_Part):
    """One picture of the set."""

    name: str
    stem: str
    """Start of the names of its files."""
    sha256: str
    """Of the picture's file; empty where it has none."""
    size: int
    """Bytes of that file."""
    height: int
    width: int
    pixel_size_um: float | None = None
    split: str = ""
    state: str
    """How far the expert is: 'done', 'in work', 'unsure', 'draft', 'as given' or 'new'."""
    annotator: str = ""
    cells: int
    states: dict[str, int] = Field(default_factory=dict)
    """Cells by what the expert decided."""
    ignored: int = 0
    """Pixels of ignored regions."""
    components: int
    """8-connected components of the binary mask."""
    touching: int
    """Pairs of cells that touch."""
    planted_found: int = 0
    planted_missed: int = 0
    """Errors of the attention check; none of them is in a file."""
    notes: tuple[str, ...] = ()
    formats: dict[str, ComparisonFacts] = Field(default_factory=dict)


class LeftOut(_Part):
    """A picture of the folder that is not in the set."""

    name: str
    reason: str
    """In a sentence."""
    failed: bool = False
    """Whether it should have been in it, but could not be read."""


class FormatFacts(_Part):
    """One format of the set."""

    name: str
    title: str
    about: str
    folder: str

    @classmethod
    def of(cls, exporter: Exporter, folder: str) -> Self:
        """Take a format."""
        return cls(name=exporter.name, title=exporter.title, about=exporter.about, folder=folder)


class Totals(_Part):
    """Sums over the pictures."""

    pictures: int = 0
    empty: int = 0
    cells: int = 0
    components: int = 0
    touching: int = 0
    ignored: int = 0
    planted_found: int = 0
    planted_missed: int = 0
    states: dict[str, int] = Field(default_factory=dict)
    """Pictures by how far the expert is."""
    cell_states: dict[str, int] = Field(default_factory=dict)
    areas: dict[str, float] = Field(default_factory=dict)
    """Percentiles of the cells' areas in px², by name: 'p0', 'p5', 'p50', 'p95', 'p100'."""


class ReleaseReport(_Part):
    """All that is known of an exported set. `format` changes whenever the fields do."""

    format: Literal["fncells-release/1"] = FORMAT
    time: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    software: SoftwareFacts = Field(default_factory=SoftwareFacts.current)
    source: str = ""
    """Name of the folder of pictures."""
    annotator: str = ""
    params: dict[str, Any] = Field(default_factory=dict)
    formats: tuple[FormatFacts, ...] = ()
    images: bool = False
    """Whether the pictures are in the set, too."""
    pictures: tuple[PictureFacts, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    """What there is to know of the whole set, in sentences."""
    totals: Totals = Field(default_factory=Totals)
    files: tuple[FileFacts, ...] = ()
    """Every file but the report itself and its seal."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the proof failed, in sentences; none where it holds."""
        return tuple(
            f"{picture.name}, {name}: {found.problem}"
            for picture in self.pictures
            for name, found in picture.formats.items()
            if found.problem
        )

    @property
    def failed(self) -> tuple[LeftOut, ...]:
        """Pictures that should be in the set, but could not be read."""
        return tuple(each for each in self.left_out if each.failed)

    @property
    def sentence(self) -> str:
        """The outcome for a person."""
        count, cells = self.totals.pictures, self.totals.cells
        formats = len(self.formats)
        return (
            f"{count:,} picture{'s' * (count != 1)} with {cells:,} cell{'s' * (cells != 1)} in "
            f"{formats} format{'s' * (formats != 1)}: every file was read back and compared."
        )

    def to_bytes(self) -> bytes:
        """JSON in UTF-8, indented for reading."""
        return (self.model_dump_json(indent=1) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises
        ------
        UserError
            For anything that is no report of this format.
        """
        try:
            found = cls.model_validate_json(data)
        except ValidationError as error:
            raise _no_report(first_problem(error)) from error
        # An empty object would do, as every field has a default
        if not {"format", "files"} <= found.model_fields_set:
            raise _no_report("it names neither format nor files")
        return found


def seal_of(report: bytes) -> bytes:
    """Content of the file beside a report that tells whether it was changed."""
    return f"{hashlib.sha256(report).hexdigest()}  {REPORT_NAME}\n".encode()


def _no_report(reason: str) -> UserError:
    return UserError(
        f"This is no report of an export that can be read: {reason}.",
        f"It should be JSON of the format {FORMAT}.",
    )
