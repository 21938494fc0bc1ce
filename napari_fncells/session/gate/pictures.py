"""What was found in the pictures of a folder, with what only all of them together tell."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.quality import Finding, Kind, SizeLimits, check_sizes
from napari_fncells.session.gate.accepted import Accepted
from napari_fncells.session.gate.picture import PictureCheck
from napari_fncells.session.gate.report import Found, GateReport, in_order

_FEW = 50
"""In a set of more pictures than this, one picture does not move what is usual."""


@dataclass
class SetCheck:
    """What was found in the pictures of a folder so far.

    Attributes
    ----------
    folder
        The folder of pictures.
    annotator
        Whose masks.
    params
        What was looked for.
    pictures
        By name, in the order of the list. To be changed by `put` alone.
    """

    folder: Path
    annotator: str = ""
    params: QualityParams = field(default_factory=QualityParams)
    pictures: dict[str, PictureCheck] = field(default_factory=dict)

    # Kept, as every edit of one picture asks for the report of all of them
    _limits: SizeLimits | None = field(default=None, repr=False)
    _twins: dict[str, list[Finding]] | None = field(default=None, repr=False)
    _found: dict[str, list[Found]] = field(default_factory=dict, repr=False)
    _accepted: tuple[Accepted | None, int] = field(default=(None, 0), repr=False)

    @property
    def limits(self) -> SizeLimits:
        """Sizes of cells that are usual in the set."""
        if self._limits is None:
            areas = [check.sizes[:, 5] for check in self.pictures.values()]
            self._limits = SizeLimits.of(np.concatenate(areas) if areas else [], self.params)
        return self._limits

    def put(self, check: PictureCheck) -> None:
        """Take what was found in a picture in place of what is known of it.

        Copies of its mask that lie beside it stay known.
        """
        known = self.pictures.get(check.name)
        copies = [] if known is None else [f for f in known.findings if f.kind is Kind.CONFLICT]
        self.pictures[check.name] = with_conflicts(check, copies)
        self._found.pop(check.name, None)
        if len(self.pictures) <= _FEW:
            self._limits = None
            self._found.clear()
        if known is None or known.sha256 != check.sha256:
            self._twins = None

    def report(self, accepted: Accepted | None = None) -> GateReport:
        """All that was found, with what only the whole set tells."""
        limits = self.limits
        if self._twins is None:
            self._twins = self._duplicates()
            self._found.clear()
        state = accepted, 0 if accepted is None else accepted.changes
        if state != self._accepted:
            self._accepted = state
            self._found.clear()
        for name, check in self.pictures.items():
            if name not in self._found:
                self._found[name] = self._of(check, limits, self._twins, accepted)
        found = [item for name in self.pictures for item in self._found[name]]
        cells = sum(len(check.sizes) for check in self.pictures.values())
        count = len(self.pictures)
        return GateReport(self.folder, self.annotator, count, cells, in_order(found), limits)

    def _of(
        self,
        check: PictureCheck,
        limits: SizeLimits,
        twins: dict[str, list[Finding]],
        accepted: Accepted | None,
    ) -> list[Found]:
        name = check.name
        findings = [*check.findings, *twins.get(name, ()), *check_sizes(check.sizes, limits)]
        return [
            Found(name, f, accepted is not None and accepted.holds(name, f.key)) for f in findings
        ]

    def _duplicates(self) -> dict[str, list[Finding]]:
        """Pictures that are another one under another name; the first of them is not told of."""
        by_hash = defaultdict(list)
        for name, check in self.pictures.items():
            if check.sha256:
                by_hash[check.sha256].append(name)
        return {
            name: [
                Finding(
                    Kind.DUPLICATE,
                    f"Byte for byte the same picture as {names[0]}.",
                    print=digest[:16],
                )
            ]
            for digest, names in by_hash.items()
            for name in names[1:]
        }


def with_conflicts(check: PictureCheck, copies: list[Finding]) -> PictureCheck:
    """What was found in a picture, with these copies of its mask in place of others."""
    others = [finding for finding in check.findings if finding.kind is not Kind.CONFLICT]
    if len(others) == len(check.findings) and not copies:
        return check
    return replace(check, findings=(*others, *copies))
