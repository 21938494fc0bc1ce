"""The way through what is doubtful: new things by doubt, seen ones as they were seen."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence, Set


class Walk:
    """Remembers what was looked at, in which order, and where one is.

    What is new is taken by doubt as it is at that moment; what was looked at keeps its place, so
    that another order neither leads back to it nor loses the place.

    Attributes
    ----------
    current
        What one is at, or None.
    """

    def __init__(self) -> None:
        self._trail: list[int] = []
        self._seen: set[int] = set()
        # What was decided on and taken back: one is led there again
        self._again: set[int] = set()
        self.current: int | None = None

    @property
    def seen(self) -> Set[int]:
        """What was looked at or decided on."""
        return self._seen

    def is_new(self, i: int) -> bool:
        """Whether a decision leads on to this: not looked at, or the decision on it taken back."""
        return i not in self._seen or i in self._again

    def note(self, ids: Iterable[int]) -> None:
        """Take what was decided on otherwise for looked at."""
        decided = set(ids)
        self._seen |= decided
        self._again -= decided

    def forget(self, ids: Iterable[int]) -> None:
        """Take that whose decision was taken back for new again; if walked to, it stays seen."""
        back = set(ids)
        self._seen -= back.difference(self._trail)
        self._again |= back.intersection(self._trail)

    def go_to(self, i: int) -> None:
        """Be at something; on the way already, or next on it."""
        if i not in self._trail:
            at = self._trail.index(self.current) + 1 if self.current in self._trail else None
            self._trail.insert(len(self._trail) if at is None else at, i)
        self._seen.add(i)
        self.current = i

    def forward(self, by_doubt: Sequence[int], wanted: Container[int]) -> int | None:
        """Go on to what comes next; None where nothing is left.

        Parameters
        ----------
        by_doubt
            Everything, the most doubtful first.
        wanted
            What is still to be decided on.
        """
        at = self._place(len(self._trail) - 1)
        ahead = self._trail[at + 1 :]
        fresh = (i for i in by_doubt if i not in self._seen)
        again = (*self._trail[: at + 1], *by_doubt)
        # After the last: what was passed over, as it was seen
        for i in (*ahead, *fresh, *again):
            if i in wanted and (i != self.current or _only(i, by_doubt, wanted)):
                self.go_to(i)
                return i
        return None

    def back(self, there: Callable[[int], bool]) -> int | None:
        """Go back to what was looked at before, decided on or not; None at the beginning."""
        for i in reversed(self._trail[: self._place(len(self._trail))]):
            if there(i):
                self.current = i
                return i
        return None

    def _place(self, otherwise: int) -> int:
        """Where on the way one is."""
        return self._trail.index(self.current) if self.current in self._trail else otherwise


def _only(i: int, among: Sequence[int], wanted: Container[int]) -> bool:
    """Whether nothing but this is wanted."""
    return not any(other != i and other in wanted for other in among)
