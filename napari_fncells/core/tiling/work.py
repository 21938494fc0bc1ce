"""Work on many tiles by two workers, told tile by tile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")
Steps = Generator[str, None, Found]

_WORKERS = 2


def each(
    items: Sequence[Item], act: Callable[[Item], Found], words: str
) -> Generator[str, None, list[Found]]:
    """Do the same with every item, yielding a word after each; returns what was found, in order.

    NumPy and OpenCV let the workers run side by side. Where the generator is closed, no further
    item is begun.

    Parameters
    ----------
    items
        Tiles, mostly.
    act
        Called from several threads.
    words
        What is done, for the person who waits.
    """
    found: list[Found] = []
    pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="tiles")
    try:
        waiting: deque[Future[Found]] = deque()
        for item in items:
            waiting.append(pool.submit(act, item))
            if len(waiting) > 2 * _WORKERS:
                found.append(waiting.popleft().result())
                yield f"{words}, part {len(found)} of {len(items)}"
        while waiting:
            found.append(waiting.popleft().result())
            yield f"{words}, part {len(found)} of {len(items)}"
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return found
