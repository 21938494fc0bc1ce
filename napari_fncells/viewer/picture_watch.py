"""What is wrong with the mask of the picture on the screen, followed edit by edit."""

from __future__ import annotations

from collections.abc import Container

from psygnal import Signal

from napari_fncells.core.document import Document
from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.provenance import draft_labels
from napari_fncells.core.quality import Finding, QualityWatch, SizeLimits
from napari_fncells.session.gate import PictureCheck, check_document
from napari_fncells.session.summary import summary_of


class PictureWatch:
    """Follows one document at a time.

    Attributes
    ----------
    changed
        Signal(): something else may be wrong by now.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._watch: QualityWatch | None = None
        self._name, self._digest = "", ""
        self._seen = -1

    @property
    def document(self) -> Document | None:
        """The document that is followed."""
        return None if self._watch is None else self._watch.document

    def follow(self, document: Document, name: str, digest: str, params: QualityParams) -> None:
        """Follow a document, unless it is followed already.

        Parameters
        ----------
        document
            The mask.
        name, digest
            The picture's name, and the hash of its content.
        params
            What is looked for.
        """
        if self._watch is not None:
            return
        self._watch = QualityWatch(document, params, draft_labels(document))
        self._watch.changed.connect(self.changed.emit)
        self._name, self._digest = name, digest

    def let_go(self) -> None:
        """Follow nothing."""
        if self._watch is not None:
            self._watch.close()
        self._watch = None
        self.forget()

    def forget(self) -> None:
        """Look anew the next time, though nothing was edited."""
        self._seen = -1

    def look(self, known: Container[str]) -> PictureCheck | None:
        """What is wrong now; None where that is known.

        Parameters
        ----------
        known
            Names of the pictures of which something is known.
        """
        if self._watch is None:
            return None
        document = self._watch.document
        if self._seen == document.edit_count and self._name in known:
            return None
        self._seen = document.edit_count
        state = summary_of(document, 0.0).state
        return check_document(self._name, self._digest, self._watch, state)

    def findings(self, limits: SizeLimits) -> list[Finding]:
        """All that is wrong now, by the sizes of cells that are usual in the folder."""
        return [] if self._watch is None else self._watch.findings(limits)
