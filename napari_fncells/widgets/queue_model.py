"""The queue as Qt shows it: rows, small pictures made when they come into sight."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Signal
from qtpy.QtGui import QImage, QPixmap

from napari_fncells.core.errors import UserError
from napari_fncells.session.entry import Entry
from napari_fncells.session.queue import Queue, duration_in_words
from napari_fncells.viewer.thumbnails import thumbnail

ENTRY = int(Qt.ItemDataRole.UserRole) + 1
"""Role of the `Entry` of a row."""

NOTE_SIGN = "✎"
"""Of pictures with a note, or with cells that have one."""

_WAITING = 48  # so many pictures are waited for, those that came into sight last
_KEPT = 400


class Thumbnails(QObject):
    """Makes small pictures in a thread, those asked for last first.

    Attributes
    ----------
    made
        Signal(Path): the small picture of this file is there.
    failed
        Signal(Path, str): the file cannot be read, and why.
    """

    made = Signal(object)
    failed = Signal(object, str)
    _arrived = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[Path, QPixmap | None] = OrderedDict()
        self._maker = _Maker(self._arrived.emit, self.failed.emit)
        self._arrived.connect(self._take)
        # The thread must not outlive the window
        self.destroyed.connect(_ended(self._maker))

    def of(self, path: Path) -> QPixmap | None:
        """The small picture of a file; None, and it is asked for, where there is none yet."""
        if path in self._kept:
            self._kept.move_to_end(path)
            return self._kept[path]
        self._maker.ask(path)
        return None

    def forget(self) -> None:
        """Make all anew when they are asked for."""
        self._kept.clear()

    def _take(self, path: Path, pixels: NDArray[np.uint8] | None) -> None:
        self._kept[path] = None if pixels is None else _pixmap(pixels)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self.made.emit(path)


class _Maker:
    """The thread that makes them, begun when the first is asked for.

    One for as long as the window lives: a new one each time would leave memory behind.
    """

    def __init__(
        self, made: Callable[[Path, Any], object], failed: Callable[[Path, str], object]
    ) -> None:
        self._made, self._failed = made, failed
        self._asked: OrderedDict[Path, None] = OrderedDict()
        self._changed = threading.Condition()
        self._running = self._ended = False

    def ask(self, path: Path) -> None:
        with self._changed:
            self._asked[path] = None
            self._asked.move_to_end(path)
            while len(self._asked) > _WAITING:
                self._asked.popitem(last=False)
            self._changed.notify()
            if self._running or self._ended:
                return
            self._running = True
        threading.Thread(target=self._work, name="fncells-thumbnails", daemon=True).start()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._asked)
                if self._ended:
                    return
                path = next(reversed(self._asked))
            pixels, problem = _try(path)
            with self._changed:
                self._asked.pop(path, None)
            try:
                self._made(path, pixels)
                if problem:
                    self._failed(path, problem)
            except RuntimeError:  # the window is gone
                return


def _try(path: Path) -> tuple[NDArray[np.uint8] | None, str]:
    """The small picture, or why there is none."""
    try:
        return thumbnail(path), ""
    except UserError as error:
        return None, str(error)
    except Exception:  # a list without one small picture is no reason to stop
        return None, ""


def _ended(maker: _Maker) -> Callable[..., None]:
    return lambda *_: maker.end()


def _pixmap(pixels: NDArray[np.uint8]) -> QPixmap:
    rows, columns = pixels.shape[:2]
    data = np.ascontiguousarray(pixels)
    image = QImage(data.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image.copy())


class QueueModel(QAbstractListModel):
    """Rows of a queue: those that are shown, in order.

    Parameters
    ----------
    parent
        Owns it.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue: Queue | None = None
        self._names: list[str] = []
        self.thumbnails = Thumbnails(self)
        self.thumbnails.made.connect(self._show_made)

    def show_queue(self, queue: Queue | None) -> None:
        """Show another queue, or others of its pictures, or another order."""
        self.beginResetModel()
        self._queue = queue
        self._names = list(queue.shown) if queue is not None else []
        self.endResetModel()

    def show_entry(self, name: str) -> None:
        """Show what else is known of a picture."""
        row = self.row_of(name)
        if row is not None:
            index = self.index(row)
            self.dataChanged.emit(index, index)

    def row_of(self, name: str | None) -> int | None:
        """Row of a picture, None for one that is not shown."""
        if self._queue is None or name is None:
            return None
        place = self._queue.place(name)
        known = place is not None and place < len(self._names) and self._names[place] == name
        return place if known else None

    def name_at(self, row: int) -> str:
        """Name of the picture in a row."""
        return self._names[row]

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Pictures shown."""
        return 0 if parent is not None and parent.isValid() else len(self._names)

    def data(self, index: QModelIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """What a row shows."""
        entry = self._entry(index)
        if entry is None:
            return None
        if role == ENTRY:
            return entry
        if role == int(Qt.ItemDataRole.DisplayRole):
            return entry.name
        if role == int(Qt.ItemDataRole.DecorationRole):
            return self.thumbnails.of(entry.path)
        if role == int(Qt.ItemDataRole.ToolTipRole):
            return details_of(entry)
        if role == int(Qt.ItemDataRole.AccessibleTextRole):
            return f"{entry.name}, {entry.state}"
        return None

    def _entry(self, index: QModelIndex) -> Entry | None:
        if self._queue is None or not index.isValid() or index.row() >= len(self._names):
            return None
        return self._queue.entries.get(self._names[index.row()])

    def _show_made(self, path: Path) -> None:
        self.show_entry(path.name)


def line_of(entry: Entry) -> str:
    """The second line of a row: state, cells, time."""
    parts = [entry.state.value + (", saving…" if entry.waiting else "")]
    if entry.cells is not None:
        parts.append(f"{entry.cells:,} cell{'' if entry.cells == 1 else 's'}")
    if entry.noted:
        parts.append(NOTE_SIGN)
    if entry.seconds >= 1:
        parts.append(_spent(entry.seconds))
    if entry.others:
        parts.append("also " + ", ".join(other.annotator or "no name" for other in entry.others))
    return " · ".join(parts)


def details_of(entry: Entry) -> str:
    """All that is known of a picture, line by line."""
    lines = [entry.name, line_of(entry)]
    found = entry.summary
    if found is not None:
        lines.append(
            f"{found.drafted:,} drafted, {found.removed:,} removed, {found.added:,} added, "
            f"{found.edited:,} edited, {found.accepted:,} accepted, {found.unsure:,} unsure"
        )
        if found.ignored:
            lines.append(f"{found.ignored:,} in ignored regions, not counted")
        if found.note:
            lines.append(f"{NOTE_SIGN} {found.note}")
        if found.noted:
            lines.append(f"{NOTE_SIGN} on {found.noted:,} cell{'' if found.noted == 1 else 's'}")
    if entry.time is not None:
        lines.append(f"saved {entry.time.astimezone():%d %B %Y, %H:%M}")
    if entry.given is not None:
        lines.append(f"begun from {entry.given}")
    lines += [f"{other.annotator or 'no name'}: {other.state}" for other in entry.others]
    if entry.problem:
        lines.append(entry.problem)
    return "\n".join(lines)


def _spent(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else duration_in_words(seconds)
