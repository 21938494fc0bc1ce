"""The visits to a picture and the effort of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from napari_fncells.io.printable import printable
from napari_fncells.store.codec import encode_details
from napari_fncells.store.rows import Visit


class Visits:
    """Visits so far, and the one that began now.

    Parameters
    ----------
    earlier
        As the journal holds them.
    author
        Whose visit it is now.
    """

    def __init__(self, earlier: Iterable[Visit], author: str) -> None:
        self._author = printable(author)
        self._id, self._began = uuid4().hex, datetime.now(UTC)
        self._known = {visit.id: visit for visit in earlier}

    def __iter__(self) -> Iterator[Visit]:
        return iter(tuple(self._known.values()))

    @property
    def seconds(self) -> float:
        """Time at work, all visits together."""
        return float(sum(visit.active for visit in self))

    @property
    def earlier(self) -> tuple[dict[str, Any], ...]:
        """The visits before this one, as JSON values."""
        return tuple(_effort(visit) for visit in self if visit.id != self._id)

    @property
    def efforts(self) -> tuple[dict[str, Any], ...]:
        """All visits, as JSON values."""
        return tuple(_effort(visit) for visit in self)

    def note(self, facts: Mapping[str, Any]) -> Visit:
        """Note the effort of this visit: `active_seconds` and whatever else, as JSON values."""
        visit = Visit(
            self._id,
            self._began.isoformat(),
            self._author,
            float(facts.get("active_seconds", 0.0)),
            encode_details({k: v for k, v in facts.items() if k != "active_seconds"}),
        )
        self._known[visit.id] = visit
        return visit


def _effort(visit: Visit) -> dict[str, Any]:
    facts: Any = {}
    with suppress(ValueError):
        facts = json.loads(visit.facts)
    return {
        "id": visit.id,
        "started": visit.started,
        "author": visit.author,
        "active_seconds": visit.active,
        **(facts if isinstance(facts, dict) else {}),
    }
