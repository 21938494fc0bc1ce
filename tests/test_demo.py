"""The unattended demo does the whole job in a real window."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_fncells.core.errors import UserError
from napari_fncells.demo.story import Story
from napari_fncells.demo.unattended import run_unattended
from napari_fncells.session.export import ExportReport


def test_the_demo_leaves_mask_record_and_screenshots(tmp_path: Path) -> None:
    assert run_unattended(tmp_path)
    record = json.loads((tmp_path / "crowded.json").read_text())
    cells = record["cells"]
    assert (cells["removed"], cells["edited"]) == (2, 1)
    assert cells["added"] in (1, 2), "as many as the draft has missed"
    assert (cells["accepted"], cells["unsure"]) == (2, 1)
    assert record["effort"]["removed"] == 2
    assert record["effort"]["active_seconds"] > 0
    mask = np.asarray(Image.open(tmp_path / "crowded.png"))
    assert mask.shape == (1200, 1600)
    assert set(np.unique(mask)) == {0, 255}
    screenshots = sorted(tmp_path.glob("[0-9][0-9]-*.png"))
    assert len(screenshots) in (15, 16)
    assert all(np.asarray(Image.open(shot).convert("L")).std() > 5 for shot in screenshots)


def test_the_demo_fails_where_the_file_is_not_the_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One wrong pixel in the file, after the export has proved it, is found."""
    export = Story._export

    def spoil(story: Story) -> ExportReport:
        report = export(story)
        mask = np.asarray(Image.open(report.mask)).copy()
        mask[600, 800] ^= 255
        Image.fromarray(mask).save(report.mask)
        return report

    monkeypatch.setattr(Story, "_export", spoil)
    assert not run_unattended(tmp_path)


def test_the_demo_clears_nobody_elses_folder(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="is not empty"):
        run_unattended(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_the_attended_demo_is_ready_to_correct(
    make_napari_viewer: Callable, plugins: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_fncells.demo import attended
    from napari_fncells.demo.pilot import Pilot

    viewer = make_napari_viewer(show=True)
    _, widget = viewer.window.add_plugin_dock_widget("napari-fncells", "Curate masks")
    monkeypatch.setattr(attended, "open_window", lambda: (viewer, widget))
    monkeypatch.setattr(attended.napari, "run", lambda: None)
    attended.run_attended()
    workspace = widget.workspace
    pilot = Pilot(viewer)
    pilot.wait_until(lambda: workspace.mask_layer is not None, "the draft")
    pilot.wait_until(lambda: not widget.runner.busy, "the end of the job")
    pilot.settle()
    assert workspace.session.document.counts.final > 30
    assert viewer.layers.selection.active is workspace.mask_layer
    vars(pilot).clear()
