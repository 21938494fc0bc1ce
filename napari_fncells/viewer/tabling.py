"""The object table at work: cells measured, followed edit by edit, selected both ways."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_fncells.core.edits import Edit
from napari_fncells.core.geometry import Box
from napari_fncells.core.intensity import brightest_channel
from napari_fncells.core.measures import AT_ONCE, Measured, Measures, planes_of
from napari_fncells.core.object_table import ObjectTable
from napari_fncells.session.doubting import Found
from napari_fncells.session.image import ImageSession
from napari_fncells.session.object_file import save_objects
from napari_fncells.viewer.jobs import Runner, run_now

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace


class Tabling:
    """Joins the cells of the current picture with a table.

    Nothing is measured before somebody looks at the table, see `look`.

    Parameters
    ----------
    workspace
        The window's.

    Attributes
    ----------
    changed
        Signal(): the table is another one, or has other rows or figures.
    selected
        Signal(): other cells are selected on the canvas.
    outdated
        Signal(): `refresh_doubts` is to be called soon.
    runner
        Measures many cells; replaced by the window.
    table
        Of the current picture, while somebody looks at it and there is a mask.
    """

    changed = Signal()
    selected = Signal()
    outdated = Signal()

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.runner: Runner = run_now
        self.table: ObjectTable | None = None
        self._session: ImageSession | None = None
        self._measures: Measures | None = None
        self._mask: Any = None
        self._looking = False
        self._measuring = False
        self._finding_out: ImageSession | None = None
        self._behind: set[int] = set()
        workspace.changed.connect(self._follow)
        workspace.selected.connect(self._on_selected)
        workspace.review.moved.connect(self._on_moved)

    # -- what there is ---------------------------------------------------------------------

    @property
    def chosen(self) -> frozenset[int]:
        """Ids of the selected cells."""
        review = self._workspace.review
        one = review.selected
        return review.several or (frozenset() if one is None else frozenset([one]))

    @property
    def pixel_size(self) -> float | None:
        """µm a pixel; None where it is not known."""
        return self._session.image.pixel_size if self._session is not None else None

    @property
    def pending(self) -> int:
        """How many cells are still to be measured."""
        return self._measures.stale if self._measures is not None else 0

    @property
    def left_out(self) -> int:
        """How many cells are not in the table, as they lie in ignored regions."""
        return len(self._session.document.ignored_cells) if self._session is not None else 0

    @property
    def source(self) -> Path | None:
        """File of the picture."""
        return self._session.image.path if self._session is not None else None

    def look(self, looking: bool) -> None:
        """Say whether somebody looks at the table; it is brought up to date then."""
        self._looking = looking
        if looking:
            self._follow()
            self._catch_up()
            self.outdated.emit()

    def refresh_doubts(self) -> None:
        """Bring the doubts up to date; many are found out in a job, after the measures."""
        session, table = self._session, self.table
        if session is None or table is None or not self._looking or self._measuring:
            return
        doubting = session.doubting
        if not doubting.measured:
            # A second one would put an end to the first
            if self._finding_out is not session:
                self._find_out(session)
            return
        ranking = doubting.ranking()
        table.show_doubts(ranking.ids, ranking.values)
        self.changed.emit()

    # -- what one can do -------------------------------------------------------------------

    def choose(self, ids: Iterable[int]) -> None:
        """Select cells; the camera goes to a single one."""
        chosen = frozenset(ids)
        if chosen == self.chosen:
            return
        self._workspace.review.select_several(chosen)
        if len(chosen) == 1:
            self.show(next(iter(chosen)))
        elif chosen:
            self._workspace.report(f"{len(chosen):,} cells selected.")

    def show(self, cell: int) -> None:
        """Move the camera to a cell and tell of it."""
        session = self._session
        if session is not None and session.document.is_alive(cell):
            self._workspace.look_at(session.document.objects[cell].box)
            self._workspace.report(session.describe(cell))

    def remove(self) -> None:
        """Remove the selected cells in one step."""
        self._workspace.review.act_on_several(ImageSession.remove_cells)

    def accept(self) -> None:
        """Accept the selected cells in one step."""
        self._workspace.review.act_on_several(ImageSession.accept_cells)

    def unsure(self) -> None:
        """Mark the selected cells as unsure in one step."""
        self._workspace.review.act_on_several(ImageSession.unsure_cells)

    def save(self, target: Path, cells: Iterable[int]) -> None:
        """Write rows of these cells into a file.

        Raises
        ------
        SaveError
            Where it cannot be written.
        """
        session, measures = self._session, self._measures
        if session is None or measures is None:
            return
        self._workspace.settle()
        if measures.stale:
            self._take(measures.update())
        path, earlier = save_objects(target, session.image, session.document, measures, cells)
        kept = f" The earlier file is kept as {earlier.name}." if earlier is not None else ""
        self._workspace.report(f"Saved {path}.{kept}")

    # -- how it is done --------------------------------------------------------------------

    def _follow(self) -> None:
        """Follow the current picture's mask."""
        session, mask = self._workspace.session, self._workspace.mask_layer
        if mask is not self._mask:
            if self._mask is not None:
                self._mask.unpainted.disconnect(self._touch)
            if mask is not None:
                mask.unpainted.connect(self._touch)
            self._mask = mask
        if session is self._session or not self._looking:
            return
        if self._session is not None:
            self._session.document.committed.disconnect(self._take_in)
        self._session, self._measures, self.table = session, None, None
        self._behind.clear()
        self._measuring = False
        if session is not None:
            pixels = session.image.pixels
            # Before the table is there, so that no edit is missed
            session.document.committed.connect(self._take_in)
            self._workspace.settle()
            self._measures = Measures(session.document, planes_of(pixels))
            channel = 0 if pixels.ndim == 2 else brightest_channel(pixels)
            self.table = ObjectTable(
                session.document, self._measures, channel, session.image.pixel_size
            )
            self._measure()
        self.changed.emit()
        self.outdated.emit()

    def _take_in(self, edit: Edit) -> None:
        if self._measures is None or self._session is None:
            return
        was = self._session.document.ignored_cells ^ self._measures.left_out
        self._measures.take_in(edit)
        self._behind.update(item.id for item in edit.change.objects)
        self._behind.update(was)
        if self._looking:
            self._catch_up()
            self.outdated.emit()

    def _touch(self, box: Box) -> None:
        if self._measures is not None:
            self._measures.touch(box)
            if self._looking:
                self._catch_up()

    def _catch_up(self) -> None:
        """Bring the table up to date with the edits since."""
        if self._measures is None:
            return
        if self._measures.stale <= AT_ONCE:
            self._behind.update(self._measures.update())
        if self._behind:
            self._take(())
        self._measure()

    def _take(self, cells: Iterable[int]) -> None:
        self._behind.update(cells)
        if self.table is not None:
            self.table.update(self._behind)
        self._behind.clear()
        self.changed.emit()

    def _measure(self) -> None:
        """Measure what is left in a job of its own."""
        measures = self._measures
        if measures is None or not measures.stale or self._measuring:
            return
        # Takes the place of a job about doubts, which is begun anew afterwards
        self._measuring, self._finding_out = True, None

        def put(found: Measured) -> None:
            if measures is not self._measures:
                return
            self._measuring = False
            self._take(measures.put(found))
            self._catch_up()
            self.outdated.emit()

        self.runner("Measuring cells", measures.steps(), put)

    def _find_out(self, session: ImageSession) -> None:
        """Find out how doubtful cells are in a job of its own."""
        self._finding_out = session

        def put(found: Found) -> None:
            self._finding_out = None
            session.doubting.put(found)
            if session is self._session:
                self.outdated.emit()

        steps = session.doubting.steps(self._workspace.scorer)
        self.runner("Looking at what is doubtful", steps, put)

    def _on_moved(self) -> None:
        if self._looking:
            self.outdated.emit()

    def _on_selected(self) -> None:
        self.selected.emit()
