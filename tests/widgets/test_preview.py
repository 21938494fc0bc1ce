"""Settings turned under the expert's eyes, by mouse and keys on the real window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyqtgraph as pg
import pytest
from qtpy.QtCore import Qt

from napari_fncells.core.objects import ObjectState
from tests.pictures import CELLS
from tests.widgets.conftest import Desk
from tests.widgets.test_plots import drag

CTRL = Qt.KeyboardModifier.ControlModifier
FIRST, SECOND = CELLS[0][:2], CELLS[1][:2]


@pytest.fixture(autouse=True)
def every_movement() -> Iterator[None]:
    before = pg.getConfigOption("mouseRateLimit")
    pg.setConfigOption("mouseRateLimit", -1)
    yield
    pg.setConfigOption("mouseRateLimit", before)


@pytest.fixture
def tuned(desk: Desk, picture: Path) -> Desk:
    """A picture opened, its settings open, the first preview on the screen."""
    desk.open(picture)
    desk.widget.draft.settings.expand(animate=False)
    look(desk)
    return desk


def look(desk: Desk, before: object = None) -> object:
    """Wait for a look that is newer than one."""
    preview = desk.workspace.preview
    desk.pilot.wait_until(
        lambda: preview.look is not None and preview.look is not before and preview.look.settled,
        "the preview",
    )
    desk.pilot.settle()
    return preview.look


def shown(desk: Desk) -> np.ndarray:
    return desk.workspace.preview._layer.data


def test_settings_are_previewed_and_the_mask_is_not_touched(tuned: Desk) -> None:
    first = tuned.workspace.preview.look
    assert not tuned.document.labels.any()
    assert tuned.document.edit_count == 0
    assert (shown(tuned) > 0).sum() == (first.draft.labels > 0).sum()
    assert tuned.widget.draft.button.text() == f"Apply: +{first.count} −0, 0 kept"
    tuned.widget.draft.form["cutoff.amount"].value = 5.0
    second = look(tuned, first)
    assert (second.draft.labels > 0).sum() < (first.draft.labels > 0).sum()
    assert (shown(tuned) > 0).sum() == (second.draft.labels > 0).sum()
    assert not tuned.document.labels.any()


def test_the_cutoff_line_is_dragged(tuned: Desk) -> None:
    panel = tuned.widget.draft
    before = panel.params
    first = tuned.workspace.preview.look
    tuned.widget.bring_into_view(panel.scores)
    tuned.pilot.settle()
    start = panel.scores.line.value()
    drag(panel.scores, start, start * 0.6)
    tuned.pilot.wait_until(
        lambda: tuned.workspace.preview.look.settled and tuned.workspace.preview.look is not first,
        "the look that Apply gives",
    )
    after = tuned.workspace.preview.look
    assert after.draft.cutoff == pytest.approx(start * 0.6, rel=0.1)
    assert (shown(tuned) > 0).sum() > (first.draft.labels > 0).sum()
    assert panel.params.cutoff.method == before.cutoff.method, "it carries over"
    assert panel.params.cutoff.amount < before.cutoff.amount
    assert after.draft.params == panel.params
    assert not tuned.document.labels.any()
    tuned.pilot.press(panel.button)
    tuned.pilot.settle()
    np.testing.assert_array_equal(tuned.document.labels > 0, after.draft.labels > 0)


def test_apply_is_one_step_and_does_what_it_said(tuned: Desk) -> None:
    first = tuned.workspace.preview.look
    tuned.pilot.press(tuned.widget.draft.button)
    tuned.pilot.settle()
    assert tuned.document.edit_count == 1
    assert tuned.document.counts.final == first.effect.added
    np.testing.assert_array_equal(tuned.document.labels > 0, first.draft.labels > 0)
    assert not tuned.workspace.preview.active
    assert not tuned.workspace.preview._layer.visible
    assert tuned.widget.draft.button.text() == "Draft mask"
    tuned.pilot.key(Qt.Key.Key_Z, CTRL)
    assert not tuned.document.labels.any()


def test_what_was_touched_stays_and_is_told_before(tuned: Desk) -> None:
    tuned.pilot.press(tuned.widget.draft.button)
    tuned.pilot.settle()
    tuned.pilot.shift_click(*FIRST)
    assert tuned.document.cell_at(*FIRST) is None
    tuned.pilot.click(*SECOND)
    tuned.pilot.key(Qt.Key.Key_A)
    tuned.widget.draft.form["score.smoothing"].value = 3.5
    now = look(tuned)
    touched = sum(cell.touched for cell in tuned.document.cells)
    assert now.effect.kept >= touched > 0
    assert shown(tuned)[FIRST] == 0, "a removed cell is not proposed again"
    accepted = tuned.document.labels == tuned.document.cell_at(*SECOND).id
    tuned.pilot.press(tuned.widget.draft.button)
    tuned.pilot.settle()
    assert tuned.document.cell_at(*FIRST) is None
    assert tuned.document.cell_at(*SECOND).state is ObjectState.ACCEPTED
    np.testing.assert_array_equal(
        tuned.document.labels == tuned.document.cell_at(*SECOND).id, accepted
    )


def test_corrections_go_on_under_a_preview(tuned: Desk) -> None:
    tuned.pilot.press(tuned.widget.draft.button)
    tuned.pilot.settle()
    tuned.widget.draft.form["score.smoothing"].value = 3.0
    before = look(tuned)
    tuned.pilot.shift_click(*FIRST)
    after = look(tuned, before)
    assert tuned.document.cell_at(*FIRST) is None
    assert after.effect.kept == before.effect.kept - 1
    assert str(after.effect) in tuned.widget.draft.button.text()


def test_escape_and_closing_the_settings_end_it(tuned: Desk) -> None:
    tuned.pilot.click(5, 5)
    tuned.pilot.key(Qt.Key.Key_Escape)
    assert not tuned.workspace.preview.active
    assert tuned.widget.draft.button.text() == "Draft mask"
    tuned.widget.draft.form["score.smoothing"].value = 3.0
    look(tuned)
    tuned.widget.draft.settings.collapse(animate=False)
    tuned.pilot.settle()
    assert not tuned.workspace.preview.active
    assert not tuned.workspace.preview._layer.visible


def test_nothing_of_a_preview_that_ended_is_shown(tuned: Desk) -> None:
    panel = tuned.widget.draft
    assert panel.sizes.counts.any()
    tuned.pilot.click(5, 5)
    tuned.pilot.key(Qt.Key.Key_Escape)
    assert not panel.sizes.counts.any()
    assert "as it is" in panel.words.text()


def test_values_that_do_not_go_together_are_told(tuned: Desk) -> None:
    panel = tuned.widget.draft
    panel.form["clean_up.max_area"].value = 10
    panel.form["clean_up.min_area"].value = 20
    tuned.pilot.settle()
    assert "max_area" in panel.words.text()
    panel.form["clean_up.max_area"].value = 0
    panel.form["score.blob_min"].value = 90.0
    panel.form["score.blob_max"].value = 30.0
    panel.sizes.band.setRegion((2.0, 6))
    assert "Blob_min" in panel.words.text()
    panel.form["score.blob_max"].value = 95.0
    look(tuned)
    assert "cell" in panel.words.text()


def test_another_method_begins_with_an_amount_that_suits_it(tuned: Desk) -> None:
    panel = tuned.widget.draft
    seen = tuned.workspace.preview.look
    for method in ("percentile", "background_sd", "local_gaussian", "niblack", "sauvola"):
        panel.form["cutoff.method"].value = method
        seen = look(tuned, seen)
        assert panel.params.cutoff.method == method
        assert 0 < (seen.draft.labels > 0).mean() < 0.2, method
    panel.form["cutoff.method"].value = "value"
    after = look(tuned, seen)
    assert after.draft.cutoff == pytest.approx(seen.draft.cutoff, abs=1e-3)


def test_sizes_change_their_unit(tuned: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = tuned.widget.draft
    before = panel.params
    panel.form["unit"].value = "um"
    tuned.pilot.settle()
    assert panel.params == before, "the picture does not tell how large its pixels are"
    image = tuned.workspace.session.image
    monkeypatch.setitem(image.__dict__, "pixel_size", 0.5)
    panel.form["unit"].value = "um"
    tuned.pilot.settle()
    assert panel.params.unit == "um"
    assert panel.params.score.smoothing == before.score.smoothing / 2
    assert panel.params.clean_up.min_area == round(before.clean_up.min_area / 4)


def test_the_band_of_sizes_drops_what_lies_outside(tuned: Desk) -> None:
    panel = tuned.widget.draft
    first = tuned.workspace.preview.look
    areas = np.sort(first.areas)
    panel.sizes.band.setRegion((np.log10(areas[-1]) + 0.2, 6))
    second = look(tuned, first)
    assert second.count == 0
    assert panel.form["clean_up.min_area"].value > areas[-1]
    np.testing.assert_array_equal(np.sort(second.areas), areas)


def test_another_picture_has_a_preview_of_its_own(desk: Desk, tmp_path: Path) -> None:
    desk.open_folder(tmp_path, "one.png", "two.png")
    desk.widget.draft.settings.expand(animate=False)
    first = look(desk)
    desk.pilot.press(desk.widget.draft.button)
    desk.pilot.settle()
    desk.workspace.queueing.drafts.set_on(False)
    desk.pilot.press(desk.widget.picture.forth)
    desk.pilot.wait_until(lambda: desk.workspace.current.name == "two.png", "the next")
    second = look(desk, first)
    assert second.draft.params == first.draft.params
    assert desk.workspace.session.document.edit_count == 0


def test_fitting_and_comparing(tuned: Desk) -> None:
    panel = tuned.widget.draft
    panel.method.setCurrentIndex(panel.method.findData("fnc-v1-draft"))
    tuned.pilot.press(panel.button)
    tuned.pilot.wait_until(lambda: tuned.document.edit_count > 0, "the draft")
    tuned.idle()
    tuned.widget.bring_into_view(panel.compare)
    tuned.pilot.press(panel.compare)
    tuned.idle()
    assert "known" not in panel.told.text()
    cells = [cell for cell in tuned.document.cells if cell.area > 350]
    for cell in list(tuned.document.cells):
        session = tuned.workspace.session
        if cell in cells:
            session.accept(cell.id)
        else:
            session.remove(cell.id)
    tuned.pilot.press(panel.compare)
    tuned.idle()
    assert "gesture" in panel.method.itemText(0)
    assert "would have left" in panel.told.text()
    panel.form["cutoff.amount"].value = 88.0
    tuned.pilot.press(panel.fit)
    tuned.idle()
    assert "would have been needed" in panel.told.text()
    assert panel.params.cutoff.amount != 88.0


def test_the_preview_of_the_next_picture_is_seen(desk: Desk, tmp_path: Path) -> None:
    desk.open_folder(tmp_path, "a.png", "b.png")
    desk.widget.draft.settings.expand(animate=False)
    first = look(desk)
    assert desk.viewer.layers[-1] is desk.workspace.preview._layer
    desk.pilot.key(Qt.Key.Key_Right, CTRL)
    desk.idle()
    look(desk, first)
    assert desk.workspace.current.name == "b.png"
    layers = desk.viewer.layers
    assert layers[-1] is desk.workspace.preview._layer, "not under the picture"
    assert layers.selection.active is desk.workspace.mask_layer
