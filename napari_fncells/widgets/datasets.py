"""The data sets in File > Open Sample: opened at once where they are, got by a dialog if not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import napari
from napari.utils.notifications import show_info
from qtpy.QtCore import QEvent, QObject

from napari_fncells.core.errors import UserError
from napari_fncells.io.datasets import (
    DataSet,
    Progress,
    Published,
    default_folder,
    find_here,
    published,
)
from napari_fncells.io.datasets.fetch import Steps, fetch, part_size, take
from napari_fncells.io.images import read_image
from napari_fncells.viewer.hooks import show_dock
from napari_fncells.viewer.jobs import outcome_of
from napari_fncells.viewer.pictures import NO_LAYER, LayerData, image_layer_data
from napari_fncells.viewer.workspace import Workspace, workspace_of
from napari_fncells.widgets.dataset_dialog import DatasetDialog
from napari_fncells.widgets.runner import ThreadRunner


def open_published(key: str) -> list[LayerData]:
    """Open a data set in the viewer of now, or ask where to get it.

    Raises
    ------
    UserError
        It is not here, and there is no window to ask in.
    """
    viewer, dataset = napari.current_viewer(), find_here(key)
    if viewer is None:
        if dataset is None:
            which = published(key)
            raise UserError(f"{which.title} is not here.", f"Get it with: fncells fetch {key}")
        return [image_layer_data(read_image(dataset.items[0].image), folder=dataset.folders[0])]
    show_dock(viewer)
    open_or_get(workspace_of(viewer), key, dataset)
    return [NO_LAYER]


def open_or_get(workspace: Workspace, key: str, dataset: DataSet | None = None) -> None:
    """Open a data set in a window, or ask there where to get it."""
    dataset = dataset or find_here(key)
    if dataset is not None:
        show_dataset(workspace, dataset)
    else:
        window = workspace.viewer.window._qt_window
        Getting(published(key), window, partial(show_dataset, workspace))


open_v1 = partial(open_published, "v1")
open_v2_green = partial(open_published, "v2-green")
open_v2_red = partial(open_published, "v2-red")
open_v2_yellow = partial(open_published, "v2-yellow")


def show_dataset(workspace: Workspace, dataset: DataSet) -> None:
    """List the pictures of a data set in the album and show the first."""
    # The truth is shown above the picture; work does not begin from it
    workspace.open_folder(*dataset.folders, given=False)
    # Not in the status bar, where the first picture would take its place
    show_info(" ".join((f"{dataset.published.title}: {dataset.in_words}.", *dataset.notes)))


class Getting(QObject):
    """A data set being got: the dialog, the job, and what is done with the result.

    Parameters
    ----------
    which
        The data set.
    window
        Owns the dialog; when it closes, what runs is stopped.
    arrived
        Called with the data set once it is there.
    """

    def __init__(
        self, which: Published, window: Any, arrived: Callable[[DataSet], object]
    ) -> None:
        dialog = DatasetDialog(which, default_folder(), window)
        super().__init__(dialog)
        self.dialog = dialog
        # Apart from the dock's jobs, which take each other's place
        self.runner = ThreadRunner()
        self._which = which
        self._arrived = arrived
        dialog.download_requested.connect(self._download)
        dialog.source_chosen.connect(self._take)
        dialog.stop_requested.connect(self._stop)
        dialog.folder_chosen.connect(self._offer)
        self.runner.stepped.connect(self._show_step)
        window.installEventFilter(self)
        self._offer()
        dialog.show()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Stop with the window."""
        if event.type() == QEvent.Type.Close:
            self.runner.cancel()
        return False

    def _download(self, folder: Path) -> None:
        self._run("Downloading", fetch(self._which, folder))

    def _take(self, source: Path, folder: Path) -> None:
        self._run("Unpacking", take(self._which, source, folder))

    def _run(self, title: str, steps: Steps) -> None:
        self.dialog.show_step(f"{title} …", None)
        self.runner(f"{title} {self._which.title}", outcome_of(steps), self._finish)

    def _show_step(self, step: str) -> None:
        # A step of a job that was stopped meanwhile may still come; the dialog may be gone
        if not self.runner.busy:
            return
        self.dialog.show_step(step, step.share if isinstance(step, Progress) else None)

    def _finish(self, outcome: tuple[DataSet | None, UserError | None]) -> None:
        dataset, error = outcome
        self._offer()
        if dataset is None:
            self.dialog.show_end(str(error), bad=True)
            return
        self.dialog.close()
        self._arrived(dataset)

    def _stop(self) -> None:
        self.runner.cancel()
        self._offer()
        self.dialog.show_end("Stopped. What has been downloaded is kept.", bad=False)

    def _offer(self, _folder: Path | None = None) -> None:
        """Let the user begin, or go on where part of the download is there."""
        self.dialog.show_idle(part_size(self._which, self.dialog.chosen_folder))
