"""What must not be overlooked stays until it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from napari_fncells.widgets.banner import Banner


@pytest.fixture
def banner(qtbot) -> Iterator[Banner]:
    window = QWidget()
    banner = Banner()
    QVBoxLayout(window).addWidget(banner)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    yield banner
    window.close()


def test_it_takes_no_room_where_there_is_nothing_to_say(banner: Banner) -> None:
    assert not banner.isVisible()
    banner.show_note("Recovered up to 14:03.")
    assert banner.isVisible()
    banner.show_note("")
    assert not banner.isVisible()


def test_a_failure_says_what_and_what_to_do_and_stays(banner: Banner) -> None:
    banner.show_failure("The disk is full.", "Free some space.")
    banner.show_note("Recovered up to 14:03.")
    banner.dismiss.click()
    assert not banner.note.isVisible()
    assert banner.failure.isVisible()
    assert banner.failure.sentence.text() == "The disk is full."
    assert banner.failure.remedy.text() == "Free some space."
    assert not banner.failure.isAncestorOf(banner.dismiss)
    banner.clear_failure()
    assert not banner.isVisible()


def test_a_failure_without_a_remedy_leaves_no_gap(banner: Banner) -> None:
    banner.show_failure("The disk is full.", "Free some space.")
    banner.show_failure("The disk is gone.")
    assert not banner.failure.remedy.isVisible()


def test_read_only_stands_beside_a_failure(banner: Banner) -> None:
    banner.show_read_only("Another window works on this picture.")
    banner.show_failure("The disk is full.")
    assert banner.read_only.isVisible()
    banner.clear_failure()
    assert banner.read_only.isVisible()
    banner.show_read_only("")
    assert not banner.isVisible()


def test_another_attempt_is_asked_for(banner: Banner, qtbot) -> None:
    banner.show_failure("The disk is full.")
    with qtbot.waitSignal(banner.retry):
        banner.again.click()
    assert banner.failure.isVisible()


@pytest.mark.parametrize("chosen", ["/media/stick", ""])
def test_a_folder_is_asked_for(
    banner: Banner, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: chosen)
    folders: list[Path] = []
    banner.save_elsewhere.connect(folders.append)
    banner.show_failure("The disk is full.")
    banner.elsewhere.click()
    assert folders == ([Path(chosen)] if chosen else [])


def test_a_name_with_markup_is_shown_as_it_is(banner: Banner) -> None:
    banner.show_failure("<b>a&b</b>.png is not saved.")
    assert banner.failure.sentence.text() == "<b>a&b</b>.png is not saved."
    assert banner.failure.sentence.textFormat() == Qt.TextFormat.PlainText
