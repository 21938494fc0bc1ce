"""The record beside an exported mask: where it came from and what was done to it."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from napari_fncells import __version__
from napari_fncells.core.effort import Effort
from napari_fncells.core.errors import UserError
from napari_fncells.core.objects import CellCounts
from napari_fncells.io.json_error import first_problem

FORMAT: Literal["fncells-record/4"] = "fncells-record/4"

# Those that can be read; the first had no effort, the second no ignored cells and no note, the
# third no attention check
_Format = Literal["fncells-record/1", "fncells-record/2", "fncells-record/3", "fncells-record/4"]

_SOFTWARE = ("napari", "numpy", "scipy", "scikit-image", "opencv-python-headless")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImageFacts(_Part):
    """The picture a mask belongs to."""

    name: str
    sha256: str | None
    height: int
    width: int
    channels: int
    dtype: str
    pixel_size_um: float | None = None
    notes: tuple[str, ...] = ()


class DraftFacts(_Part):
    """The draft in force: how the untouched and edited cells came about."""

    method: str
    params: dict[str, Any]
    cutoff: float | None = None
    time: AwareDatetime


class MaskFacts(_Part):
    """The mask file."""

    name: str
    sha256: str
    background: int = 0
    foreground: int = 255
    gap: bool
    """Whether a line one pixel wide was cleared between touching cells."""
    components: int
    """8-connected components of the file."""
    touching_pairs: int
    """Pairs of cells that touch each other in the mask on screen."""


class SoftwareFacts(_Part):
    """Versions that made the mask."""

    fncells: str
    python: str
    packages: dict[str, str]

    @classmethod
    def current(cls) -> Self:
        """Versions in use now."""
        packages = {}
        for name in _SOFTWARE:
            try:
                packages[name] = version(name)
            except PackageNotFoundError:
                continue
        return cls(fncells=__version__, python=platform.python_version(), packages=packages)


class Record(_Part):
    """All that is known about one exported mask.

    `format` changes whenever the fields do. Records of earlier formats can be read.
    """

    format: _Format = FORMAT
    time: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    annotator: str = ""
    image: ImageFacts
    draft: DraftFacts | None
    cells: CellCounts
    edits: int
    """Edits in the mask's history, undone ones included."""
    effort: Effort | None = None
    """What the mask has cost; None where it was not kept."""
    mask: MaskFacts
    note: str = ""
    """On the picture."""
    software: SoftwareFacts = Field(default_factory=SoftwareFacts.current)

    def to_bytes(self) -> bytes:
        """JSON in UTF-8, indented for reading."""
        return (self.model_dump_json(indent=2) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises
        ------
        UserError
            For anything that is no record of this format.
        """
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise UserError(
                f"This is no record that can be read: {first_problem(error)}.",
                f"It should be JSON of the format {FORMAT}.",
            ) from error
