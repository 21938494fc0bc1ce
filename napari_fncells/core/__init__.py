"""Pixels, objects and numbers: no files, no Qt, no napari."""
