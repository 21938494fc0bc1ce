"""Boxes by place: those near a box are found without looking at all."""

from __future__ import annotations

from collections.abc import Iterator

from napari_fncells.core.geometry import Box

_SIDE = 256  # px; a few times the size of a cell


class BoxIndex:
    """Boxes by number; each square of the picture knows those that reach into it."""

    def __init__(self) -> None:
        self._boxes: dict[int, Box] = {}
        self._squares: dict[tuple[int, int], set[int]] = {}

    def __len__(self) -> int:
        return len(self._boxes)

    def put(self, number: int, box: Box) -> None:
        """Note a box, in place of the one of that number."""
        self.drop(number)
        self._boxes[number] = box
        for square in _squares(box):
            self._squares.setdefault(square, set()).add(number)

    def drop(self, number: int) -> None:
        """Forget the box of a number, if there is one."""
        box = self._boxes.pop(number, None)
        for square in _squares(box) if box is not None else ():
            here = self._squares[square]
            here.remove(number)
            if not here:
                del self._squares[square]

    def meeting(self, box: Box) -> list[int]:
        """Numbers of the boxes that have a pixel in common with a box, in order."""
        near: set[int] = set()
        for square in _squares(box):
            near |= self._squares.get(square, set())
        return sorted(number for number in near if self._boxes[number].overlaps(box))


def _squares(box: Box) -> Iterator[tuple[int, int]]:
    for row in range(box.top // _SIDE, -(-box.bottom // _SIDE)):
        for column in range(box.left // _SIDE, -(-box.right // _SIDE)):
            yield row, column
