"""A monkey let loose on a window with a folder of pictures, watched all the time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari.utils.notifications import ErrorNotification, notification_manager

from napari_fncells.core.document import Document
from napari_fncells.core.errors import UserError
from tests.monkey import Monkey
from tests.pictures import save_picture
from tests.wholeness import assert_kept, assert_whole

NAMES = ("one.png", "two.png", "three.png")
_LOOK_EVERY = 50


class Failures:
    """Exceptions that napari shows to the user, those apart that the user can mend."""

    def __init__(self) -> None:
        self.found: list[BaseException] = []
        notification_manager.notification_ready.connect(self._take)

    def _take(self, notification: Any) -> None:
        if isinstance(notification, ErrorNotification):
            error = notification.exception
            if not isinstance(error, UserError):
                self.found.append(error)

    def check(self) -> None:
        """Raise the first of them."""
        if self.found:
            raise self.found[0]

    def close(self) -> None:
        """Listen no longer."""
        notification_manager.notification_ready.disconnect(self._take)


def rampage(make_viewer: Callable[..., Any], folder: Path, seed: int, events: int) -> None:
    """Do so many random things; every mask must be whole, on the screen and on the disk."""
    for name in NAMES:
        save_picture(folder, name)
    before = {name: (folder / name).read_bytes() for name in NAMES}
    viewer = make_viewer(show=True)
    viewer.window._qt_window.resize(1200, 800)
    _, widget = viewer.window.add_plugin_dock_widget("napari-fncells", "Curate masks")
    monkey, failures = Monkey(seed, viewer, widget), Failures()
    documents: dict[str, Document] = {}
    try:
        widget.workspace.open_folder(folder)
        monkey.pilot.wait_until(lambda: widget.workspace.current is not None, "opening")
        for number in range(events):
            monkey.act()
            failures.check()
            _remember(widget, documents)
            if number % _LOOK_EVERY == _LOOK_EVERY - 1:
                monkey.pilot.wait_until(lambda: not widget.runner.busy, "the end of the job")
                assert_whole(widget)
        monkey.pilot.wait_until(lambda: not widget.runner.busy, "the end of the job")
        assert_whole(widget)
        _remember(widget, documents)
        widget.workspace.saving.close()
        assert_kept(folder, documents)
    except BaseException as error:
        error.add_note(f"seed {seed}, after {len(monkey.done)}, last: {monkey.done[-60:]}")
        raise
    finally:
        failures.close()
        vars(monkey.pilot).clear()
        vars(monkey).clear()
    assert {name: (folder / name).read_bytes() for name in NAMES} == before


def _remember(widget: Any, documents: dict[str, Document]) -> None:
    """Note the documents that are worked on; one that was put away is as it was then."""
    for picture in widget.workspace.pictures:
        if picture.session is not None:
            documents[picture.name] = picture.session.document
