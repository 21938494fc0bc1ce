"""Run of the demo without anybody: does the job, prints what came of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from napari_fncells.core.errors import UserError
from napari_fncells.demo.pilot import PilotError
from napari_fncells.demo.story import SAMPLE, Story, Told
from napari_fncells.session.export import prepare_folder
from napari_fncells.widgets.window import open_window

_MARKER = ".fncells-demo"


def run_unattended(folder: Path) -> bool:
    """Do the main job in a window and leave everything in `folder`.

    Returns
    -------
    bool
        Whether the exported file is exactly the mask on screen.
    """
    console = Console()
    _clear(prepare_folder(folder))
    # What an earlier demo did to the sample is no part of this one
    with TemporaryDirectory(prefix="fncells-demo-") as journals:
        viewer, widget = open_window()
        viewer.window._qt_window.setGeometry(0, 0, 1600, 1000)
        widget.workspace.saving.root = Path(journals)
        try:
            told = Story(viewer, widget, folder.resolve()).tell()
        except PilotError as error:
            console.print(f"The demo failed: {error}.", style="red")
            return False
        finally:
            widget.workspace.saving.close()
            viewer.close()
    _print(console, told)
    return told.exact


def _clear(folder: Path) -> None:
    """Remove what an earlier demo left, and nothing else.

    Raises
    ------
    UserError
        For a folder that holds something and was not made by the demo.
    """
    marker = folder / _MARKER
    if any(folder.iterdir()) and not marker.exists():
        raise UserError(f"{folder} is not empty.", "Give the demo a folder of its own.")
    marker.touch()
    for pattern in ("[0-9][0-9]-*.png", f"{SAMPLE}.png", f"{SAMPLE}.json"):
        for file in folder.glob(pattern):
            file.unlink()


def _print(console: Console, told: Told) -> None:
    table = Table(title="Against the truth (IoU > 0.5)")
    for column in ("mask", "cells", "TP", "FP", "FN"):
        table.add_column(column, justify="left" if column == "mask" else "right")
    for standing in told.standings:
        figures = (standing.cells, standing.tp, standing.fp, standing.fn)
        table.add_row(standing.title, *(str(figure) for figure in figures))
    console.print(table)
    console.print(f"mask    {told.report.mask}", soft_wrap=True, highlight=False)
    console.print(f"record  {told.report.record}", soft_wrap=True, highlight=False)
    console.print(f"screens {len(told.screenshots)} in {told.report.mask.parent}", soft_wrap=True)
    if told.exact:
        console.print("The exported file is exactly the mask on screen.", style="green")
    else:
        console.print("The exported file is NOT the mask on screen.", style="red")
