"""The check before an export in a window: what was found, shown, mended, accepted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.quality import Finding, Kind, Repair
from napari_fncells.io.samples import is_sample
from napari_fncells.session.gate import (
    Accepted,
    Found,
    GateReport,
    PictureCheck,
    SetCheck,
    check_steps,
    no_mask,
)
from napari_fncells.session.mending import Mended, mend, mend_steps
from napari_fncells.store.working_folder import working_folder
from napari_fncells.viewer.jobs import Runner, run_now
from napari_fncells.viewer.picture_watch import PictureWatch

if TYPE_CHECKING:
    from napari_fncells.viewer.pictures import Picture
    from napari_fncells.viewer.workspace import Workspace


class Gating:
    """Joins a window's pictures with the check of their folder.

    The picture on the screen is followed edit by edit; the others are looked at on the disk when
    that is asked for.

    Parameters
    ----------
    workspace
        The window's.

    Attributes
    ----------
    stale
        Signal(): what was found may be something else by now; `refresh` is to be called soon.
    runner
        Checks and mends the other pictures; replaced by the window.
    report
        What was found, by the last `refresh`.
    complete
        Whether all pictures of the folder were checked.
    """

    stale = Signal()

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.runner: Runner = run_now
        self._set = SetCheck(Path())
        self._accepted = Accepted(None)
        self._watch = PictureWatch()
        self._target: Found | None = None
        self._mended: Mended | None = None
        # What was found in pictures that were open while the others are being checked
        self._meanwhile: dict[str, PictureCheck] = {}
        self.complete = False
        self.report: GateReport = self._set.report()
        self._watch.changed.connect(self.stale.emit)
        workspace.changed.connect(self._on_changed)
        workspace.queueing.moved.connect(self._on_changed)
        workspace.queueing.changed.connect(self._on_changed)

    # -- what there is ---------------------------------------------------------------------

    @property
    def params(self) -> QualityParams:
        """What is looked for."""
        return self._set.params

    @property
    def trouble(self) -> str:
        """Why it is not known what was accepted; empty where it is."""
        return self._accepted.trouble

    @property
    def current(self) -> str | None:
        """Name of the picture on the screen."""
        picture = self._workspace.current
        path = _file_of(picture)
        if path is not None:
            return path.name
        return None if picture is None else picture.name

    def refresh(self) -> None:
        """Bring `report` up to date."""
        self._follow_folder()
        self._follow_picture()
        self.report = self._set.report(self._accepted)

    # -- what one can do -------------------------------------------------------------------

    def check(self) -> None:
        """Look at all pictures of the folder; those that did not change are not read again."""
        self.refresh()
        self._read_accepted()
        queue = self._workspace.queueing.queue
        if queue is None or queue.folder != self._set.folder:
            self.stale.emit()
            return
        entries = list(queue.entries.values())
        # Of these the window knows more than the disk does
        open_ = {entry.name for entry in entries if entry.waiting} | {self.current or ""}
        self._meanwhile.clear()
        steps = check_steps(
            entries,
            queue.folder,
            annotator=self._set.annotator,
            params=self.params,
            root=self._workspace.saving.root,
            before=self._set,
            but=open_,
        )
        self.runner("Checking the pictures", steps, self._take)

    def look_for(self, params: QualityParams) -> None:
        """Look for something else; what was found before is found anew."""
        if params == self.params:
            return
        whole = self.complete
        self._set = SetCheck(self._set.folder, self._set.annotator, params)
        self._watch.let_go()
        self.complete = False
        self.stale.emit()
        if whole:
            self.check()

    def show(self, item: Found) -> None:
        """Go to where something was found: to the picture, then the camera to the cell."""
        self._target = item
        if item.picture == self.current:
            self._arrive()
        else:
            self._workspace.navigation.go_to_name(item.picture)

    def mend(self, items: Iterable[Found], how: Repair) -> None:
        """Mend what was found, in one step in each picture.

        Raises
        ------
        UserError
            Where the picture on the screen may not be changed.
        """
        own: list[Finding] = []
        others: dict[Path, list[Finding]] = defaultdict(list)
        for item in items:
            if how not in item.finding.repairs:
                continue
            if item.picture == self.current and self._workspace.session is not None:
                own.append(item.finding)
            else:
                others[self._set.folder / item.picture].append(item.finding)
        if own:
            self._mend_here(own, how)
        if others:
            self._mend_others(others, how)

    def accept(self, items: Iterable[Found]) -> None:
        """Accept what was found as it is: it is not told of again.

        A cell marked as unsure is accepted as any cell is.

        Raises
        ------
        UserError
            Where that cannot be kept.
        """
        wanted = list(items)
        unsure = [item for item in wanted if item.finding.kind is Kind.UNSURE]
        rest = [item.key for item in wanted if item.finding.kind is not Kind.UNSURE]
        if unsure:
            self.mend(unsure, Repair.ACCEPT)
        if rest:
            self._accepted.accept(rest)
            self._workspace.report("Accepted as it is: it is not told of again.")
        self.stale.emit()

    def withdraw(self, items: Iterable[Found]) -> None:
        """Take back that something was accepted.

        Raises
        ------
        UserError
            Where that cannot be kept.
        """
        self._accepted.withdraw([item.key for item in items])
        self.stale.emit()

    def settle(self) -> None:
        """Take in what a job has done so far; to be called when it ended, however it did."""
        mended, self._mended = self._mended, None
        if mended is not None:
            for check in mended.checks.values():
                if check.name != self.current:
                    self._put(check)
            self._workspace.report(str(mended))
        self.stale.emit()

    def close(self) -> None:
        """Follow the window no longer."""
        self._watch.let_go()
        self._workspace.changed.disconnect(self._on_changed)
        self._workspace.queueing.moved.disconnect(self._on_changed)
        self._workspace.queueing.changed.disconnect(self._on_changed)

    # -- how it is done --------------------------------------------------------------------

    def _mend_here(self, findings: list[Finding], how: Repair) -> None:
        self._workspace.settle()
        self._follow_picture()
        session = self._workspace.session
        if session is None:
            return
        keys = {finding.key for finding in findings}
        there = [f for f in self._watch.findings(self._set.limits) if f.key in keys]
        session.clock.count("repair")
        edit = mend(session.document, there, how, self.params)
        words = (
            "Nothing to mend here any more."
            if edit is None
            else (f"Mended: {edit.change.summary}. Ctrl+Z takes it back.")
        )
        self._workspace.report(words)
        self.stale.emit()

    def _mend_others(self, wanted: dict[Path, list[Finding]], how: Repair) -> None:
        queue = self._workspace.queueing.queue
        entries = queue.entries.values() if queue is not None else ()
        result = self._mended = Mended()
        steps = mend_steps(
            wanted,
            how,
            self.params,
            self._set.annotator,
            result,
            limits=self._set.limits,
            given={e.path: e.given for e in entries if e.given is not None},
            turns=self._workspace.saving.turns,
            root=self._workspace.saving.root,
        )
        self.runner("Mending the pictures", steps, lambda _: self.settle())

    def _take(self, found: SetCheck) -> None:
        if (found.folder, found.annotator, found.params) != (
            self._set.folder,
            self._set.annotator,
            self._set.params,
        ):
            return
        self._set = found
        for check in self._meanwhile.values():
            self._put(check)
        self.complete = True
        self._watch.forget()
        self.stale.emit()

    def _put(self, check: PictureCheck) -> None:
        self._set.put(check)
        self._meanwhile[check.name] = check

    def _follow_folder(self) -> None:
        """Begin anew where another folder was opened, or another annotator works."""
        queue, picture = self._workspace.queueing.queue, self._workspace.current
        path = _file_of(picture)
        folder = path.parent if path is not None else Path()
        if queue is not None and (path is None or queue.folder == folder):
            folder = queue.folder
        annotator = self._workspace.author
        if (folder, annotator) == (self._set.folder, self._set.annotator):
            return
        self._set = SetCheck(folder, annotator, self.params)
        self._read_accepted()
        self.complete = False
        self._meanwhile.clear()

    def _read_accepted(self) -> None:
        folder = self._set.folder
        kept = folder != Path() and not is_sample(folder / "x")
        working = working_folder(folder, self._workspace.saving.root) if kept else None
        self._accepted = Accepted(working, self._set.annotator)

    def _follow_picture(self) -> None:
        """Follow the document on the screen, and take in what is wrong with it now."""
        session, name = self._workspace.session, self.current
        document = session.document if session is not None else None
        followed = self._watch.document
        if followed is not None and followed is not document:
            self._look()
            self._watch.let_go()
        if name is not None and session is None and name not in self._set.pictures:
            self._set.put(PictureCheck(name, findings=(no_mask(),)))
        if session is None or document is None or name is None:
            return
        self._watch.follow(document, name, session.image.sha256 or "", self.params)
        self._look()

    def _look(self) -> None:
        """Take in what is wrong with the document that is followed, where it has changed."""
        check = self._watch.look(self._set.pictures)
        if check is not None:
            self._put(check)

    def _on_changed(self) -> None:
        if self._target is not None and self._target.picture == self.current:
            self._arrive()
        self.stale.emit()

    def _arrive(self) -> None:
        """Look at the cell, once its picture is on the screen."""
        workspace, item = self._workspace, self._target
        if item is None:
            return
        box, session = item.finding.box, workspace.session
        if box is not None and workspace.mask_layer is None:
            return
        self._target = None
        if box is not None:
            workspace.look_at(box)
        ids = item.finding.cells
        if ids and session is not None and session.document.is_alive(ids[0]):
            workspace.review.select(ids[0])
        workspace.report(item.finding.sentence)


def _file_of(picture: Picture | None) -> Path | None:
    return None if picture is None else picture.path or picture.file
