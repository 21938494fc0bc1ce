from __future__ import annotations

import cv2
import numpy as np

from napari_fncells.core.auto.pieces import Pieces, disk, ladders
from napari_fncells.core.auto.view import View, view_of
from tests.core.auto.scenes import disks, grid, iou


def seen(picture: np.ndarray) -> View:
    view = view_of(picture)
    assert view is not None
    return view


def best(view: View, truth: np.ndarray) -> float:
    """Highest IoU of a piece with a cell."""
    found = 0.0
    size = view.height.shape[1], view.height.shape[0]
    truth = cv2.resize(truth.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    for pieces in ladders(view):
        for pixels in pieces.members():
            mask = np.zeros(truth.size, dtype=bool)
            mask[pixels] = True
            found = max(found, iou(mask.reshape(truth.shape), truth))
    return found


def test_members_are_the_pixels_of_each_piece() -> None:
    place = np.array([1, 2, 5, 7, 8], dtype=np.int64)
    of = np.array([1, 0, 1, 0, 1], dtype=np.int64)
    pieces = Pieces(place, of, np.ones(5, np.float32), 2)
    assert [one.tolist() for one in pieces.members()] == [[2, 7], [1, 5, 8]]


def test_every_rung_holds_whole_numbers_of_pieces_of_a_fitting_size() -> None:
    view = seen(disks((300, 400), grid((300, 400), 9, 50))[0])
    rungs = [pieces for pieces in ladders(view) if pieces.count]
    assert rungs
    for pieces in rungs:
        areas = np.bincount(pieces.of, minlength=pieces.count)
        assert areas.size == pieces.count
        assert areas.min() >= 4
        assert areas.max() <= 12 * view.unit**2
        assert (np.diff(pieces.place) > 0).all()


def test_a_cell_is_among_the_pieces() -> None:
    picture, labels = disks((200, 200), [(100, 100, 7), (40, 40, 6), (150, 60, 7)])
    view = seen(picture)
    assert best(view, labels == 1) > 0.8


def test_cells_that_touch_are_among_the_pieces_one_by_one() -> None:
    picture, labels = disks((120, 160), [(60, 60, 7), (60, 73, 7), (20, 130, 6)])
    view = seen(picture)
    assert best(view, labels == 1) > 0.65
    assert best(view, labels == 2) > 0.65


def test_disk_has_the_pixels_within_its_radius() -> None:
    assert disk(1.0).tolist() == [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    assert disk(0.4).tolist() == [[1]]
    assert disk(1.5).sum() == 9
