"""Drafts that the workspace takes from files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from PIL import Image

from napari_fncells.core.errors import UserError
from napari_fncells.viewer.workspace import Workspace, workspace_of
from tests.pictures import CELLS, SHAPE, save_picture


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def workspace(viewer: ViewerModel) -> Workspace:
    return workspace_of(viewer)


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    values = np.zeros(SHAPE, np.uint8)
    values[5:20, 100:120] = values[100:120, 20:40] = 255
    folder = tmp_path / "drafts"
    folder.mkdir()
    Image.fromarray(values).save(folder / "cells_mask.png")
    return folder / "cells_mask.png"


def test_a_file_becomes_the_draft(workspace: Workspace, tmp_path: Path, mask: Path) -> None:
    said: list[str] = []
    workspace.said.connect(said.append)
    workspace.open_files([save_picture(tmp_path)])
    workspace.correction.fix_at(*CELLS[0][:2])
    session = workspace.session
    assert session is not None
    mine = session.document.labels > 0
    workspace.drafting.adopt_file(mask)
    assert session.document.counts.untouched == 2
    assert session.document.labels[mine].all()
    assert said[-1] == "2 cells taken over from cells_mask.png; the mask has 3 in all."
    workspace.undo()
    np.testing.assert_array_equal(session.document.labels > 0, mine)


def test_a_folder_is_searched_by_name(workspace: Workspace, tmp_path: Path, mask: Path) -> None:
    workspace.open_files([save_picture(tmp_path)])
    workspace.drafting.adopt_file(mask.parent)
    assert workspace.session is not None
    assert workspace.session.document.counts.untouched == 2


def test_what_is_refused_changes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no picture"):
        workspace.drafting.adopt_file(tmp_path / "x.png")
    workspace.open_files([save_picture(tmp_path)])
    with pytest.raises(UserError, match="does not exist"):
        workspace.drafting.adopt_file(tmp_path / "x.png")
    assert workspace.session is not None
    assert workspace.session.document.edit_count == 0


def test_the_work_is_the_runners(workspace: Workspace, tmp_path: Path, mask: Path) -> None:
    """Nothing is read where it is asked for: in a window that is the GUI thread."""
    jobs: list[tuple[str, Any, Callable[[Any], None]]] = []
    workspace.open_files([save_picture(tmp_path)])
    workspace.runner = lambda *job: jobs.append(job)
    workspace.drafting.adopt_file(mask)
    [(title, steps, _done)] = jobs
    assert title == "Reading cells_mask.png"
    mask.unlink()
    assert next(steps) == "Reading cells_mask.png"
    with pytest.raises(UserError, match="does not exist"):
        next(steps)


def test_missed_cells_are_looked_for_after_a_probability(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Its cutoff is none for grey values."""
    values = np.full(SHAPE, 0.1, np.float32)
    values[5:20, 100:120] = 0.9
    np.save(tmp_path / "cells_prob.npy", values)
    workspace.open_files([save_picture(tmp_path)])
    workspace.drafting.adopt_file(tmp_path / "cells_prob.npy")
    workspace.review.step_candidate(1)
    assert "A missed cell? 1 of" in workspace.review.told
