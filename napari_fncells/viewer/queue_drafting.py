"""Drafts of the pictures of a queue: of each when it is opened, or of all in the background."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_fncells.core.params import AUTO, DraftParams
from napari_fncells.session.background import Drafted, draft_all_steps, drafter_of
from napari_fncells.session.entry import UNTOUCHED, EntryState
from napari_fncells.viewer.bookmarking import Bookmarking
from napari_fncells.viewer.jobs import Runner, run_now

if TYPE_CHECKING:
    from napari_fncells.viewer.queueing import Queueing
    from napari_fncells.viewer.workspace import Workspace


class QueueDrafting:
    """Drafts of a queue, with the settings that its folder's bookmark holds.

    Parameters
    ----------
    workspace
        The window's.
    queueing
        Knows the queue and which picture is looked at.
    bookmarking
        Holds the settings.

    Attributes
    ----------
    changed
        Signal(): the settings are others.
    advanced
        Signal(): pictures have a draft that they had not before.
    ended
        Signal(): drafting in the background is over.
    runner
        Drafts the whole queue in the background; replaced by the window.
    """

    changed = Signal()
    advanced = Signal()
    ended = Signal()

    def __init__(self, workspace: Workspace, queueing: Queueing, bookmarking: Bookmarking) -> None:
        self.runner: Runner = run_now
        self._workspace = workspace
        self._queueing = queueing
        self._bookmarking = bookmarking
        self._drafted: Drafted | None = None

    @property
    def on(self) -> bool:
        """Whether new pictures are drafted when they are opened."""
        return self._bookmarking.now.drafting

    @property
    def settings(self) -> DraftParams | str:
        """Settings of these drafts: those used last in this folder."""
        draft = self._bookmarking.now.draft
        if draft is None or isinstance(draft, str):
            return draft or AUTO
        with suppress(ValueError):
            return DraftParams.model_validate(draft)
        return AUTO

    @property
    def pictures(self) -> list[Path]:
        """Pictures without a mask; once there is none, those whose draft nobody has touched.

        So drafting goes on where it was stopped.
        """
        queue, current = self._queueing.queue, self._queueing.current
        if queue is None:
            return []
        wanted = EntryState.DRAFT if self.anew else EntryState.NEW
        entries = queue.entries.values()
        return [e.path for e in entries if e.state is wanted and e.name != current]

    @property
    def left(self) -> int:
        """How many `pictures` has."""
        return self._others_of(EntryState.DRAFT if self.anew else EntryState.NEW)

    @property
    def anew(self) -> bool:
        """Whether all other pictures have a mask already."""
        return not self._others_of(EntryState.NEW)

    def set_on(self, on: bool) -> None:
        """Draft new pictures when they are opened, or not."""
        self._bookmarking.change(drafting=on, draft=_dumped(self.settings))
        self.changed.emit()

    def drafted_with(self, params: DraftParams | str) -> None:
        """Take note that a picture was drafted by hand: the next ones are, in the same way.

        Once that was switched off, it stays off.
        """
        if self._queueing.current is None:
            return
        first = self._bookmarking.now.draft is None
        self._bookmarking.change(draft=_dumped(params), drafting=first or self.on)
        self.changed.emit()

    def draft_all(self) -> None:
        """Draft all pictures that nobody has touched, but the one on the screen."""
        queue = self._queueing.queue
        if queue is None:
            return
        result = self._drafted = Drafted()
        steps = draft_all_steps(
            self.pictures,
            drafter_of(self.settings, self._workspace.scorer),
            queue.annotator,
            result,
            turns=self._workspace.saving.turns,
            root=self._workspace.saving.root,
        )
        self.runner("Drafting the queue", steps, lambda _: self._end(result))

    def show_drafted(self) -> None:
        """Show what was drafted in the background so far."""
        drafted, queue = self._drafted, self._queueing.queue
        if drafted is None or queue is None:
            return
        news = list(drafted.summaries.items())
        fresh = [(name, summary) for name, summary in news if name in queue.entries]
        changed = False
        for name, summary in fresh:
            if queue.entries[name].state in UNTOUCHED and name != self._queueing.current:
                changed |= queue.entries[name].summary != summary
                queue.note(name, summary)
        for name, problem in list(drafted.problems.items()):
            queue.note_problem(name, problem)
        if changed:
            self.advanced.emit()

    def _end(self, result: Drafted) -> None:
        self.show_drafted()
        self._drafted = None
        self._workspace.report(str(result))
        self.ended.emit()

    def _others_of(self, state: EntryState) -> int:
        """How many pictures are of a state, but for the one on the screen."""
        queue, current = self._queueing.queue, self._queueing.current
        if queue is None:
            return 0
        own = current is not None and queue.entries[current].state is state
        return queue.counts[state] - own


def _dumped(params: DraftParams | str) -> str | dict[str, Any]:
    return params if isinstance(params, str) else params.model_dump(mode="json")
