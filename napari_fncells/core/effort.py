"""What a picture has cost: time at work, gestures, and what they did to the mask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from time import monotonic
from typing import Annotated, Any, Self

from pydantic import Field

from napari_fncells.core.attention.clean import CleanMask, attention_of
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Action, EditKind
from napari_fncells.core.params import Params

_JUDGEMENTS = (EditKind.JUDGE, EditKind.DONE)
_OUTLINES = (
    EditKind.RESIZE,
    EditKind.REDRAW,
    EditKind.SMOOTH,
    EditKind.REVERT,
    EditKind.REPAIR,
)


class EffortParams(Params):
    """What counts as time at work."""

    idle: Annotated[
        float,
        Field(
            gt=0,
            description="A longer time without any sign of life is not counted.",
            json_schema_extra={"unit": "s"},
        ),
    ] = 30.0


@dataclass(frozen=True)
class Effort:
    """Facts about the work on one picture, on one visit to it, or on several pictures.

    The sum of two is that of both. Time and gestures belong to a visit, the corrections to the
    picture: those of a visit alone stay at nothing.

    Attributes
    ----------
    active_seconds
        Time at work, idle time left out; 0 where no time was kept.
    visits
        How often the picture was worked on; 0 where no time was kept.
    gestures
        Gestures by kind, those that changed nothing included.
    removed
        Drafted cells that are removed: false positives.
    added
        Cells made by hand that are in the mask: false negatives.
    splits, joins, strokes, outlines
        Edits in force: cells cut or split, cells joined, strokes of brush, eraser, fill and
        polygon, and outlines resized, drawn anew, smoothed or reverted.
    judged
        Cells accepted or marked as unsure by edits in force, those accepted with the whole
        picture included.
    undos
        Gestures taken back.
    planted_found, planted_missed
        Errors of the attention check, by whether they were found; open ones count as neither.
    """

    active_seconds: float = 0.0
    visits: int = 0
    gestures: Mapping[str, int] = field(default_factory=dict)
    removed: int = 0
    added: int = 0
    splits: int = 0
    joins: int = 0
    strokes: int = 0
    outlines: int = 0
    judged: int = 0
    undos: int = 0
    planted_found: int = 0
    planted_missed: int = 0

    @staticmethod
    def of(document: Document) -> Effort:
        """What the history of a document tells; its time and gestures stay at nothing."""
        return Corrections(document).effort

    def __add__(self, other: Effort) -> Effort:
        sums = {
            known.name: getattr(self, known.name) + getattr(other, known.name)
            for known in fields(self)
            if known.name != "gestures"
        }
        gestures = Counter(self.gestures) + Counter(other.gestures)
        return Effort(gestures=dict(sorted(gestures.items())), **sums)

    def as_mapping(self) -> dict[str, Any]:
        """JSON values, from which `from_mapping` makes the same facts."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, facts: Mapping[str, Any]) -> Self:
        """Read what `as_mapping` gave; facts not known here are left out."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in facts.items() if name in known})


class Corrections:
    """What the history of a document tells of the work on it, kept up to date edit by edit.

    Parameters
    ----------
    document
        Each edit of its history is looked at once, when it is asked for.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self._seen = 0
        self._kinds = Counter[EditKind]()
        self._judged = Counter[int]()  # by how many edits in force
        self._undos = 0

    @property
    def effort(self) -> Effort:
        """The facts as they are now; time and gestures stay at nothing."""
        self._catch_up()
        clean, kinds = CleanMask(self.document), self._kinds
        counts, attention = clean.counts, attention_of(self.document)
        return Effort(
            planted_found=attention.found,
            planted_missed=attention.missed,
            removed=counts.removed,
            added=counts.added,
            splits=kinds[EditKind.SPLIT],
            joins=kinds[EditKind.JOIN],
            strokes=kinds[EditKind.STROKE],
            outlines=sum(kinds[kind] for kind in _OUTLINES),
            judged=len(self._judged),
            undos=self._undos,
        )

    def _catch_up(self) -> None:
        for edit in self.document.edits_since(self._seen):
            change, undone = edit.change, edit.action is Action.UNDO
            self._seen = edit.sequence
            if not change.continues:
                self._kinds[change.kind] += -1 if undone else 1
                self._undos += undone
            for item in change.objects if change.kind in _JUDGEMENTS else ():
                self._judged[item.id] += -1 if undone else 1
                if not self._judged[item.id]:
                    del self._judged[item.id]


class EffortClock:
    """Counts the time at work on one picture, and the gestures, over one visit.

    Parameters
    ----------
    now
        Seconds that only ever grow.
    params
        What counts as idle.
    earlier
        Sum over earlier visits, to which this one is added.
    """

    def __init__(
        self,
        now: Callable[[], float] = monotonic,
        params: EffortParams | None = None,
        earlier: Effort | None = None,
    ) -> None:
        self._now = now
        self._idle = (params or EffortParams()).idle
        self._earlier = earlier or Effort()
        self._seconds = 0.0
        self._gestures = Counter[str]()
        self._last: float | None = None
        self._corrections: Corrections | None = None

    def active(self) -> None:
        """Take note of a sign of life: an edit, a key, the pointer, the camera."""
        now = self._now()
        if self._last is not None and now - self._last <= self._idle:
            self._seconds += now - self._last
        self._last = now

    def count(self, gesture: str) -> None:
        """Take note of a gesture by its kind; it is a sign of life, too."""
        self.active()
        self._gestures[gesture] += 1

    def pause(self) -> None:
        """Leave the picture: the time until the next sign of life is not counted."""
        self._last = None

    @property
    def visit(self) -> Effort:
        """The visit alone: its time and gestures, to be kept and added up."""
        return Effort(
            active_seconds=round(self._seconds, 3),
            visits=1,
            gestures=dict(sorted(self._gestures.items())),
        )

    def effort(self, document: Document) -> Effort:
        """All facts about the work on a document, earlier visits included."""
        if self._corrections is None or self._corrections.document is not document:
            self._corrections = Corrections(document)
        return self._earlier + self.visit + self._corrections.effort
