"""Turns: within one window, one at a time has a picture's journal open."""

from __future__ import annotations

import threading
from pathlib import Path


class Turns:
    """Which pictures are in somebody's hands: on the screen, or of a job in the background."""

    def __init__(self) -> None:
        self._taken: set[Path] = set()
        self._changed = threading.Condition()

    def take(self, path: Path, wait: float = 0.0) -> bool:
        """Take a picture, waiting so many seconds for it; whether it is ours now."""
        with self._changed:
            free = self._changed.wait_for(lambda: path not in self._taken, wait)
            if free:
                self._taken.add(path)
            return free

    def give(self, path: Path) -> None:
        """Let others have it."""
        with self._changed:
            self._taken.discard(path)
            self._changed.notify_all()
