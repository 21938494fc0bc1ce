"""The window with a sample drafted, ready to correct."""

from __future__ import annotations

import napari

from napari_fncells.demo.story import SAMPLE
from napari_fncells.io.samples import sample_image_path
from napari_fncells.widgets.window import open_window


def run_attended() -> None:
    """Open the window, draft the sample, and leave the rest to the user."""
    _viewer, widget = open_window()

    def draft_once() -> None:
        widget.runner.ended.disconnect(draft_once)
        # The work of an earlier demo is there again
        if widget.workspace.session is None:
            widget.workspace.drafting.draft()

    widget.runner.ended.connect(draft_once)
    widget.workspace.open_files([sample_image_path(SAMPLE)])
    napari.run()
