"""Drafts of the current picture: computed, or taken over from a labels layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Labels as LabelsLayer
from napari.utils.notifications import show_info, show_warning

from napari_fncells.core.errors import UserError
from napari_fncells.core.fit import FitResult, fit_steps
from napari_fncells.core.gestures import Gestures
from napari_fncells.core.params import AUTO, DraftParams
from napari_fncells.core.segment import Draft, draft_steps
from napari_fncells.io.importers import Meaning
from napari_fncells.session.fitting import evidence_steps, meter_steps
from napari_fncells.session.image import ImageSession
from napari_fncells.session.imports import Prepared, prepare_steps
from napari_fncells.session.seen_weights import last_digest, note_steps
from napari_fncells.viewer.jobs import Steps
from napari_fncells.viewer.pictures import is_draft

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace


Meter = dict[str, Gestures]
"""Predicted gestures by name of the settings."""


class Drafting:
    """Puts drafts under the expert's corrections.

    Parameters
    ----------
    workspace
        Whose current picture is drafted.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def draft(self, params: DraftParams | str = AUTO) -> None:
        """Draft a mask of the current picture; touched cells stay as they are.

        Raises
        ------
        UserError
            Where there is no picture to draft.
        """
        workspace = self._workspace
        session, picture = workspace.require_session(), workspace.current
        image = session.image

        def apply(result: Draft) -> None:
            workspace.settle(picture)
            session.apply(result)
            workspace.queueing.drafts.drafted_with(params)
            counts = session.document.counts
            proposed = f"{counts.untouched} cell{'' if counts.untouched == 1 else 's'}"
            said = f"Drafted {proposed}; the mask has {counts.final} in all. {result.words}"
            workspace.report(said.rstrip())

        look = workspace.preview.look
        workspace.preview.end()
        if look is None or not look.settled or look.draft.params != params:
            made = draft_steps(
                image.pixels, params, pixel_size=image.pixel_size, scorer=workspace.scorer
            )
        elif look.draft.params.by_model:
            made = _at_hand(look.draft)
        else:
            apply(look.draft)
            return
        model = "" if isinstance(params, str) else params.model
        workspace.runner("Drafting", _noted(made, session, model), apply)

    def fit(self, params: DraftParams, done: Callable[[FitResult], None]) -> None:
        """Find the settings that agree best with what was corrected and finished so far.

        Raises
        ------
        UserError
            Where there is no picture.
        """
        cases = self._evidence()

        def steps() -> Steps:
            known = yield from cases
            return (yield from fit_steps(known, params, scorer=self._workspace.scorer))

        self._workspace.runner("Fitting to your corrections", steps(), done)

    def meter(
        self, settings: Mapping[str, DraftParams | str], done: Callable[[Meter], None]
    ) -> None:
        """Predict, for each of several settings, the gestures they would have left to do.

        Raises
        ------
        UserError
            Where there is no picture.
        """
        cases = self._evidence()

        def steps() -> Steps:
            known = yield from cases
            if not any(case.evidence.decisions for case in known):
                raise UserError(
                    "Nothing is known yet to compare drafts with.",
                    "Accept, add or remove some cells, or finish a picture.",
                )
            return (yield from meter_steps(known, settings, self._workspace.scorer))

        self._workspace.runner("Comparing methods", steps(), done)

    def _evidence(self) -> Steps:
        workspace = self._workspace
        session = workspace.require_session()
        workspace.settle()
        return evidence_steps(session, workspace.author)

    def adopt(self, layer: LabelsLayer) -> None:
        """Correct a labels layer: its labels become the draft of the current picture.

        Raises
        ------
        UserError
            Where it does not fit the picture.
        """
        workspace = self._workspace
        session = workspace.require_session()
        labels = np.asarray(layer.data)
        if labels.shape != session.document.shape:
            rows, columns = session.document.shape
            raise UserError(
                f"{layer.name} is {' x '.join(map(str, labels.shape))} pixels, the picture "
                f"{rows} x {columns}.",
                "Open the mask that belongs to the picture.",
            )
        workspace.settle()
        session.adopt(labels, layer.name)
        workspace.viewer.layers.remove(layer)
        workspace.report(f"{session.document.counts.final} cells taken over from {layer.name}.")

    def adopt_file(
        self, path: Path, meaning: Meaning | None = None, params: DraftParams | None = None
    ) -> None:
        """Make a draft that another program made that of the current picture, as one step.

        Touched cells stay as they are. The file is read and cut by the runner; where it is
        refused there, it is told in one sentence and nothing changes.

        Parameters
        ----------
        path
            Its file, or a folder in which it is found by the picture's name.
        meaning
            What its numbers say; by the content where None.
        params
            Cutoff and clean-up of probabilities; a light one where omitted.

        Raises
        ------
        UserError
            Where there is no picture.
        """
        workspace = self._workspace
        session, picture = workspace.require_session(), workspace.current

        def put(prepared: Prepared) -> None:
            workspace.settle(picture)
            prepared.put(session)
            imported = prepared.imported
            for note in imported.notes:
                show_info(f"{imported.path.name}: {note}")
            counts = session.document.counts
            workspace.report(
                f"{counts.untouched} cell{'' if counts.untouched == 1 else 's'} taken over from "
                f"{imported.path.name}; the mask has {counts.final} in all."
            )

        workspace.preview.end()
        steps = prepare_steps(session.image, path, meaning, params)
        workspace.runner(f"Reading {path.name}", steps, put)

    def adopt_pending(self) -> None:
        """Take over labels layers that were opened as drafts; make the mask the active layer.

        Where there is earlier work on the picture, that stays and the draft is put away.
        """
        workspace = self._workspace
        layers = workspace.viewer.layers
        for layer in [layer for layer in layers if is_draft(layer)]:
            try:
                if workspace.session is not None and workspace.session.document.edit_count:
                    layers.remove(layer)
                    workspace.report("Your earlier work on this picture is here again.")
                else:
                    self.adopt(layer)
            except UserError as error:
                layer.metadata = {}
                show_warning(str(error))
        if workspace.mask_layer is not None:
            layers.selection.active = workspace.mask_layer


def _at_hand(draft: Draft) -> Steps:
    """A draft that was made before, as the steps that lead to it."""
    yield "Drafting"
    return draft


def _noted(made: Steps, session: ImageSession, model: str) -> Steps:
    """The same steps; the draft says where its model's weights are others than last time."""
    path, picture = session.image.path, last_digest(session.document, model)

    def steps() -> Steps:
        draft = yield from made
        return (yield from note_steps(draft, path.parent if path else None, picture))

    return steps()
