"""Getting a picture ready to be shown: read, drafted, rendered; the next one ahead of time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from napari_fncells.core.errors import UserError
from napari_fncells.core.params import DraftParams
from napari_fncells.core.scorer import Scorer
from napari_fncells.core.segment import Draft, draft_steps
from napari_fncells.io.chosen import read_chosen
from napari_fncells.io.images import Image
from napari_fncells.io.masks import Labels, load_labels

Steps = Generator[str, None, "Fetched"]

_LARGEST = 256 << 20
"""Bytes; a larger picture is not read before it is asked for."""


@dataclass(frozen=True)
class Wish:
    """A picture that is wanted.

    Attributes
    ----------
    path
        The file.
    draft
        Settings of the draft to go with it, or the name of a method; None for no draft.
    given
        A mask that was there before and is to be read, too; None where that is not wanted.
    """

    path: Path
    draft: DraftParams | str | None = None
    given: Path | None = None


@dataclass(frozen=True)
class Fetched:
    """A picture ready to be shown, or why it is not.

    Attributes
    ----------
    wish
        What was wanted.
    image
        The picture.
    error
        Why it could not be read.
    draft
        Its draft.
    given
        The mask that was there before.
    trouble
        Why there is no draft, or no such mask.
    shown
        What the rendering gave.
    """

    wish: Wish
    image: Image | None = None
    error: UserError | None = None
    draft: Draft | None = None
    given: Labels | None = None
    trouble: UserError | None = None
    shown: Any = None
    stamp: tuple[int, int] = (0, 0)

    @property
    def fresh(self) -> bool:
        """Whether the file is still the one that was read."""
        return self.error is None and self.stamp == _stamp(self.wish.path)


def fetch_steps(
    wish: Wish, render: Callable[[Image], Any] | None = None, scorer: Scorer | None = None
) -> Steps:
    """Read a picture, and draft and render it as wished; yields in words what comes next.

    Parameters
    ----------
    wish
        What is wanted.
    render
        Makes of a picture what is put on the screen; called in the same thread.
    scorer
        Runs the model that the draft names.
    """
    yield f"Reading {wish.path.name}"
    stamp = _stamp(wish.path)
    try:
        image = read_chosen(wish.path)
    except UserError as error:
        return Fetched(wish, error=error)
    shown = None
    if render is not None:
        yield f"Preparing {wish.path.name}"
        shown = render(image)
    draft = given = trouble = None
    try:
        if wish.given is not None:
            yield f"Reading {wish.given.name}"
            given = load_labels(wish.given)
        elif wish.draft is not None:
            draft = yield from draft_steps(
                image.pixels, wish.draft, pixel_size=image.pixel_size, scorer=scorer
            )
    except UserError as error:
        trouble = error
    return Fetched(wish, image, None, draft, given, trouble, shown, stamp)


class _StoppedError(Exception):
    """The picture is not wanted any more."""


@dataclass
class _Job:
    wish: Wish
    stop: threading.Event = field(default_factory=threading.Event)
    future: Future[Fetched] = field(default_factory=Future)


class Prefetch:
    """Gets pictures ready before they are asked for, in a thread of its own.

    Parameters
    ----------
    render, scorer
        As for `fetch_steps`.
    keep
        So many pictures are kept ready, those wanted last.
    """

    def __init__(
        self,
        render: Callable[[Image], Any] | None = None,
        scorer: Scorer | None = None,
        keep: int = 3,
    ) -> None:
        self._render, self._scorer = render, scorer
        self._keep = keep
        self._jobs: OrderedDict[Path, _Job] = OrderedDict()
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def want(self, wishes: Sequence[Wish]) -> None:
        """Say which pictures may come next, the likeliest first.

        What was wanted before and is not any more is left out; what is ready of it stays as
        long as there is room.
        """
        wishes = [wish for wish in wishes if _size(wish.path) <= _LARGEST][: self._keep]
        with self._lock:
            wanted = {wish.path: wish for wish in wishes}
            for path, job in list(self._jobs.items()):
                other = wanted.get(path, job.wish) != job.wish
                unwanted = path not in wanted and not job.future.done()
                if other or unwanted or (job.future.done() and job.future.cancelled()):
                    self._drop(path)
            for wish in reversed(wishes):
                if wish.path in self._jobs:
                    self._jobs.move_to_end(wish.path)
            for wish in wishes:
                if wish.path not in self._jobs:
                    self._begin(wish)
            while len(self._jobs) > self._keep:
                self._drop(next(iter(self._jobs)))

    def take(self, wish: Wish) -> Fetched | None:
        """A picture that is ready, or None; it is not kept here any longer."""
        with self._lock:
            job = self._jobs.get(wish.path)
            if job is None or job.wish != wish or not job.future.done():
                return None
            del self._jobs[wish.path]
        with suppress(Exception):
            found = job.future.result()
            return found if found.fresh else None
        return None

    def steps(self, wish: Wish) -> Steps:
        """Get a picture ready now: what is under way already is waited for, not done twice."""
        with self._lock:
            job = self._jobs.get(wish.path)
            under_way = job is not None and job.wish == wish
        if job is not None and under_way:
            yield f"Reading {wish.path.name}"
            with suppress(BaseException):
                found = job.future.result()
                with self._lock:
                    self._jobs.pop(wish.path, None)
                if found.fresh:
                    return found
        return (yield from fetch_steps(wish, self._render, self._scorer))

    def forget(self) -> None:
        """Let go of all that is ready or under way."""
        with self._lock:
            for path in list(self._jobs):
                self._drop(path)

    def close(self) -> None:
        """Stop at the next step."""
        self.forget()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _begin(self, wish: Wish) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="fncells-prefetch")
        job = self._jobs[wish.path] = _Job(wish)
        job.future = self._pool.submit(self._run, wish, job.stop)

    def _run(self, wish: Wish, stop: threading.Event) -> Fetched:
        steps = fetch_steps(wish, self._render, self._scorer)
        while not stop.is_set():
            try:
                next(steps)
            except StopIteration as finished:
                found: Fetched = finished.value
                return found
        steps.close()
        raise _StoppedError

    def _drop(self, path: Path) -> None:
        job = self._jobs.pop(path)
        job.stop.set()
        job.future.cancel()


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (-1, -1)
    return found.st_size, found.st_mtime_ns


def _size(path: Path) -> int:
    return max(0, _stamp(path)[0])
