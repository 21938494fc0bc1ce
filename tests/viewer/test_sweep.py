"""The sweep over a picture, without a window: time and camera are moved by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_fncells.viewer import sweep as sweeping
from napari_fncells.viewer.sweep import NAME
from napari_fncells.viewer.workspace import Workspace, workspace_of
from tests.pictures import CELLS, save_picture


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(sweeping.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def workspace(viewer: ViewerModel, tmp_path: Path, clock: Clock) -> Workspace:
    workspace = workspace_of(viewer)
    viewer.canvas.size = (120, 100)
    for name in ("a.png", "b.png"):
        save_picture(tmp_path, name)
    workspace.open_folder(tmp_path)
    return workspace


def stay(workspace: Workspace, clock: Clock, seconds: float, *, alive: bool = True) -> None:
    """Let time pass, somebody being there."""
    for _ in range(round(seconds / 0.25)):
        if alive:
            workspace.sweep.sign_of_life()
        workspace.watch()
        clock.now += 0.25
    workspace.watch()


def parts_seen(workspace: Workspace, clock: Clock) -> int:
    count = 0
    while True:
        before = tuple(workspace.viewer.scene.camera.center)
        workspace.sweep.step(1)
        if "All of the picture" in workspace.viewer.status:
            return count
        assert tuple(workspace.viewer.scene.camera.center) != before or count == 0
        stay(workspace, clock, 1.5)
        count += 1
        assert count < 50


def test_the_sweep_shows_all_of_the_picture(workspace: Workspace, clock: Clock) -> None:
    assert workspace.sweep.coverage.share == 0
    count = parts_seen(workspace, clock)
    assert count > 1
    assert workspace.sweep.coverage.share == 1
    assert workspace.viewer.scene.camera.zoom == pytest.approx(1.0)


def test_it_begins_at_the_beginning(workspace: Workspace, clock: Clock) -> None:
    workspace.viewer.scene.camera.zoom = 0.1
    workspace.sweep.step(1)
    assert workspace.viewer.status.startswith("Part 1 of ")
    stay(workspace, clock, 1.5)
    workspace.sweep.step(1)
    assert workspace.viewer.status.startswith("Part 2 of ")


def test_a_nearer_zoom_stays(workspace: Workspace, clock: Clock) -> None:
    workspace.viewer.scene.camera.zoom = 2.5
    workspace.sweep.step(1)
    assert workspace.viewer.scene.camera.zoom == 2.5


def test_nobody_there_sees_nothing(workspace: Workspace, clock: Clock) -> None:
    workspace.viewer.scene.camera.zoom = 1.0
    clock.now += 1000
    stay(workspace, clock, 3, alive=False)
    assert workspace.sweep.coverage.share == 0


def test_a_window_that_was_away_counts_little(workspace: Workspace, clock: Clock) -> None:
    workspace.sweep.step(1)
    workspace.sweep.sign_of_life()
    workspace.watch()
    clock.now += 20
    workspace.watch()
    assert workspace.sweep.coverage.seconds.max() == pytest.approx(1.0)


def test_back_and_forth(workspace: Workspace, clock: Clock) -> None:
    workspace.sweep.step(1)
    stay(workspace, clock, 1.5)
    first = tuple(workspace.viewer.scene.camera.center)
    workspace.sweep.step(1)
    assert tuple(workspace.viewer.scene.camera.center) != first
    workspace.sweep.step(-1)
    assert tuple(workspace.viewer.scene.camera.center) == pytest.approx(first)


def test_done_tells_what_was_never_seen(workspace: Workspace, clock: Clock) -> None:
    workspace.sweep.step(1)
    stay(workspace, clock, 1.5)
    workspace.navigation.finish()
    assert "not looked at closely" in workspace.viewer.status
    assert workspace.current.name == "b.png"


def test_done_says_nothing_where_all_was_seen(workspace: Workspace, clock: Clock) -> None:
    parts_seen(workspace, clock)
    workspace.navigation.finish()
    assert "not looked at closely" not in workspace.viewer.status


def test_what_was_seen_is_known_again(workspace: Workspace, clock: Clock, tmp_path: Path) -> None:
    workspace.correction.fix_at(*CELLS[0][:2])
    workspace.sweep.step(1)
    stay(workspace, clock, 2.5)
    seen = workspace.sweep.coverage.seen
    assert seen.any()
    workspace.current.session.clock.active()
    workspace.correction.fix_at(*CELLS[1][:2])
    workspace.watch()
    workspace.saving.close()
    later = ViewerModel()
    again = workspace_of(later)
    again.open_folder(tmp_path)
    assert again.current.name == "a.png"
    assert np.array_equal(again.sweep.coverage.seen, seen)


def test_the_map_marks_what_was_not_seen(workspace: Workspace, clock: Clock) -> None:
    layers = workspace.viewer.layers
    active = layers.selection.active
    workspace.sweep.step(1)
    stay(workspace, clock, 1.5)
    assert "veiled" in workspace.sweep.toggle_map()
    layer = layers[NAME]
    assert layers.selection.active is active
    assert np.array_equal(layer.data > 0, workspace.sweep.coverage.seen)
    # A square's middle lies where it does in the picture
    assert layer.data_to_world((0, 0)) == pytest.approx((24.5, 24.5))
    assert layer.data_to_world((1, 2)) == pytest.approx((74.5, 124.5))
    workspace.navigation.step(1)
    assert not np.any(layers[NAME].data)
    workspace.sweep.toggle_map()
    assert not layers[NAME].visible
    assert [picture.name for picture in workspace.pictures] == ["a.png", "b.png"]


def test_a_map_that_was_taken_out_comes_back_when_asked(workspace: Workspace) -> None:
    workspace.sweep.toggle_map()
    workspace.viewer.layers.remove(NAME)
    workspace.watch()
    assert not workspace.sweep.mapped
    workspace.sweep.toggle_map()
    assert NAME in workspace.viewer.layers
