"""A simulated annotator: corrects a draft by the public gestures, without a window.

What it may do and know, so that its figures mean something:

- It works on the real workspace of a viewer: mouse events and commands, as a hand gives them. What
  they do is what they do for everybody.
- The truth stands for an expert's eye, and it sees only what is on the screen: windows of the
  truth are read where the camera looks, never more. Each cell walked to, candidate walked to,
  part of the sweep, and movement aside to see a cell that the screen cuts off, is one look.
- Walked to a cell or candidate, it judges that alone. Only in the sweep does it judge all that is
  in sight, and sees missed cells.
- Where to look it is told by the queue, the candidates or the sweep; never by the truth.
- It overlooks what is wrong, and takes what is right for wrong, at set rates, once for each thing.
  What it has just mended it looks at closely: there it does not err.
- Its clicks land beside where they are aimed, its outlines stray.
- A cell is wrong where it matches no true one at an intersection over union above 0.5, or holds
  more than half of another as well. It is done when queue and candidates, or the sweep, are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from numpy.typing import NDArray

from napari_fncells.core.annotator.params import AnnotatorParams
from napari_fncells.core.annotator.schemes import SCHEMES, work_by_scheme
from napari_fncells.core.annotator.sight import Truth, TruthWindows
from napari_fncells.core.annotator.tally import AnnotatorReport, Tally
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.matching import refuse_other_shape
from napari_fncells.core.params.coverage import CoverageParams
from napari_fncells.core.segment import Draft
from napari_fncells.io.images import Image
from napari_fncells.session.scoring import ModelScorer
from napari_fncells.viewer.annotating.desk import Desk
from napari_fncells.viewer.annotating.queue import go_through_queue
from napari_fncells.viewer.annotating.sweep import go_over_picture
from napari_fncells.viewer.pictures import image_layer_data
from napari_fncells.viewer.workspace import Workspace, workspace_of

Strategy = Literal["queue", "sweep", "both"]
OURS = "napari-fncells"
CANVAS = (800, 1000)
"""Height and width of the screen that it works on, in px."""
_AT_ONCE = 1e-9
"""In s: a simulated look takes no time."""


def _both(desk: Desk) -> None:
    """The queue first, then the sweep for what it does not lead to."""
    go_through_queue(desk)
    desk.zoom_out()
    go_over_picture(desk)


_WAYS: dict[Strategy, Callable[[Desk], None]] = {
    "queue": go_through_queue,
    "sweep": go_over_picture,
    "both": _both,
}


def simulate_annotator(
    image: Image,
    truth: NDArray[np.integer],
    draft: Draft | NDArray[np.integer],
    strategy: Strategy = "queue",
    params: AnnotatorParams | None = None,
    scorer: ModelScorer | None = None,
) -> AnnotatorReport:
    """Let a simulated annotator correct a draft; no file of the user's is touched.

    Parameters
    ----------
    image
        The picture.
    truth
        (Y, X) instance labels of the true cells.
    draft
        What is corrected: a draft, or the (Y, X) labels of one made elsewhere.
    strategy
        'queue' walks over the cells and the missed-cell candidates; 'sweep' goes over all parts
        of the picture; 'both' does the one, then the other for what is left.
    params
        How exact it sees and points; the defaults of `AnnotatorParams` where omitted.
    scorer
        Runs the model of a draft by one.

    Raises
    ------
    ParameterError
        For an unknown strategy.
    UserError
        For masks of different shapes.
    """
    known_strategy(strategy)
    refuse_other_shape(labels_of(draft), truth)
    with _workspace(image, scorer) as workspace:
        session = workspace.require_session()
        if isinstance(draft, Draft):
            session.apply(draft)
        else:
            session.adopt(draft, "draft")
        tally = Tally(truth, session.document.labels)
        work(workspace, TruthWindows(truth), tally, strategy, params)
        return tally.report(OURS, strategy)


def known_strategy(name: str) -> Strategy:
    """The strategy of a name.

    Raises
    ------
    ParameterError
        Where there is none.
    """
    for known in _WAYS:
        if known == name:
            return known
    raise ParameterError(
        f"There is no strategy named {name!r}.", f"Known are: {', '.join(_WAYS)}."
    )


def by_other_schemes(
    truth: NDArray[np.integer],
    draft: Draft | NDArray[np.integer],
    params: AnnotatorParams | None = None,
) -> tuple[AnnotatorReport, ...]:
    """The same draft corrected by the gestures of others; see `core.annotator.schemes`.

    Raises
    ------
    UserError
        For masks of different shapes.
    """
    labels = labels_of(draft)
    return tuple(work_by_scheme(scheme, truth, labels, CANVAS, params) for scheme in SCHEMES)


def labels_of(draft: Draft | NDArray[np.integer]) -> NDArray[np.integer]:
    """(Y, X) labels of a draft."""
    return draft.labels if isinstance(draft, Draft) else draft


def work(
    workspace: Workspace,
    truth: Truth,
    tally: Tally,
    strategy: Strategy = "queue",
    params: AnnotatorParams | None = None,
) -> None:
    """Correct the mask of a workspace's current picture, and mark the picture as done.

    Parameters
    ----------
    workspace
        Its mask is drafted.
    truth
        Asked for what is on the screen only.
    tally
        Counts what is done.
    strategy, params
        As for `simulate_annotator`.
    """
    desk = Desk(workspace, truth, params or AnnotatorParams(), tally)
    _WAYS[strategy](desk)
    desk.press("finish", "done")


@contextmanager
def _workspace(image: Image, scorer: ModelScorer | None) -> Iterator[Workspace]:
    """A workspace with a picture that leaves no trace on the disk once it is closed."""
    with tempfile.TemporaryDirectory(prefix="fncells-annotator-") as folder:
        viewer = ViewerModel()
        viewer.canvas.size = CANVAS
        workspace = workspace_of(viewer)
        workspace.saving.root = Path(folder)
        workspace.scorer = scorer or workspace.scorer
        workspace.sweep.params = CoverageParams(seconds=_AT_ONCE)
        # Without its path, nothing is written beside it
        data, meta, _ = image_layer_data(replace(image, path=None))
        viewer.add_layer(ImageLayer(data, **meta))
        viewer.reset_view()
        try:
            yield workspace
        finally:
            if workspace.current is not None:
                workspace.saving.leave(workspace.current)
            workspace.saving.close()
