"""What others change in a folder of pictures, looked for in another thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from napari_fncells.session.listing import Listing
from napari_fncells.session.queue import Queue

_RESCAN_S = 5.0  # what others changed in the folder shows after so long, or longer in large ones


class FolderWatch:
    """Lists the folder of a queue again and again."""

    def __init__(self) -> None:
        self._looker = ThreadPoolExecutor(1, thread_name_prefix="fncells-folder")
        # Of which queue, and what is found
        self._scan: tuple[Queue, Future[tuple[Listing, float]]] | None = None
        self._due = 0.0

    def soon(self, seconds: float = 0.0) -> None:
        """Look again in so many seconds at the latest."""
        self._due = min(self._due, time.monotonic() + seconds)

    def look(self, queue: Queue) -> Listing | None:
        """What was found of a queue's folder since, None for nothing yet; never waits."""
        now = time.monotonic()
        if self._scan is None:
            if now >= self._due:
                self._scan = queue, self._looker.submit(_timed, queue.scan)
            return None
        if not self._scan[1].done():
            return None
        (of, scan), self._scan = self._scan, None
        self._due = now + _RESCAN_S
        with suppress(Exception):
            listing, seconds = scan.result()
            self._due = now + max(_RESCAN_S, 40 * seconds)
            # Not one that was begun for another folder, or another annotator
            return listing if of is queue else None
        return None

    def close(self) -> None:
        """Look no more."""
        self._looker.shutdown(wait=False, cancel_futures=True)


def _timed(scan: Callable[[], Listing]) -> tuple[Listing, float]:
    began = time.monotonic()
    listing = scan()
    return listing, time.monotonic() - began
