"""Where FNC v2 has its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from napari_fncells.io.exporters.voc import plain_name

# The release knows no part for validation
_PARTS = {"train": "trainval", "val": "trainval", "test": "test", "": ""}
_FOLDERS = ("masks", "rle", "Pascal_VOC", "COCO", "VIA")


@dataclass(frozen=True)
class FncLayout:
    """Paths of one part of a set.

    Attributes
    ----------
    root
        Folder of the part.
    part
        'trainval', 'test', or empty where pictures are not split.
    marker
        Name of what is marked, in the names of common files.
    """

    root: Path
    part: str
    marker: str

    @classmethod
    def of(cls, folder: Path, split: str, marker: str) -> FncLayout:
        """Layout of the part that a split belongs to."""
        part = _PARTS.get(split, split)
        return cls(folder / part if part else folder, part, marker)

    def make(self) -> None:
        """Make the folders."""
        for folder in _FOLDERS:
            (self.root / "ground_truths" / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "images").mkdir(exist_ok=True)
        (self.root / "metadata").mkdir(exist_ok=True)

    def image(self, stem: str) -> Path:
        """The picture."""
        return self.root / "images" / f"{stem}.png"

    def mask(self, stem: str) -> Path:
        """Its mask, 0 and 255."""
        return self._truths("masks") / f"{stem}.png"

    def rle(self, stem: str) -> Path:
        """Its mask as runs."""
        return self._truths("rle") / f"{stem}.pickle"

    def voc(self, stem: str) -> Path:
        """Its objects as XML."""
        return self._truths("Pascal_VOC") / f"{stem}.xml"

    def metadata(self, stem: str) -> Path:
        """What is known of the picture."""
        return self.root / "metadata" / f"{stem}.txt"

    @property
    def coco(self) -> Path:
        """Objects of all pictures in FNC v2's form of COCO."""
        return self._truths("COCO") / self._common

    @property
    def via(self) -> Path:
        """Objects of all pictures as VIA exports them."""
        return self._truths("VIA") / self._common

    @property
    def _common(self) -> str:
        marker = "".join(c if c.isalnum() or c in "-_" else "_" for c in plain_name(self.marker))
        return f"annotations_{marker}{f'_{self.part}' if self.part else ''}.json"

    def _truths(self, folder: str) -> Path:
        return self.root / "ground_truths" / folder
