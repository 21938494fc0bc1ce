"""The sample pictures that come with the package."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

from platformdirs import user_data_path

SAMPLES = ("sparse", "crowded", "artefacts", "dim", "empty")
SAMPLE_WITH_DRAFT = "crowded"


def sample_image_path(name: str) -> Path:
    """PNG of a sample picture."""
    return _folder() / "images" / f"{name}.png"


def sample_truth_path(name: str) -> Path:
    """PNG of a sample's true cells: 16-bit instance labels."""
    return _folder() / "truth" / f"{name}.png"


def sample_draft_path(name: str = SAMPLE_WITH_DRAFT) -> Path:
    """PNG of a draft with known errors: 16-bit instance labels."""
    return _folder() / "drafts" / f"{name}.png"


def is_sample(path: Path) -> bool:
    """Whether a file is one of the pictures that come with the package."""
    return _folder().resolve() in path.resolve().parents


def sample_folder() -> Path:
    """Copy the five pictures to a folder of the user's, where work on them can be kept.

    Files that are there already are left alone.
    """
    folder = user_data_path("napari-fncells", appauthor=False) / "five-to-curate"
    folder.mkdir(parents=True, exist_ok=True)
    for name in SAMPLES:
        target = folder / f"{name}.png"
        if not target.exists():
            shutil.copyfile(sample_image_path(name), target)
    return folder


def _folder() -> Path:
    return Path(str(files("napari_fncells") / "sample_data"))
