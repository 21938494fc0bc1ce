"""Models in the window: chosen, looked at, run, imported and checked, by mouse and keys."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from PIL import Image
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog

from napari_fncells.core.objects import ObjectState
from napari_fncells.core.params import PRESETS
from napari_fncells.model.library import DEFAULT_MODEL, list_models, model_folder
from napari_fncells.model.weights import read_card
from napari_fncells.session import scoring
from napari_fncells.widgets.device_dialog import DeviceDialog
from tests.model.weights_of import bright_values, write_bright_model
from tests.pictures import CELLS
from tests.widgets.conftest import Desk
from tests.widgets.test_plots import drag
from tests.widgets.test_preview import look

pytest.importorskip("torch")
pytest.importorskip("safetensors")

CTRL = Qt.KeyboardModifier.ControlModifier
FIRST, SECOND, THIRD, DIM = (cell[:2] for cell in CELLS)


@pytest.fixture(autouse=True)
def every_movement() -> Iterator[None]:
    before = pg.getConfigOption("mouseRateLimit")
    pg.setConfigOption("mouseRateLimit", -1)
    yield
    pg.setConfigOption("mouseRateLimit", before)


@pytest.fixture
def weights() -> Path:
    return write_bright_model()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the models that are run, as they are."""
    names: list[str] = []
    predict = scoring.predict_steps

    def note(model: Any, image: Any) -> Any:
        names.append(model.card.name)
        return predict(model, image)

    monkeypatch.setattr(scoring, "predict_steps", note)
    return names


@pytest.fixture
def modelled(weights: Path, desk: Desk, picture: Path) -> Desk:
    """A picture opened, the model chosen as the method."""
    desk.open(picture)
    choose_last(desk)
    return desk


def choose_last(desk: Desk) -> None:
    QTest.keyClick(desk.widget.draft.method, Qt.Key.Key_End)
    desk.pilot.settle()


def heat(desk: Desk) -> Any:
    return next((layer for layer in desk.viewer.layers if layer.name == "model probability"), None)


def test_models_stand_below_the_presets(weights: Path, desk: Desk, picture: Path) -> None:
    desk.open(picture)
    method = desk.widget.draft.method
    names = [method.itemText(k) for k in range(method.count())]
    assert names[-1] == "Model bright"
    assert names.index("Model bright") > len(PRESETS)
    assert not desk.widget.draft.model.isVisible()
    choose_last(desk)
    assert method.model_name == "bright"
    assert desk.widget.draft.model.isVisible()
    QTest.keyClick(method, Qt.Key.Key_Home)
    assert not desk.widget.draft.model.isVisible()
    assert desk.widget.draft.params == PRESETS["auto"]


def test_a_card_is_shown(weights: Path, modelled: Desk) -> None:
    panel, card = modelled.widget.draft.model, read_card(weights)
    assert not panel.card.isVisible()
    modelled.pilot.press(panel.about)
    assert panel.card.height() >= panel.card.heightForWidth(panel.card.width())
    text = panel.card.text()
    assert "<b>Trained on:</b> nothing: it was made by hand" in text
    assert "<b>Figures:</b> F1: 0.5" in text
    assert "<b>Licence:</b> MIT" in text
    assert card.sha256[:12] in panel.digest.text()
    assert panel.digest.toolTip() == card.sha256
    modelled.pilot.press(panel.copy)
    assert QGuiApplication.clipboard().text() == card.sha256
    assert modelled.widget.draft.params == card.draft_params


def test_a_broken_model_is_listed_and_cannot_be_chosen(
    weights: Path, desk: Desk, picture: Path
) -> None:
    desk.open(picture)
    weights.with_suffix(".json").write_text("{}")
    (model_folder() / "alone.safetensors").write_bytes(weights.read_bytes())
    desk.widget.draft.show_models(list_models())
    method = desk.widget.draft.method
    at = method.findText("Model bright")
    assert not method.model().item(at).isEnabled()
    assert "card" in method.itemData(at, Qt.ItemDataRole.ToolTipRole)
    choose_last(desk)
    assert method.model_name == DEFAULT_MODEL, "the last of those that can be"


