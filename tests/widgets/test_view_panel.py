"""The view panel asks for what is to be seen, and shows it without asking again."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QComboBox, QLineEdit, QVBoxLayout, QWidget

from napari_fncells.core.objects import ObjectState
from napari_fncells.viewer.display import CHANNEL_TITLES, DisplayParams
from napari_fncells.viewer.palette import MASK_OPACITY
from napari_fncells.widgets.view_panel import ViewPanel

LEFT = Qt.MouseButton.LeftButton


class Asked:
    """What a panel asked for, in order."""

    def __init__(self, panel: ViewPanel) -> None:
        self.all: list[object] = []
        panel.display_changed.connect(self.all.append)
        panel.opacity_changed.connect(self.all.append)
        panel.filled_changed.connect(self.all.append)
        panel.states_changed.connect(self.all.append)


@pytest.fixture
def panel(qtbot) -> ViewPanel:
    panel = ViewPanel()
    qtbot.addWidget(panel)
    panel.show_channels(tuple(CHANNEL_TITLES))
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def test_sliders_ask_for_a_display(panel: ViewPanel) -> None:
    asked = Asked(panel)
    panel.brightness.setValue(1.5)
    panel.black.setValue(0.2)
    panel.gamma.setValue(1.0)
    first, second, third = asked.all
    assert first == DisplayParams(brightness=1.5)
    assert second == DisplayParams(brightness=1.5, black=0.2)
    assert third == DisplayParams(brightness=1.5, black=0.2, gamma=1.0)


@pytest.mark.parametrize("end", ["minimum", "maximum"])
@pytest.mark.parametrize("name", ["brightness", "black", "gamma"])
def test_both_ends_of_a_slider_are_allowed(panel: ViewPanel, name: str, end: str) -> None:
    asked = Asked(panel)
    slider = getattr(panel, name)
    other = "minimum" if end == "maximum" else "maximum"
    slider.setValue(getattr(slider, other)())
    slider.setValue(getattr(slider, end)())
    assert getattr(asked.all[-1], name) == pytest.approx(getattr(slider, end)())


def test_a_channel_is_asked_for(panel: ViewPanel) -> None:
    asked = Asked(panel)
    panel.channel.setCurrentIndex(panel.channel.findData("green"))
    panel.channel.activated.emit(panel.channel.currentIndex())
    assert asked.all == [DisplayParams(channel="green")]


def test_what_is_shown_is_not_asked_for(panel: ViewPanel) -> None:
    asked = Asked(panel)
    params = DisplayParams(brightness=2.0, black=0.3, gamma=1.5, channel="red")
    panel.show_display(params)
    panel.show_opacity(0.25)
    panel.show_filled(False)
    panel.show_states({ObjectState.ADDED})
    panel.show_counts({ObjectState.ADDED: 3})
    panel.show_channels(())
    panel.show_channels(tuple(CHANNEL_TITLES))
    assert asked.all == []
    assert panel.channel.currentData() == "red"
    assert panel.opacity.value() == pytest.approx(0.25)
    assert panel.outlines.isChecked()
    panel.gamma.setValue(1.0)
    assert asked.all == [params.model_copy(update={"gamma": 1.0})]


def test_the_number_beside_a_slider_follows_what_is_shown(panel: ViewPanel) -> None:
    panel.show_display(DisplayParams(brightness=2.0))
    assert panel.brightness.findChild(QLineEdit).text() == "2.0"


def test_a_grey_picture_has_no_channels_and_keeps_the_choice_for_the_next(
    panel: ViewPanel,
) -> None:
    panel.show_display(DisplayParams(channel="blue"))
    panel.show_channels(())
    assert not panel.channel.isEnabled()
    asked = Asked(panel)
    panel.brightness.setValue(1.0)
    assert asked.all == [DisplayParams(brightness=1.0, channel="blue")]
    panel.show_channels(tuple(CHANNEL_TITLES))
    assert panel.channel.currentData() == "blue"


def test_opacity_and_look_of_the_mask(panel: ViewPanel) -> None:
    asked = Asked(panel)
    panel.opacity.setValue(0.8)
    assert asked.all == [pytest.approx(0.8)]
    QTest.mouseClick(panel.outlines, LEFT)
    QTest.mouseClick(panel.filled, LEFT)
    assert asked.all[1:] == [False, True]


def test_the_legend_hides_and_shows_states(panel: ViewPanel) -> None:
    asked = Asked(panel)
    first = panel.legend.states
    assert first == frozenset(ObjectState) - {ObjectState.REMOVED}
    panel.legend.boxes[ObjectState.DRAFT].click()
    panel.legend.boxes[ObjectState.REMOVED].click()
    assert asked.all == [first - {ObjectState.DRAFT}, frozenset(ObjectState) - {ObjectState.DRAFT}]


def test_the_legend_counts_every_state(panel: ViewPanel) -> None:
    panel.show_counts({ObjectState.DRAFT: 1234, ObjectState.REMOVED: 5})
    panel.show_counts({ObjectState.DRAFT: 1234})
    texts = {state: label.text() for state, label in panel.legend.counts.items()}
    assert texts == dict.fromkeys(ObjectState, "0") | {ObjectState.DRAFT: "1,234"}


def test_reset_asks_for_everything_as_at_first(panel: ViewPanel) -> None:
    panel.show_display(DisplayParams(brightness=3.0, channel="red"))
    panel.show_opacity(0.9)
    panel.show_filled(False)
    panel.show_states(())
    asked = Asked(panel)
    panel.reset.click()
    assert asked.all == [
        DisplayParams(),
        MASK_OPACITY,
        True,
        frozenset(ObjectState) - {ObjectState.REMOVED},
    ]
    assert panel.brightness.value() == 0
    assert panel.channel.currentData() == "colour"
    assert panel.filled.isChecked()


def test_a_click_takes_no_keys_from_the_canvas(qtbot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    canvas, panel = QLineEdit(), ViewPanel()
    layout = QVBoxLayout(window)
    layout.addWidget(canvas)
    layout.addWidget(panel)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    for widget in panel.findChildren(QWidget):
        if widget.isVisible() and not isinstance(widget, QComboBox):
            QTest.mouseClick(widget, LEFT)
    QTest.mouseClick(panel.brightness.findChild(QLineEdit), LEFT)
    assert canvas.hasFocus()
    assert panel.channel.focusPolicy() == Qt.FocusPolicy.TabFocus


@pytest.mark.parametrize("name", ["brightness", "channel"])
def test_the_wheel_over_a_control_scrolls_the_dock(panel: ViewPanel, name: str) -> None:
    control = getattr(panel, name)
    before = (panel.brightness.value(), panel.channel.currentIndex())
    target = panel.brightness._slider if name == "brightness" else control
    centre = target.rect().center()
    event = QWheelEvent(
        QPointF(centre),
        QPointF(target.mapToGlobal(centre)),
        QPoint(0, 0),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(target, event)
    assert not event.isAccepted()
    assert (panel.brightness.value(), panel.channel.currentIndex()) == before


def test_it_fits_a_narrow_dock(panel: ViewPanel) -> None:
    panel.show_counts(dict.fromkeys(ObjectState, 1234))
    assert panel.minimumSizeHint().width() <= 340
