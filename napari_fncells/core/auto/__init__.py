"""The draft that chooses by itself: pieces of level sets, judged as cells one by one."""

from __future__ import annotations

from napari_fncells.core.auto.draft import CUTOFF, AutoResult, auto_steps

__all__ = ["CUTOFF", "AutoResult", "auto_steps"]
