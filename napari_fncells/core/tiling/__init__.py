"""Drafts of pictures too large to hold at once: tile by tile, the same as of the whole."""
