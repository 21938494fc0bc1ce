"""What a journal belongs to: the first thing written into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Self
from uuid import uuid4


@dataclass(frozen=True)
class Header:
    """The picture, the annotator and the identity of a journal.

    Attributes
    ----------
    name, folder
        The picture's file and the folder it lay in; the folder is empty for a layer.
    annotator
        Whose corrections these are.
    sha256
        Hash of the picture, by which it is known again.
    rows, columns
        Its shape.
    created
        When the journal was begun, ISO 8601 in UTC.
    lineage
        Identity of this history: mask files made from it carry it, too.
    """

    name: str
    folder: str
    annotator: str
    sha256: str
    rows: int
    columns: int
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    lineage: str = field(default_factory=lambda: uuid4().hex)

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X) of the picture."""
        return self.rows, self.columns

    @property
    def digest(self) -> bytes:
        """The hash that the first edit is chained to."""
        return sha256(json.dumps(self.as_texts(), sort_keys=True).encode()).digest()

    def as_texts(self) -> dict[str, str]:
        """Every field as text."""
        return {key: str(value) for key, value in asdict(self).items()}

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> Self:
        """Read what `as_texts` gave.

        Raises
        ------
        KeyError, ValueError
            Where a field is missing or no number where one should be.
        """
        return cls(
            name=texts["name"],
            folder=texts["folder"],
            annotator=texts["annotator"],
            sha256=texts["sha256"],
            rows=int(texts["rows"]),
            columns=int(texts["columns"]),
            created=texts["created"],
            lineage=texts["lineage"],
        )