def test_a_draft_by_a_model_is_one_step_with_its_provenance(
    weights: Path, modelled: Desk, runs: list[str]
) -> None:
    modelled.draft()
    assert modelled.document.counts.untouched == len(CELLS)
    edit = modelled.workspace.session.draft_in_force
    assert edit.change.details["method"] == "model"
    assert edit.change.details["params"]["scored_by"]["sha256"] == read_card(weights).sha256
    assert edit.change.summary == "draft (bright)"
    modelled.pilot.key(Qt.Key.Key_Z, CTRL)
    assert not modelled.document.labels.any()
    modelled.draft()
    assert runs == ["bright"], "the score map is kept"


def test_the_cutoff_is_dragged_and_the_model_is_not_asked_again(
    modelled: Desk, runs: list[str]
) -> None:
    panel, preview = modelled.widget.draft, modelled.workspace.preview
    panel.settings.expand(animate=False)
    first = look(modelled)
    assert first.count == len(CELLS)
    assert first.draft.score.meaning == "probability"
    modelled.widget.bring_into_view(panel.scores)
    modelled.pilot.settle()
    drag(panel.scores, 0.5, 0.9)
    modelled.pilot.wait_until(
        lambda: preview.look.settled and preview.look is not first, "the look that Apply gives"
    )
    after = preview.look
    assert after.count == 3
    assert after.draft.cutoff == pytest.approx(0.9, abs=0.03)
    assert panel.params.cutoff.amount == after.draft.cutoff
    assert panel.params.model == "bright"
    assert not modelled.document.labels.any()
    modelled.pilot.press(panel.button)
    modelled.pilot.wait_until(lambda: modelled.document.edit_count == 1, "applying")
    modelled.idle()
    np.testing.assert_array_equal(modelled.document.labels > 0, after.draft.labels > 0)
    assert runs == ["bright"]


def test_a_redraft_keeps_what_was_touched(modelled: Desk) -> None:
    modelled.draft()
    modelled.pilot.shift_click(*FIRST)
    modelled.pilot.click(*SECOND)
    modelled.pilot.key(Qt.Key.Key_A)
    accepted = modelled.document.cell_at(*SECOND).id
    modelled.draft()
    assert modelled.document.cell_at(*FIRST) is None
    assert modelled.document.cell_at(*SECOND).id == accepted
    assert modelled.document.cell_at(*SECOND).state is ObjectState.ACCEPTED
    assert modelled.document.counts.untouched == 2


def test_missed_cells_are_those_of_the_model(modelled: Desk, runs: list[str]) -> None:
    modelled.widget.draft.form["cutoff.amount"].value = 0.9
    modelled.draft()
    assert modelled.document.cell_at(*DIM) is None
    modelled.pilot.key(Qt.Key.Key_G)
    modelled.idle()
    assert "A missed cell? 1 of 1" in modelled.widget.review.words.text()
    modelled.pilot.key(Qt.Key.Key_A)
    assert modelled.document.cell_at(*DIM) is not None
    assert runs == ["bright"]


def test_missed_cells_are_those_of_the_newest_draft(modelled: Desk) -> None:
    modelled.draft()
    modelled.pilot.key(Qt.Key.Key_G)
    modelled.idle()
    message = modelled.widget.correct.message
    assert "No missed cell" in message.text()
    modelled.widget.draft.form["cutoff.amount"].value = 0.9
    modelled.draft()
    modelled.pilot.key(Qt.Key.Key_G)
    modelled.idle()
    assert "A missed cell? 1 of 1" in modelled.widget.review.words.text()


