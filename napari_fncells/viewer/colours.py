"""What the colours of cells tell: their states, or areas, doubts, or how another mask agrees."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_fncells.core.colouring import ByArea, ByComparison, ByDoubt, Colouring
from napari_fncells.core.comparison import Comparison
from napari_fncells.core.errors import UserError
from napari_fncells.core.labels import Labels
from napari_fncells.session.other_mask import labels_of_annotator, truth_labels
from napari_fncells.session.truth import truth_path
from napari_fncells.viewer.jobs import Runner, Steps, outcome_of, run_now
from napari_fncells.viewer.palette import COMPARISON_COLOURS, DOUBT_COLOURS, SIZE_COLOURS

if TYPE_CHECKING:
    from napari_fncells.session.image import ImageSession
    from napari_fncells.viewer.workspace import Workspace

STATE, AREA, DOUBT, TRUTH = "state", "area", "doubt", "truth"
OTHER = "annotator:"
"""Start of a choice; the annotator's name follows."""


class Colours:
    """Lets the overlay tell what was chosen, of whichever picture is looked at.

    Parameters
    ----------
    workspace
        Whose pictures.

    Attributes
    ----------
    changed
        Signal(): something else is told, or can be, or the counts are others.
    wanted
        What was chosen; 'state' at first.
    runner
        Runs what takes a while; replaced by the window.
    """

    changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.wanted = STATE
        self.runner: Runner = run_now
        self._reading = False
        self._at: tuple[object, object] | None = None
        self._colouring: Colouring | None = None
        self._colours: tuple[str, ...] = ()
        workspace.overlay.followed.connect(self._follow)

    # -- what there is ---------------------------------------------------------------------

    @property
    def choices(self) -> dict[str, str]:
        """What can be told of the current picture, with what it is called."""
        found = {STATE: "state", AREA: "area", DOUBT: "doubt"}
        picture = self._workspace.current
        if picture is not None and truth_path(picture.path) is not None:
            found[TRUTH] = "ground truth"
        name, queue = self._workspace.queueing.current, self._workspace.queueing.queue
        if name is not None and queue is not None:
            for other in queue.entries[name].annotators:
                found[OTHER + other] = f"annotator {other or 'without a name'}"
        return found

    @property
    def told(self) -> str:
        """What is told at present, or will be in a moment."""
        return self.wanted if self._colouring is not None or self._reading else STATE

    @property
    def title(self) -> str:
        """What it is called; empty for the states."""
        title = self.choices.get(self.told, "") if self.told != STATE else ""
        return title[:1].upper() + title[1:]

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        """Colour and title of each class; none where states are told."""
        if self._colouring is None:
            return ()
        return tuple(zip(self._colours, self._colouring.titles, strict=True))

    @property
    def counts(self) -> str:
        """How far the other mask agrees, as of now; empty where none is compared with."""
        if self._reading:
            return "being read …"
        if not isinstance(self._colouring, ByComparison):
            return ""
        return str(self._colouring.comparison.agreement)

    # -- what one can do -------------------------------------------------------------------

    def choose(self, wanted: str) -> None:
        """Tell something else from now on, of the pictures that follow, too."""
        self.wanted = wanted
        self._at = None
        self.follow()

    def follow(self) -> None:
        """Tell what was chosen of the current picture's mask, where it can be."""
        mask = self._workspace.mask_layer
        session = self._workspace.session if mask is not None else None
        at = None if session is None else (mask, session.document)
        if at == self._at and at is not None:
            return
        self._at, self._colouring, self._colours, self._reading = at, None, (), False
        if session is not None and self.wanted in self.choices:
            self._make(session)
        self._show()

    # -- how it is done --------------------------------------------------------------------

    def _make(self, session: ImageSession) -> None:
        document = session.document
        if self.wanted == AREA:
            self._colouring = ByArea(document, session.image.pixel_size)
            self._colours = SIZE_COLOURS
        elif self.wanted == DOUBT:
            self._tell_doubts(session)
        elif self.wanted != STATE:
            self._compare(session)

    def _show(self) -> None:
        self._workspace.overlay.colour_by(self._colouring, self._colours)
        self._workspace.truth.give_way(self.told == TRUTH)
        self.changed.emit()

    def _compare(self, session: ImageSession) -> None:
        """Read the other mask and match its cells, away from the window's thread."""
        at, wanted, what = self._at, self.wanted, self.choices[self.wanted]
        what = f"the {what}" if wanted == TRUTH else f"the mask of {what}"
        begun = session.document.edit_count

        def put(outcome: tuple[Comparison | None, UserError | None]) -> None:
            comparison, error = outcome
            if self._at != at or self.wanted != wanted:
                return
            self._reading = False
            if comparison is not None:
                # What was edited meanwhile may have been seen before, in between or after
                for edit in session.document.edits_since(begun):
                    comparison.take_in(edit)
                self._colouring, self._colours = ByComparison(comparison), COMPARISON_COLOURS
            self._show()
            if error is not None:
                self._workspace.report(f"No colours by {what}: {error}")

        self._reading = True
        steps = _comparison_steps(session, self._other(session))
        self.runner(f"Comparing with {what}", outcome_of(steps), put)

    def _other(self, session: ImageSession) -> Callable[[], Labels]:
        """What reads the mask that is compared with."""
        if self.wanted == TRUTH:
            known = self._workspace.truth.truth
            if known is not None and known.path == truth_path(session.image.path):
                return lambda: known.labels
            return partial(truth_labels, session.image)
        name = self.wanted.removeprefix(OTHER)
        return partial(labels_of_annotator, session.image, name, self._workspace.saving.root)

    def _tell_doubts(self, session: ImageSession) -> None:
        """Tell the doubts, at once or when they have been worked out."""
        doubting = session.doubting
        self._colours = DOUBT_COLOURS
        self._colouring = ByDoubt(_doubts(session) if doubting.complete else {})
        if not doubting.complete:
            workspace = self._workspace
            steps = doubting.steps(workspace.scorer)

            def put(found: object) -> None:
                doubting.put(found)  # type: ignore[arg-type]
                if workspace.session is session:
                    self._follow()

            self.runner("Looking at what is doubtful", steps, put)

    def _follow(self) -> None:
        """Bring doubts and counts up to date."""
        session = self._workspace.session
        doubts = session.doubting if session is not None else None
        # Of a mask drafted anew they are worked out when they are asked for
        if isinstance(self._colouring, ByDoubt) and doubts is not None and doubts.measured:
            self._workspace.overlay.renew(self._colouring.renew(_doubts(session)))
        self.changed.emit()


def _comparison_steps(session: ImageSession, read: Callable[[], Labels]) -> Steps:
    """Read a mask, then match its cells with those of a session."""
    yield "Reading the mask to compare with"
    other = read()
    yield "Comparing the masks"
    return Comparison(session.document, other)


def _doubts(session: ImageSession | None) -> dict[int, float]:
    if session is None:
        return {}
    ranking = session.doubting.ranking()
    return dict(zip(ranking.ids.tolist(), ranking.values.tolist(), strict=True))
