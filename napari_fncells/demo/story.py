"""The main job, done in a real window by mouse and keys: the demo without a display."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from scipy.ndimage import distance_transform_edt

from napari_fncells.core.document import Document
from napari_fncells.core.intensity import intensity
from napari_fncells.core.matching import Matching, match_objects
from napari_fncells.demo.pilot import Pilot, PilotError
from napari_fncells.io.masks import load_labels
from napari_fncells.io.samples import sample_truth_path
from napari_fncells.session.export import ExportReport
from napari_fncells.widgets.curate import CurateWidget

SAMPLE = "crowded"
MENU = ("File", "Open Sample", "Fluorescent cells", "Crowded, touching cells")
_CORRECTIONS = 2
_CTRL = Qt.KeyboardModifier.ControlModifier
_SHIFT_CTRL = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@dataclass(frozen=True)
class Standing:
    """How a mask compares with the sample's truth (IoU > 0.5)."""

    title: str
    cells: int
    tp: int
    fp: int
    fn: int


@dataclass(frozen=True)
class Told:
    """What the story leaves behind."""

    standings: tuple[Standing, ...]
    report: ExportReport
    exact: bool
    """Whether the exported file is exactly the mask on screen."""
    screenshots: tuple[Path, ...]


class Story:
    """Does the job in a window with the dock open.

    Parameters
    ----------
    viewer, widget
        As `widgets.window.open_window` returns them.
    folder
        Where to leave screenshots, mask and record; must exist.
    """

    def __init__(self, viewer: Any, widget: CurateWidget, folder: Path) -> None:
        self.pilot = Pilot(viewer)
        self.widget = widget
        self.folder = folder
        self.truth: NDArray[np.integer] = load_labels(sample_truth_path(SAMPLE)).values
        self._shots: list[Path] = []

    def tell(self) -> Told:
        """Do everything.

        Raises
        ------
        PilotError
            Where the window does not do what it should.
        """
        self._open_sample()
        self._draft()
        before = self._standing("draft")
        self._remove_false_positives()
        self._add_false_negatives()
        self._paint_undo_redo()
        self._cut_and_join()
        self._lasso_and_undo()
        self._review()
        after = self._standing("corrected")
        report = self._export()
        return Told((before, after), report, self._is_exact(report), tuple(self._shots))

    @property
    def document(self) -> Document:
        """The document of the picture worked on."""
        session = self.widget.workspace.session
        if session is None:
            raise PilotError("no mask was begun")
        return session.document

    def _open_sample(self) -> None:
        self.pilot.choose(MENU, look=lambda: self._shoot("menu"))
        workspace = self.widget.workspace
        self.pilot.wait_until(lambda: workspace.current is not None, "opening the sample")
        self._shoot("sample-opened")

    def _draft(self) -> None:
        self.pilot.press(self.widget.draft.button)
        workspace = self.widget.workspace
        self.pilot.wait_until(
            lambda: workspace.session is not None and bool(workspace.session.document.history),
            "the draft",
        )
        self.pilot.wait_until(lambda: not self.widget.runner.busy, "the end of the draft")
        self._shoot("drafted")

    def _remove_false_positives(self) -> None:
        for n, cell in enumerate(self._false_positives()[:_CORRECTIONS], start=1):
            row, column = middle(self.document.labels == cell)
            self.pilot.look_at(row, column, zoom=2.0)
            self.pilot.shift_click(row, column)
            if self.document.objects[cell].alive:
                raise PilotError(f"Shift+click did not remove cell {cell}")
            self._shoot(f"false-positive-{n}-removed")

    def _add_false_negatives(self) -> None:
        added = 0
        for row, column in self._missed():
            if added == _CORRECTIONS:
                return
            known = len(self.document.objects)
            self.pilot.look_at(row, column, zoom=2.0)
            self.pilot.shift_click(row, column)
            if len(self.document.objects) > known:
                added += 1
                self._shoot(f"false-negative-{added}-added")
        if added == 0:
            raise PilotError("no missed cell could be added by Shift+click")

    def _paint_undo_redo(self) -> None:
        cell = max(self.document.cells, key=lambda known: known.area)
        row, column = middle(self.document.labels == cell.id)
        self.pilot.look_at(row, column, zoom=2.0)
        self.pilot.key(Qt.Key.Key_P)
        self.pilot.drag([(row + step, column + 4 * step) for step in range(12)])
        self.pilot.key(Qt.Key.Key_Z)
        painted = self.document.labels.copy()
        self._expect(self.document.undo_summary == f"paint cell {cell.id}", "the brush stroke")
        self._shoot("painted")
        self.pilot.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        self._expect(not np.array_equal(self.document.labels, painted), "Ctrl+Z")
        self._shoot("undone")
        self.pilot.key(Qt.Key.Key_Z, _SHIFT_CTRL)
        self._expect(np.array_equal(self.document.labels, painted), "Ctrl+Shift+Z")
        self._shoot("redone")

    def _cut_and_join(self) -> None:
        """Cut the largest cell by a stroke across it, join the pieces by one from one to other."""
        cell = max(self.document.cells, key=lambda known: known.area)
        box = cell.box
        row, column = middle(self.document.labels == cell.id)
        self.pilot.look_at(row, column, zoom=3.0)
        before = self.document.labels == cell.id
        tall = box.height >= box.width
        across = [(row, box.left - 8), (row, column), (row, box.right + 8)]
        down = [(box.top - 8, column), (row, column), (box.bottom + 8, column)]
        self.pilot.drag(across if tall else down, _CTRL)
        pieces = sorted(set(self.document.labels[before].tolist()))
        self._expect(len(pieces) == 2 and cell.id in pieces, "Ctrl+drag across a cell")
        self._shoot("cut")
        first, second = (middle(self.document.labels == i) for i in pieces)
        self.pilot.drag([first, second], _CTRL)
        self._expect(
            len(set(self.document.labels[before].tolist())) == 1, "Ctrl+drag from cell to cell"
        )
        self._shoot("joined")
        for _ in range(2):
            self.pilot.key(Qt.Key.Key_Z, _CTRL)
        self._expect(bool((self.document.labels[before] == cell.id).all()), "undoing cut and join")

    def _lasso_and_undo(self) -> None:
        """Remove all cells of the lower half by one lasso, and bring them back."""
        self.pilot.viewer.reset_view()
        self.pilot.settle()
        rows, columns = self.document.shape
        before = self.document.labels.copy()
        path = [(rows // 2, 8), (rows // 2, columns - 8), (rows - 8, columns - 8), (rows - 8, 8)]
        self.pilot.drag([*path, path[0]], Qt.KeyboardModifier.ShiftModifier)
        self._expect(not np.array_equal(self.document.labels, before), "the lasso")
        self._shoot("lasso")
        self.pilot.key(Qt.Key.Key_Z, _CTRL)
        self._expect(np.array_equal(self.document.labels, before), "undoing the lasso")

    def _review(self) -> None:
        """Walk to three cells: accept two, mark one as unsure; look at the cheat sheet."""
        for key in (Qt.Key.Key_A, Qt.Key.Key_A, Qt.Key.Key_U):
            self.pilot.key(Qt.Key.Key_N)
            self.pilot.key(key)
        counts = self.document.counts
        self._expect((counts.accepted, counts.unsure) == (2, 1), "N, A and U")
        self._shoot("reviewed")
        QTest.keyClicks(self.pilot.canvas, "?")
        self._shoot("cheat-sheet")
        self.pilot.key(Qt.Key.Key_Escape)

    def _export(self) -> ExportReport:
        self.pilot.viewer.reset_view()
        panel = self.widget.export
        panel.folder.selectAll()
        QTest.keyClicks(panel.folder, str(self.folder))
        outcomes: list[ExportReport | None] = []
        self.widget.exported.connect(outcomes.append)
        self.widget.bring_into_view(panel.button)
        self.pilot.press(panel.button)
        self.pilot.wait_until(lambda: bool(outcomes), "the export")
        self.pilot.wait_until(lambda: not self.widget.saver.busy, "the end of the export")
        self._shoot("exported")
        if not outcomes or outcomes[0] is None:
            raise PilotError(f"the export failed: {panel.outcome.text()}")
        return outcomes[0]

    def _is_exact(self, report: ExportReport) -> bool:
        """Compare the file with the mask layer's array, as a third program would."""
        from PIL import Image

        with Image.open(report.mask) as file:
            found = np.asarray(file)
        layer = self.widget.workspace.mask_layer
        shown = np.asarray(layer.data) if layer is not None else np.zeros(0)
        expected = np.where(shown > 0, 255, 0)
        return found.dtype == np.uint8 and np.array_equal(found, expected)

    def _matching(self) -> Matching:
        return match_objects(self.document.labels, self.truth, "iou")

    def _false_positives(self) -> list[int]:
        """Drafted cells without a true one, those that lie on none at all first."""
        wrong = self._matching().false_positives
        overlap = np.bincount(self.document.labels[self.truth > 0], minlength=max(wrong) + 1)
        return sorted(wrong, key=lambda i: int(overlap[i]))

    def _missed(self) -> Iterator[tuple[int, int]]:
        """Middles of true cells the mask does not touch, brightest first, as an expert goes."""
        session = self.widget.workspace.require_session()
        light = intensity(session.image.pixels)
        masks = [self.truth == cell for cell in self._matching().false_negatives]
        for mask in sorted(masks, key=lambda mask: -float(light[mask].mean())):
            place = middle(mask)
            if not self.document.labels[mask].any() and session.tombstone_at(*place) is None:
                yield place

    def _standing(self, title: str) -> Standing:
        matching = self._matching()
        return Standing(title, self.document.counts.final, matching.tp, matching.fp, matching.fn)

    def _shoot(self, name: str) -> None:
        path = self.folder / f"{len(self._shots) + 1:02d}-{name}.png"
        self.pilot.screenshot(path)
        self._shots.append(path)

    @staticmethod
    def _expect(true: bool, what: str) -> None:
        if not true:
            raise PilotError(f"{what} did not do what it should")


def middle(mask: NDArray[np.bool_]) -> tuple[int, int]:
    """The pixel of a mask farthest from its outline."""
    depth = distance_transform_edt(np.pad(mask, 1))
    row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
    return int(row) - 1, int(column) - 1
