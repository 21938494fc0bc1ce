"""Turn draft cell masks of fluorescence pictures into ground truth."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Public name: where it lives. Imported at first use, so that `import napari_fncells` is instant
_PUBLIC = {
    "AnnotatorParams": "core.annotator.params",
    "AnnotatorReport": "core.annotator.tally",
    "Draft": "core.segment",
    "DraftParams": "core.params",
    "Document": "core.document",
    "ExportReport": "session.export",
    "Image": "io.images",
    "ImageReadError": "io.images",
    "ImageSession": "session.image",
    "Matching": "core.matching",
    "Model": "model.predict",
    "ModelCard": "model.card",
    "Record": "io.record",
    "Region": "core.grow",
    "ReleaseReport": "io.report",
    "SaveError": "io.atomic",
    "ScoreMap": "core.score",
    "ScoreParams": "core.params",
    "UserError": "core.errors",
    "draft": "core.segment",
    "evaluate": "core.evaluate",
    "export": "session.release",
    "export_mask": "session.export",
    "grow": "core.grow",
    "import_weights": "model.weights",
    "load_model": "model.predict",
    "match_objects": "core.matching",
    "predict": "model.predict",
    "preset": "core.params",
    "read_image": "io.images",
    "read_mask": "io.masks",
    "score_map": "core.score",
    "segment": "core.segment",
    "simulate_annotator": "viewer.annotator",
    "simulate_image": "core.simulate",
    "verify": "session.verify",
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    """Import a public name at its first use."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names, imported or not."""
    return sorted({*globals(), *_PUBLIC})