def test_a_running_model_is_stopped(modelled: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def for_ever(model: Any, image: Any) -> Generator[str, None, None]:
        while True:
            yield "Model bright, part 1 of 1000"

    monkeypatch.setattr(scoring, "predict_steps", for_ever)
    panel, pilot = modelled.widget.draft, modelled.pilot
    pilot.press(panel.button)
    pilot.wait_until(lambda: "part 1 of 1000" in panel.progress.text(), "the first step")
    pilot.press(panel.stop)
    modelled.idle()
    assert modelled.document.edit_count == 0
    panel.settings.expand(animate=False)
    pilot.wait_until(lambda: "part 1 of 1000" in panel.progress.text(), "the preview's step")
    pilot.press(panel.stop)
    modelled.idle()
    assert modelled.workspace.preview.look is None


def test_other_weights_are_told(modelled: Desk) -> None:
    modelled.draft()
    write_bright_model(level=60, replace=True)
    modelled.draft()
    told = modelled.widget.correct.message.text()
    assert "others than when this picture was last drafted" in told


def test_what_is_missing_is_told(
    modelled: Desk, monkeypatch: pytest.MonkeyPatch, capture_notifications: list[str]
) -> None:
    for package in ("torch", "openvino"):
        monkeypatch.setitem(sys.modules, package, None)
    modelled.pilot.press(modelled.widget.draft.button)
    modelled.idle()
    assert any("pip install 'napari-fncells[model]'" in told for told in capture_notifications)
    assert modelled.document.edit_count == 0


def test_heat_from_the_cutoff_on(modelled: Desk) -> None:
    box = modelled.widget.view.heat
    modelled.pilot.key(Qt.Key.Key_I)
    modelled.idle()
    layer = heat(modelled)
    assert layer.visible
    assert box.isChecked()
    assert (layer.colormap.name, layer.blending) == ("inferno", "additive")
    assert tuple(layer.contrast_limits) == (127.5, 255)
    assert layer.data[SECOND] > 240 > 20 > layer.data[5, 5]
    order = [each.name for each in modelled.viewer.layers]
    assert order.index("model probability") == order.index("cells (brightened)") + 1
    assert modelled.workspace.current.name == "cells.png", "it is no picture"
    assert modelled.viewer.layers.selection.active is not layer
    modelled.pilot.key(Qt.Key.Key_I)
    assert not layer.visible
    assert not box.isChecked()
    modelled.widget.bring_into_view(box)
    modelled.pilot.press(box)
    assert layer.visible
    assert heat(modelled) is layer


def test_heat_follows_the_cutoff(modelled: Desk) -> None:
    modelled.pilot.key(Qt.Key.Key_I)
    modelled.idle()
    layer, panel = heat(modelled), modelled.widget.draft
    panel.form["cutoff.amount"].value = 0.8
    assert layer.contrast_limits[0] == pytest.approx(204)
    panel.settings.expand(animate=False)
    look(modelled)
    modelled.widget.bring_into_view(panel.scores)
    modelled.pilot.settle()
    drag(panel.scores, 0.8, 0.4)
    modelled.pilot.settle()
    assert layer.contrast_limits[0] == pytest.approx(0.4 * 255, abs=8)


def test_heat_that_was_taken_out_is_off(modelled: Desk) -> None:
    modelled.pilot.key(Qt.Key.Key_I)
    modelled.idle()
    modelled.viewer.layers.remove(heat(modelled))
    modelled.pilot.settle()
    assert heat(modelled) is None
    assert not modelled.widget.view.heat.isChecked()
    modelled.pilot.key(Qt.Key.Key_I)
    assert heat(modelled).visible


def test_heat_of_the_next_picture(
    weights: Path, desk: Desk, tmp_path: Path, runs: list[str]
) -> None:
    desk.open_folder(tmp_path, "a.png", "b.png")
    desk.workspace.queueing.drafts.set_on(False)
    choose_last(desk)
    desk.pilot.key(Qt.Key.Key_I)
    desk.idle()
    layer = heat(desk)
    desk.pilot.key(Qt.Key.Key_Right, CTRL)
    desk.idle()
    assert desk.workspace.current.name == "b.png"
    assert not layer.visible, "the model has not looked at it"
    desk.draft()
    assert layer.visible
    assert heat(desk) is layer
    order = [each.name for each in desk.viewer.layers]
    assert order.index("model probability") == order.index("b (brightened)") + 1
    assert runs == ["bright", "bright"]


def test_heat_without_a_model(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.pilot.key(Qt.Key.Key_I)
    assert heat(desk) is None
    assert not desk.widget.view.heat.isChecked()
    assert "No model is chosen" in desk.widget.correct.message.text()


def test_heat_is_not_exported(modelled: Desk, tmp_path: Path) -> None:
    modelled.draft()
    modelled.pilot.key(Qt.Key.Key_I)
    modelled.idle()
    modelled.widget.export.folder.setText(str(tmp_path / "out"))
    modelled.export()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "cells.json",
        "cells.png",
    ]
    mask = np.asarray(Image.open(tmp_path / "out" / "cells.png"))
    np.testing.assert_array_equal(mask > 0, modelled.document.labels > 0)


def test_weights_are_imported_and_chosen(
    desk: Desk, tmp_path: Path, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    file = tmp_path / "mine.pth"
    torch.save({name: torch.tensor(v) for name, v in bright_values().items()}, file)
    desk.open(picture)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    menu_action(desk, "Import weights …").trigger()
    desk.idle()
    assert desk.widget.draft.method.model_name == "mine"
    assert desk.widget.draft.params.cutoff.amount == 0.875
    desk.draft()
    assert desk.document.counts.untouched == 3


def test_a_file_that_is_no_weights(
    desk: Desk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capture_notifications: list[str],
) -> None:
    file = tmp_path / "bad.pth"
    file.write_bytes(b"nothing of the kind")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    menu_action(desk, "Import weights …").trigger()
    desk.idle()
    assert any("bad.pth" in told for told in capture_notifications)
    assert desk.widget.draft.method.model_name == ""


def menu_action(desk: Desk, text: str) -> Any:
    return next(a for a in desk.widget.draft.models.menu().actions() if a.text() == text)


@pytest.fixture
def dialog(modelled: Desk) -> DeviceDialog:
    menu_action(modelled, "Device check …").trigger()
    dialog = modelled.pilot.window.findChild(DeviceDialog)
    modelled.pilot.wait_until(lambda: dialog.found.text().startswith("Found"), "the check")
    return dialog


def test_the_device_check(
    modelled: Desk, dialog: DeviceDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "CPU" in dialog.found.text()
    assert "Used:" in dialog.found.text()
    assert dialog.model.currentText() == "bright"
    monkeypatch.setattr(scoring, "measure_speed", lambda _model: 1.5)
    modelled.pilot.press(dialog.test)
    modelled.pilot.wait_until(lambda: "1.5 pictures" in dialog.speed.text(), "the speed")
    assert dialog.test.isVisible()
    modelled.pilot.press(dialog.close_button)


def test_the_speed_test_is_stopped(
    modelled: Desk,
    dialog: DeviceDialog,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    go_on = Event()
    request.addfinalizer(go_on.set)

    def measure(_model: Any) -> float:
        go_on.wait(20)
        return 1.0

    monkeypatch.setattr(scoring, "measure_speed", measure)
    modelled.pilot.press(dialog.test)
    modelled.pilot.wait_until(lambda: dialog.stop.isVisible(), "the test")
    modelled.pilot.press(dialog.stop)
    assert dialog.test.isVisible()
    assert dialog.speed.text() == ""
    go_on.set()
    modelled.pilot.press(dialog.close_button)


def test_where_it_runs(modelled: Desk, runs: list[str]) -> None:
    panel = modelled.widget.draft.model
    modelled.draft()
    panel.fold.expand(animate=False)
    modelled.pilot.wait_until(lambda: panel.device.count() > 1, "the devices")
    modelled.pilot.settle()
    QTest.keyClick(panel.device, Qt.Key.Key_End)
    place = modelled.workspace.scorer.place
    assert (place.device, place.precision) == ("cpu", "auto")
    modelled.draft()
    assert runs == ["bright", "bright"], "it is another place"


def test_methods_are_compared_with_models(modelled: Desk) -> None:
    modelled.draft()
    for cell in (FIRST, SECOND, THIRD):
        modelled.pilot.click(*cell)
        modelled.pilot.key(Qt.Key.Key_A)
    panel = modelled.widget.draft
    panel.settings.expand(animate=False)
    look(modelled)
    modelled.widget.bring_into_view(panel.compare)
    modelled.pilot.press(panel.compare)
    modelled.idle()
    at = panel.method.findData("model:bright")
    assert panel.method.itemText(at) == "Model bright: 0 gestures"
