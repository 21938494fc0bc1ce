"""Formats a mask can be written in: one a file, all in one registry."""

from __future__ import annotations

from napari_fncells.io.exporters.base import Exporter
from napari_fncells.io.exporters.binary_png import BINARY_PNG, BINARY_PNG_GAP

EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter for exporter in (BINARY_PNG, BINARY_PNG_GAP)
}

__all__ = ["EXPORTERS", "Exporter"]
